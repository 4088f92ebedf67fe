# A drained node stays out when nobody else covers any more.
# caught by: LIVENESS
# explore: --faults 1 --commands 1 --lag 2 --kinds power --asks drain
/^static void progress(/,/^}/ s/^        if (no_coverer(e))$/        if (false)/
