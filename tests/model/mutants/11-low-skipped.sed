# The node withdraws without having been at low: traffic is not moved first.
# caught by: READ_BACK
# explore: --faults 0 --commands 1 --lag 2 --asks drain
/case PHASE_LOWERING:/,/break;/ s/if (e->level == LEVEL_LOW .*)$/if (true)/
