/* The course of things: the traffic of each node over time, and each change of phase, level, SAs,
 * sessions and coverage, as this agent saw it.
 *
 * A course is of bounded size: when it is full of traffic, two points become one.  Pure: it reads
 * the runtime, and is told the time. */
#ifndef CGWHA_AGENT_COURSE_H
#define CGWHA_AGENT_COURSE_H

#include <stdint.h>
#include <stdio.h>

#include "agent/runtime.h"

#define COURSE_POINTS  600 /* 2 minutes at POLL_BUSY_MS; then every second one goes */
#define COURSE_CHANGES 400
#define COURSE_VERSION 1 /* of what course_write() writes */

/* What one node is, apart from its traffic. */
#define STATE_LIST(X)                                                                              \
    X(HERE, "here")         /* its agent is in the view: what follows is known */                  \
    X(PHASE, "phase")       /* enum phase */                                                       \
    X(LEVEL, "level")       /* enum level, as read back */                                         \
    X(SAS, "sas")           /* tunnels with a CHILD_SA */                                          \
    X(SESSIONS, "sessions") /* tunnels with an Established session */                              \
    X(COVERS, "covers")     /* shared prefixes, a bit each */
#define CGWHA_ENUM_STATE(id, name) STATE_##id,
enum state { STATE_LIST(CGWHA_ENUM_STATE) STATES };
const char *state_name(unsigned state);

struct course_traffic {
    uint32_t in_pps, out_pps; /* of all tunnels */
    uint64_t in_bps, out_bps;
};

struct course_point {
    uint64_t at_ms;
    uint8_t known; /* nodes of which something was heard since the point before, a bit each */
    struct course_traffic node[NODES_MAX];
};

struct course_change {
    uint64_t at_ms;
    uint8_t node, state;
    uint64_t value;
};

struct course {
    unsigned points, changes;
    uint32_t grain_ms; /* points are no closer than this */
    unsigned missed;   /* changes for which there was no room */
    uint64_t now[NODES_MAX][STATES];
    uint64_t heard_s[NODES_MAX]; /* of the INFO taken last */
    struct course_point point[COURSE_POINTS];
    struct course_change change[COURSE_CHANGES];
};

/* Sums of one node's tunnels now; false if they are not known. */
bool course_traffic_of(const struct runtime *rt, unsigned n, struct course_traffic *out);
/* Is enough known to say what is covered? Not in the first moments of an agent. */
bool course_can_judge(const struct runtime *rt);
/* The shared prefixes that somebody covers, as far as this agent can tell. */
uint64_t course_covered(const struct runtime *rt);

/* Begins: what every node is now, as changes at at_ms. */
void course_begin(struct course *c, const struct runtime *rt, uint64_t at_ms);
/* Takes what has changed. */
void course_look(struct course *c, const struct runtime *rt, uint64_t at_ms);
/* Takes the traffic, unless a point was taken less than the grain ago. */
void course_measure(struct course *c, const struct runtime *rt, uint64_t at_ms);
/* Lets go what is older than from_ms, but for the state at that time. */
void course_forget(struct course *c, uint64_t from_ms);

/* The mean of what was measured of a node from from_ms to to_ms; false if nothing was. */
bool course_mean(const struct course *c, unsigned n, uint64_t from_ms, uint64_t to_ms,
                 struct course_traffic *out);

/* As JSON, times in seconds from zero_ms. `head`: members to put first, as "\"op\":\"gw1:1\",". */
void course_write(const struct course *c, const struct runtime *rt, uint64_t zero_ms,
                  const char *head, FILE *out);

#endif
