# A drain that is done tells nobody, and nothing frees its lock.
# caught by: ENDS
# explore: --faults 0 --commands 1 --lag 2 --asks drain
/^void finish/,/^}/ s/^    send_end(.*$//
