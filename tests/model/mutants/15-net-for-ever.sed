# A safety net never drains again.
# caught by: INTENT_AT_REST
# explore: --from drained --faults 1 --commands 0 --lag 2 --kinds power
/^static void progress_pending/,/^}/ s/^    if (!can .*$/    if (true)/
