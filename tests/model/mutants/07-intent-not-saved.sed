# The withdraw is ordered without the intent on the disk.
# caught by: READ_BACK
# explore: --faults 0 --commands 1 --lag 2 --asks drain
s/e->saved = e->op_from == PHASE_SAFETY_NET;/e->saved = 1;/
