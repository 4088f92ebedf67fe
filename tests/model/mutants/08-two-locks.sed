# Each request takes the lock, whoever holds it.
# caught by: LOCK
# explore: --faults 0 --commands 2 --lag 2 --asks drain
/^static void on_request/,/^}/ s/bool taken = e->lock == OP_NONE;/bool taken = true;/
