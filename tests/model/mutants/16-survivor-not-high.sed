# A survivor attracts no more than it did.
# caught by: LEVEL_AT_REST
# explore: --faults 1 --commands 0 --lag 2 --kinds power
/^static enum level level_in_service/,/^}/ s/return LEVEL_HIGH;/return LEVEL_NORMAL;/
