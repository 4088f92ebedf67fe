# The lock outlives the view in which it was taken.
# caught by: LOCK
# explore: --faults 1 --commands 1 --lag 2 --kinds agent --asks drain
/^void on_view/,/^}/ s/^    e->lock = OP_NONE;$//
