/* What happened, in sentences that a person can act on.
 *
 * From the closed lists and the numbers in an END come words that name which prefix, which tunnel,
 * which session, which node, who holds the lock, and what to do next.  It only reads the runtime,
 * and every (kind, result, reason) has its words: none is ever empty. */
#ifndef CGWHA_AGENT_SENTENCE_H
#define CGWHA_AGENT_SENTENCE_H

#include "agent/runtime.h"

#define SENTENCE_MAX 1024 /* with its NUL; longer lists of names are cut and counted */

/* All return out, a whole sentence or two without a newline. */

/* What is told, on one line, with the node's name: for the log and for watchers. */
const char *sentence_told(const struct runtime *rt, const struct told *told,
                          char out[SENTENCE_MAX]);

/* How an operation ended, and why. The story has ended. */
const char *sentence_end(const struct runtime *rt, const struct story *story,
                         char out[SENTENCE_MAX]);

/* A drain that did not go, and will as soon as it is safe. The story has ended. */
bool sentence_pending(const struct story *story);

/* What to do about it; empty if there is nothing to do. */
const char *sentence_advice(const struct runtime *rt, const struct story *story,
                            char out[SENTENCE_MAX]);

/* What a node does in this phase, or waits for, and for what reason it is in it; without its name:
 * "waits for gw2's promise". node is an index. */
const char *sentence_phase(const struct runtime *rt, unsigned node, unsigned phase, unsigned reason,
                           char out[SENTENCE_MAX]);

/* The same of a node as it stands, with what its level is for. r is its record. */
const char *sentence_node(const struct runtime *rt, unsigned node, const struct record *r,
                          char out[SENTENCE_MAX]);

/* An operation: "the drain of gw1 (gw1:1001), asked for by root 12 s ago: kernel". */
const char *sentence_operation(const struct runtime *rt, op_t op, char out[SENTENCE_MAX]);

#endif
