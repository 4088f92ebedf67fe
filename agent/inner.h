/* What the runtime's own files share; of others only agent/report.c, which reads, includes this. */
#ifndef CGWHA_AGENT_INNER_H
#define CGWHA_AGENT_INNER_H

#include "agent/runtime.h"

/* runtime.c: feeds one event and carries out what follows. */
void feed(struct runtime *rt, const struct event *event);
/* Our loop lives; if it stood still, the engine hears of it before anything else. */
void pulse(struct runtime *rt);
/* Asks the drivers for snapshots now. */
void look(struct runtime *rt);

/* show.c: what people see. */
void show_effect_phase(struct runtime *rt, const struct effect *f);
void show_asked(struct runtime *rt, const struct message *m);
void show_ended(struct runtime *rt, const struct message *m);
void show_record(struct runtime *rt, unsigned n, const struct record *r);
void show_info(struct runtime *rt, unsigned n, const struct info *info);
void show_text(struct runtime *rt, enum told_type type, op_t op, const char *text);
/* The level that was ordered is in force and read back, or is not. */
void show_level(struct runtime *rt, op_t op, bool in_force, const char *text);
/* Tells what has changed since, and keeps it. */
void show_tracks(struct runtime *rt, const struct tracks_seen *seen);
void show_view(struct runtime *rt);
void make_info(const struct runtime *rt, struct info *out);
int runtime_node_index(const struct runtime *rt, uint32_t nodeid);

#endif
