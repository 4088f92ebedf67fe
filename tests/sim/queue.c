/* What will happen, in order of time, and in order of asking at the same time: a binary heap. */
#include <stdlib.h>

#include "tests/sim/world.h"

static bool before(const struct happening *a, const struct happening *b)
{
    return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->seq < b->seq;
}

static void swap(struct happening *a, struct happening *b)
{
    struct happening t = *a;

    *a = *b;
    *b = t;
}

void queue_clear(struct queue *q)
{
    q->count = 0;
    q->seq = 0;
}

void queue_free(struct queue *q)
{
    free(q->heap);
    q->heap = NULL;
    q->room = q->count = 0;
}

void queue_push(struct queue *q, struct happening h)
{
    size_t i = q->count;

    if (q->count == q->room) {
        q->room = q->room != 0 ? 2 * q->room : 1024;
        q->heap = realloc(q->heap, q->room * sizeof(*q->heap));
        if (q->heap == NULL)
            abort();
    }
    h.seq = q->seq++;
    q->heap[q->count++] = h;
    for (; i > 0 && before(&q->heap[i], &q->heap[(i - 1) / 2]); i = (i - 1) / 2)
        swap(&q->heap[i], &q->heap[(i - 1) / 2]);
}

bool queue_pop(struct queue *q, struct happening *out)
{
    size_t i = 0, first;

    if (q->count == 0)
        return false;
    *out = q->heap[0];
    q->heap[0] = q->heap[--q->count];
    for (;; i = first) {
        first = i;
        for (size_t c = 2 * i + 1; c <= 2 * i + 2; c++) {
            if (c < q->count && before(&q->heap[c], &q->heap[first]))
                first = c;
        }
        if (first == i)
            return true;
        swap(&q->heap[i], &q->heap[first]);
    }
}
