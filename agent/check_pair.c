/* What the agents say: of this host, of the other gateway, of the two together. */
#include <string.h>

#include "agent/check.h"
#include "agent/check_pair.h"
#include "agent/cli_link.h"
#include "agent/json_read.h"

static void judge_node(struct json_object *node, struct json_object *self, struct findings *list)
{
    const char *name = json_text(node, "name");
    bool here = json_yes(node, "self");

    if (strcmp(json_text(node, "agent"), "member") != 0) {
        found(list, FINDING_ABSENT, name, "its agent is not in the view: %s",
              json_text(node, "agent"));
        return;
    }
    for (size_t i = 0; here && i < json_count(node, "sick-why"); i++)
        found(list, FINDING_SICK, name, "%.250s", json_text_at(node, "sick-why", i));
    if (!here && json_count(node, "sick") > 0)
        found(list, FINDING_SICK, name, "its %s cannot be read or written",
              json_text_at(node, "sick", 0));
    if (!here && !json_yes(node, "same-prefixes"))
        found(list, FINDING_PREFIXES, name, "its shared prefixes are not those of this gateway");
    if (!here && strcmp(json_text(node, "version"), json_text(self, "version")) != 0)
        found(list, FINDING_VERSIONS, name, "its agent is version %.40s, this one's is %.40s",
              json_text(node, "version"), json_text(self, "version"));
}

/* In a maintenance one coverer is as it should be. */
static bool in_maintenance(struct json_object *status)
{
    for (size_t n = 0; n < json_count(status, "nodes"); n++) {
        struct json_object *node = json_at(status, "nodes", n);
        if (strcmp(json_text(node, "intent"), "maintenance") == 0)
            return true;
    }
    return json_member(status, "lock") != NULL;
}

static void judge_promise(struct json_object *status, struct findings *list)
{
    struct json_object *promise = json_member(status, "promise");
    bool expected = in_maintenance(status) || json_count(status, "nodes") < 2;

    for (size_t i = 0; i < json_count(promise, "prefixes"); i++) {
        struct json_object *p = json_at(promise, "prefixes", i);
        size_t by = json_count(p, "covered-by");
        if (by == 0)
            found(list, FINDING_UNCOVERED, json_text(p, "prefix"), "no gateway covers it");
        else if (by == 1 && !expected)
            found(list, FINDING_BARE, json_text(p, "prefix"), "only %s covers it",
                  json_text_at(p, "covered-by", 0));
    }
}

void pair_judge(struct json_object *status, struct findings *list)
{
    struct json_object *self = NULL;

    for (size_t n = 0; n < json_count(status, "nodes"); n++) {
        if (json_yes(json_at(status, "nodes", n), "self"))
            self = json_at(status, "nodes", n);
    }
    for (size_t n = 0; n < json_count(status, "nodes"); n++)
        judge_node(json_at(status, "nodes", n), self, list);
    judge_promise(status, list);
}

void check_pair(struct findings *list, const char *server, char node[NAME_MAX_LEN])
{
    struct json_object *status = NULL;
    char err[ERR_MAX];
    struct link *link;

    if (link_open(&link, server, CHECK_WAIT_MS, err))
        status = link_ask(link, link_request("status"), err);
    link_close(link);
    if (status == NULL) {
        found(list, FINDING_AGENT_SILENT, "", "%.250s", err);
        return;
    }
    strlcpy(node, json_text(status, "self"), NAME_MAX_LEN);
    pair_judge(status, list);
    json_object_put(status);
}
