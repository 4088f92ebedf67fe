# Sessions that could not be opened are not asked for again.
# caught by: LIVENESS
# explore: --from drained --faults 2 --commands 0 --lag 2 --kinds fail,power
/^static void open_again/,/^}/ s/^        order(s, ORDER_OPEN, 0);/        ;/
