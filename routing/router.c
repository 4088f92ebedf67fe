/* The driver that the configuration names. */
#include <stdio.h>
#include <string.h>

#include "routing/router.h"

static const struct kind {
    const char *name;
    bool (*create)(struct router *out, qb_loop_t *loop, const struct router_conf *conf,
                   const struct router_events *events, void *ctx, char err[ERR_MAX]);
} kinds[] = {
#define KIND(name) {#name, router_##name##_create},
    ROUTER_KINDS(KIND)};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

bool router_create(struct router *out, qb_loop_t *loop, const struct router_conf *conf,
                   const struct router_events *events, void *ctx, char err[ERR_MAX])
{
    for (unsigned i = 0; i < KINDS; i++) {
        if (strcmp(kinds[i].name, conf->kind) == 0)
            return kinds[i].create(out, loop, conf, events, ctx, err);
    }
    snprintf(err, ERR_MAX, "there is no router '%s'", conf->kind);
    return false;
}
