# A guard given in an old view is still good in the new one.
# caught by: PERMIT
# explore: --faults 1 --commands 1 --lag 2 --kinds split,agent --asks drain
/^void on_view/,/^}/ {
    s/if (may_roll_back(e))/if (e->phase < PHASE_LOWERING \&\& may_roll_back(e))/
    /memset(e->guards/ d
}
/^uint64_t guard_held/,/^}/ s/ || (e->awaited & bit))/)/
/^bool guard_permits_withdraw/,/^}/ s/e->lock == e->op &&/true \&\&/
/^bool guard_permits_withdraw/,/^}/ s/e->lock_node == e->self &&/true \&\&/
