/* A request of the command. */
#include "agent/request.h"

#include <stdio.h>
#include <string.h>

#include "agent/json_read.h"
#include "agent/report.h" /* API_VERSION */

/* What a person typed is put on one line, and cut where a character of UTF-8 ends. */
static void take_words(const char *from, char out[WHY_LEN])
{
    size_t n = strlen(from);

    if (n >= WHY_LEN) {
        n = WHY_LEN - 1;
        while (n > 0 && ((unsigned char)from[n] & 0xc0u) == 0x80u)
            n--;
    }
    for (size_t i = 0; i < n; i++)
        out[i] = (unsigned char)from[i] < 0x20 || from[i] == 0x7f ? ' ' : from[i];
    out[n] = '\0';
}

static bool find_node(const struct cluster_nodes *nodes, const char *name, int *out,
                      char err[ERR_MAX])
{
    size_t at;

    for (int n = 0; n < nodes->count; n++) {
        if (strcmp(nodes->name[n], name) == 0) {
            *out = n;
            return true;
        }
    }
    at = (size_t)snprintf(err, ERR_MAX, "no node is called %.64s; there are:", name);
    for (int n = 0; n < nodes->count && at < ERR_MAX; n++)
        at += (size_t)snprintf(err + at, ERR_MAX - at, " %s", nodes->name[n]);
    return false;
}

static bool find_kind(const char *name, enum ask *out)
{
    for (unsigned k = 0; k < ASKS; k++) {
        if (strcmp(ask_name(k), name) == 0) {
            *out = (enum ask)k;
            return true;
        }
    }
    return false;
}

static const struct {
    const char *name;
    uint8_t flag;
} flags[] = {
    {"force", ASK_FLAG_FORCE},
    {"dry-run", ASK_FLAG_DRY_RUN},
    {"when-safe", ASK_FLAG_WHEN_SAFE},
    {"until-boot", ASK_FLAG_UNTIL_BOOT},
};

static bool parse_ask(struct json_object *o, const struct cluster_nodes *nodes, struct request *out,
                      char err[ERR_MAX])
{
    const char *name = json_text(o, "node");
    int64_t timeout = json_number(o, "timeout");

    if (!find_kind(json_text(o, "kind"), &out->kind)) {
        snprintf(err, ERR_MAX, "kind must be drain, undrain or abort");
        return false;
    }
    out->target = out->kind == ASK_ABORT ? -1 : nodes->self;
    if (name[0] != '\0' && !find_node(nodes, name, &out->target, err))
        return false;
    if (timeout < 0 || timeout > UINT16_MAX) {
        snprintf(err, ERR_MAX, "timeout must be 0 to %d seconds", UINT16_MAX);
        return false;
    }
    out->timeout_s = (uint16_t)timeout;
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (json_yes(o, flags[i].name))
            out->flags |= flags[i].flag;
    }
    if (out->kind != ASK_DRAIN && out->flags != 0) {
        snprintf(err, ERR_MAX, "force, dry-run, when-safe and until-boot are for drain only");
        return false;
    }
    if ((out->flags & ASK_FLAG_DRY_RUN) && (out->flags & ASK_FLAG_LASTING)) {
        snprintf(err, ERR_MAX,
                 "a dry run changes nothing, so when-safe and until-boot do not go "
                 "with it");
        return false;
    }
    take_words(json_text(o, "why"), out->why);
    return true;
}

/* Which operations, of those that are kept. */
static bool parse_which(struct json_object *o, struct request *out, char err[ERR_MAX])
{
    int64_t count = json_number(o, "count");

    if (strlcpy(out->op, json_text(o, "op"), sizeof(out->op)) >= sizeof(out->op) ||
        strlcpy(out->before, json_text(o, "before"), sizeof(out->before)) >= sizeof(out->before)) {
        snprintf(err, ERR_MAX, "an operation is named as gw1:1001");
        return false;
    }
    out->count = count > 0 && count < UINT16_MAX ? (unsigned)count : UINT16_MAX;
    return true;
}

static bool parse_object(struct json_object *o, const struct cluster_nodes *nodes,
                         struct request *out, char err[ERR_MAX])
{
    const char *what = json_text(o, "do");

    if (json_number(o, "api") != API_VERSION) {
        snprintf(err, ERR_MAX,
                 "cgwhad %s speaks version %d of its interface, the command version %lld: use the "
                 "two of one release",
                 CGWHA_VERSION, API_VERSION, (long long)json_number(o, "api"));
        return false;
    }
    if (strcmp(what, "status") == 0) {
        out->what = DO_STATUS;
    } else if (strcmp(what, "watch") == 0) {
        out->what = DO_WATCH;
    } else if (strcmp(what, "ask") == 0) {
        out->what = DO_ASK;
        return parse_ask(o, nodes, out, err);
    } else if (strcmp(what, "history") == 0) {
        out->what = DO_HISTORY;
        return parse_which(o, out, err);
    } else if (strcmp(what, "course") == 0) {
        out->what = DO_COURSE;
        return parse_which(o, out, err);
    } else {
        snprintf(err, ERR_MAX, "do must be status, watch, ask, history or course");
        return false;
    }
    return true;
}

bool request_parse(const char *text, size_t size, const struct cluster_nodes *nodes,
                   struct request *out, char err[ERR_MAX])
{
    struct json_object *o = json_parse(text, size);
    bool ok;

    memset(out, 0, sizeof(*out));
    if (o == NULL) {
        snprintf(err, ERR_MAX, "the request is not one JSON object");
        return false;
    }
    ok = parse_object(o, nodes, out, err);
    json_object_put(o);
    return ok;
}
