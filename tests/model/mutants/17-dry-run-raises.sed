# A dry run makes the guard raise itself.
# caught by: DRY_RUN_MOVED
# explore: --faults 0 --commands 1 --lag 2 --asks dry
/^static bool raised_as_guard/,/^}/ s/ && !(e->guard_flags & ASK_FLAG_DRY_RUN)//
