# A node that cannot carry stays aside, though nobody serves in its place.
# caught by: UNFIT_AT_REST
# explore: --faults 2 --kinds unfit,power --commands 0 --lag 1
s/else if (s->e->viewed && !another_serves(s->e))/else if (false)/
