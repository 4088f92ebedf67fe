# Sessions are closed as soon as the withdraw is ordered.
# caught by: READ_BACK
# explore: --faults 0 --commands 1 --lag 2 --asks drain
/^static void progress_withdrawing/,/^}/ s/else if (e->level == LEVEL_WITHDRAWN .*{/else if (e->withdrew) {/
