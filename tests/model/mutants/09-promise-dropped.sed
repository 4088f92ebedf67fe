# A guard goes back to normal once its promise is given.
# caught by: KEPT
# explore: --faults 0 --commands 1 --lag 2 --asks drain
/^static bool raised_as_guard/,/^}/ s/guard_stage >= GUARD_RAISING/guard_stage == GUARD_RAISING/
