/* The ends of operations as they were said when they came.
 *
 * A sentence names what was so at that moment: which node was drained, whose router did not answer.
 * Made anew an hour later it would name what is so then, and be wrong; so it is kept. */
#ifndef CGWHA_AGENT_SAID_H
#define CGWHA_AGENT_SAID_H

#include "agent/sentence.h"

struct said {
    struct said_end {
        op_t op; /* OP_NONE: empty */
        char text[SENTENCE_MAX], advice[SENTENCE_MAX];
    } end[STORIES_MAX]; /* the last ones, oldest overwritten */
    unsigned next;
};

/* Says the end of this story now, and keeps it. Zero the struct to begin. */
void said_keep(struct said *said, const struct runtime *rt, const struct story *story);
/* What was said; NULL if it is not kept. */
const struct said_end *said_find(const struct said *said, op_t op);

#endif
