# A guard that cannot carry is good enough.
# caught by: PERMIT
# explore: --faults 1 --kinds unfit --commands 1 --lag 1
s/if ((r->sick & SICK_TRACK) && !(e->op_flags & ASK_FLAG_FORCE))/if (false)/
