/* A request of the command, read from JSON and checked: bytes in, struct out. Pure. */
#ifndef CGWHA_AGENT_REQUEST_H
#define CGWHA_AGENT_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/limits.h"
#include "agent/lists.h"
#include "cluster/cluster.h"

enum request_do { DO_STATUS, DO_WATCH, DO_ASK, DO_HISTORY, DO_COURSE };

struct request {
    enum request_do what;
    /* DO_ASK */
    enum ask kind;
    int target; /* node index; -1: an abort of whoever holds the lock */
    uint8_t flags;
    uint16_t timeout_s;
    char why[WHY_LEN]; /* on one line, without control characters */
    /* DO_HISTORY, DO_COURSE */
    char op[NAME_MAX_LEN + 12];     /* this one; empty: any (HISTORY) */
    char before[NAME_MAX_LEN + 12]; /* those before this one; empty: the newest */
    unsigned count;                 /* at most so many */
};

/* False with a sentence in err. */
bool request_parse(const char *text, size_t size, const struct cluster_nodes *nodes,
                   struct request *out, char err[ERR_MAX]);

#endif
