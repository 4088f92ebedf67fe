# The other does not make itself the better path for a node that cannot carry.
# caught by: LEVEL_AT_REST
# explore: --faults 1 --kinds unfit --commands 0 --lag 1
s/if (r->sick & SICK_TRACK)$/if (false)/
