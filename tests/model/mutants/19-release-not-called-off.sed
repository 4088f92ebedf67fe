# A safety net lets the release that is under way take its tunnels.
# caught by: SAFETY
# explore: --faults 1 --commands 1 --lag 2 --kinds missing --asks drain
/case PHASE_SAFETY_NET:/,/break;/ s/^        keep_up(s, true);$//
