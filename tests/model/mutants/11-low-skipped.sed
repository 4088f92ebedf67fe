# The node withdraws without having been at low: traffic is not moved first.
# caught by: READ_BACK
# explore: --faults 0 --commands 1 --lag 2 --asks drain
/^static bool at_low/,/^}/ s/return .*$/return true;/
