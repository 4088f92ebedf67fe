/* The ends of operations as they were said when they came. */
#include "agent/said.h"

void said_keep(struct said *said, const struct runtime *rt, const struct story *story)
{
    struct said_end *end = &said->end[said->next];

    said->next = (said->next + 1) % STORIES_MAX;
    end->op = story->op;
    sentence_end(rt, story, end->text);
    sentence_advice(rt, story, end->advice);
}

const struct said_end *said_find(const struct said *said, op_t op)
{
    for (unsigned i = 0; i < STORIES_MAX; i++) {
        if (op != OP_NONE && said->end[i].op == op)
            return &said->end[i];
    }
    return NULL;
}
