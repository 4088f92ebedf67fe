# The guards' promises are not looked at: everything counts as promised.
# caught by: PERMIT
# explore: --faults 0 --commands 2 --lag 2 --asks drain
/^uint64_t guard_held/,/^}/ s/return held & e->prefixes;/return e->prefixes;/
