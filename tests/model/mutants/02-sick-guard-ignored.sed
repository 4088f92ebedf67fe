# What a guard says after its promise is not looked at.
# caught by: PERMIT
# explore: --faults 1 --commands 1 --lag 2 --kinds break --asks drain
/^void on_record/,/^}/ s/guard_held(e) != e->prefixes) {/false) {/
/^bool guard_permits_withdraw/,/^}/ s/guard_held(e) == e->prefixes;/true;/
