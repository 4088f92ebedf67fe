# A view change in mid-operation changes nothing.
# caught by: LOCK
# explore: --faults 1 --commands 1 --lag 2 --kinds split --asks drain
/^void on_view/,/^}/ {
    /The lock and every guard/,/memset(e->guards/ d
}
