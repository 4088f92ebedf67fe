/* The phases of an operation as they pass: on a terminal the last line lives, elsewhere each phase
 * is one plain line. It only writes to look->out, and is told the time. */
#ifndef CGWHA_AGENT_CLI_PROGRESS_H
#define CGWHA_AGENT_CLI_PROGRESS_H

#include <json-c/json.h>

#include "agent/cli_look.h"

struct progress {
    const struct look *look;
    char phase[32]; /* shown last; empty: none yet */
    char does[256]; /* what it waits for */
    double began;   /* the phase, in seconds since the operation was asked for */
    bool open;      /* the last line is not ended yet */
};

/* A phase begins at `at` (seconds since the asking). */
void progress_phase(struct progress *p, double at, const char *phase, const char *does);
/* The line is written again with what the status says of the node; only on a terminal. */
void progress_status(struct progress *p, double now, struct json_object *status,
                     struct json_object *node);
/* Ends the last line. */
void progress_end(struct progress *p);

/* What a phase waits for, measured: "traffic 1980 packets/s, goes on at 20 or less for 2.0 s";
 * empty if there is nothing to measure in it. */
void progress_measured(const struct progress *p, double now, struct json_object *status,
                       struct json_object *node, char *out, size_t size);

#endif
