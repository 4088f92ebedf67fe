# A guard promises before it has read back that it is at high.
# caught by: HONEST
# explore: --faults 0 --commands 1 --lag 2 --asks drain
/^void guard_progress/,/^}/ s/e->guard_stage != GUARD_RAISING || e->level != LEVEL_HIGH ||/e->guard_stage != GUARD_RAISING ||/
