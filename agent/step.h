/* What the engine's own files share: the step in progress. Nobody else includes this. */
#ifndef CGWHA_AGENT_STEP_H
#define CGWHA_AGENT_STEP_H

#include "agent/engine.h"

/* One step: the state and what it has asked for so far. */
struct step {
    struct engine *e;
    struct effects *out;
    struct effect spill; /* takes what does not fit; see add() */
};

#define BIT(n) (1u << (n))

/* phase.c: effects and the one function that changes a phase. */
void order(struct step *s, enum order which, uint8_t value);
void order_for(struct step *s, op_t op, enum order which, uint8_t value);
void timer_start(struct step *s, enum timer which, uint16_t seconds);
void timer_stop(struct step *s, enum timer which);
bool timer_armed(const struct engine *e, enum timer which);
bool order_pending(const struct engine *e, enum order which);
void say(struct step *s, const struct message *message);
/* Sends our record if it differs from the one sent last; first, wherever what follows relies on it.
 */
void publish(struct step *s);
void enter(struct step *s, enum phase to, enum reason reason);
/* Ends our own operation: tells everyone, which frees the lock when that is delivered. */
void finish(struct step *s, enum result result, enum reason reason);
/* Ends our own operation and goes back to where it began. Only before the withdraw is ordered. */
void roll_back(struct step *s, enum result result, enum reason reason);
/* Ends an operation that never began here. */
void reject(struct step *s, op_t op, enum result result, enum reason reason, op_t holder,
            uint32_t node);
bool may_roll_back(const struct engine *e);

/* operation.c: operators' requests, the lock, and being a guard. */
void on_message(struct step *s, const struct message *m);
/* Starts a drain of this node, or rejects it with the reason. */
void begin_drain(struct step *s, op_t op, uint8_t flags, uint16_t timeout_s, enum reason why);
/* As a guard: what was freshened is done; a new observation; the timer; the level was ordered. */
void guard_freshened(struct step *s);
void guard_progress(struct step *s);
void guard_timer(struct step *s);
void guard_level_failed(struct step *s);

/* membership.c: views and records. */
void on_view(struct step *s, uint8_t members, uint8_t ring);
void on_record(struct step *s, unsigned n, const struct record *r);
/* Some shared prefix that no other node is believed to cover. */
bool no_coverer(const struct engine *e);
/* Others say that they can carry, cover every shared prefix, and make themselves the better path.
 */
bool others_took_over(const struct engine *e);
/* Some other node is in service and can carry, as far as is known. */
bool another_serves(const struct engine *e);
/* What this node tracks says that it cannot carry. */
bool unfit(const struct engine *e);
/* Every shared prefix is covered by others that are in service, with all their tunnels. */
bool others_could_guard(const struct engine *e);
/* Index of a nodeid, or -1. */
int node_index(const struct engine *e, uint32_t id);

#endif
