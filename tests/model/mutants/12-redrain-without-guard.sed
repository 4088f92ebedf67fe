# A safety net drains again without asking the other to guard.
# caught by: PERMIT
# explore: --from drained --faults 1 --commands 0 --lag 2 --kinds power
/^static void on_own_request/,/^}/ s/enter(s, PHASE_GUARDING, REASON_NONE);/enter(s, PHASE_GUARDING, REASON_NONE); if (e->op_intent == INTENT_MAINTENANCE) enter(s, PHASE_LOWERING, REASON_NONE);/
/^bool guard_permits_withdraw/,/^}/ s/guard_held(e) == e->prefixes;/(guard_held(e) == e->prefixes || e->op_intent == INTENT_MAINTENANCE);/
