/* A runtime with two nodes as it looks in service, for the tests of what people see: built by hand,
 * nothing behind it runs. */
#ifndef CGWHA_TESTS_UNIT_STAGE_H
#define CGWHA_TESTS_UNIT_STAGE_H

#include "agent/runtime.h"

#define STAGE_NOW  UINT64_C(1750000000)
#define STAGE_GW1  101u /* nodeids are not indexes, so that the one taken for the other shows */
#define STAGE_GW2  202u
#define STAGE_TOLD 32

struct stage {
    struct conf conf;
    struct runtime rt;
    struct message sent; /* the last that was multicast */
    unsigned sends;
};

/* gw1 is this host; both in service at normal; two prefixes, two tunnels (tun11 tun12, tun21
 * tun22), one LAN. */
void stage_set(struct stage *s);
/* Adds a story that still runs; target is a nodeid, 0 for none. */
struct story *stage_story(struct stage *s, op_t op, enum ask kind, uint32_t target);
/* Ends it. */
void stage_end(struct story *story, enum result result, enum reason reason);

#endif
