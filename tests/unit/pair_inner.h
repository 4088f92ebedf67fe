/* What the pair's own files share: the trace, and the checks after every step. */
#ifndef CGWHA_TESTS_UNIT_PAIR_INNER_H
#define CGWHA_TESTS_UNIT_PAIR_INNER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/pair.h"

#define PAIR_BIT(n) ((uint8_t)(1u << (n)))

/* Fails the test with the end of the trace before it. */
#define broken(p, ...)                                                                             \
    do {                                                                                           \
        show_trace_end(p);                                                                         \
        fail_msg(__VA_ARGS__);                                                                     \
    } while (0)
void show_trace_end(struct pair *p);

void trace_step(struct pair *p, unsigned n, const struct event *ev, const struct effects *out);

/* The ledger takes what is about to be delivered. */
void ledger_reset(struct pair_node *node, uint8_t members);
void ledger_take(struct pair *p, unsigned n, const struct event *ev);
/* After a step of node n. */
void check_step(struct pair *p, unsigned n, const struct effects *out);
/* After an order did its work: did the last coverer leave, though all was known? */
void check_completion(struct pair *p, unsigned n, bool sure, uint64_t before);
/* When nothing moves any more. */
void check_rest(struct pair *p);
/* Nothing is on its way to any engine. */
bool all_known(const struct pair *p);
struct observation look_at(const struct pair_node *node);

#endif
