/* An event as hooks are told it. */
#include "agent/hook_event.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/json_read.h"
#include "agent/report.h"

struct block {
    char *out;
    size_t at, size; /* at > size: it did not fit */
};

static void put(struct block *b, const char *text, size_t bytes)
{
    if (b->at + bytes <= b->size)
        memcpy(b->out + b->at, text, bytes);
    b->at += bytes;
}

/* What is empty is left out. */
static void put_value(struct block *b, const char *name, const char *value)
{
    size_t from;

    if (value[0] == '\0')
        return;
    put(b, "CGWHA_", 6);
    put(b, name, strlen(name));
    put(b, "=", 1);
    from = b->at;
    put(b, value, strlen(value) + 1);
    for (size_t i = from; i + 1 < b->at && b->at <= b->size; i++) {
        if ((unsigned char)b->out[i] < 0x20 || b->out[i] == 0x7f)
            b->out[i] = ' ';
    }
}

/* What the node is now, and not what it was when the engine's step began or ended. */
static void put_state(struct block *b, const struct runtime *rt, const struct told *told)
{
    bool self = told->node == rt->nodes.self;
    struct record r;
    unsigned phase, level;

    if (told->node >= rt->nodes.count)
        return;
    r = self ? engine_record(&rt->engine) : rt->record[told->node];
    if (!self && r.digest == 0)
        return; /* it has never spoken */
    phase = told->type == TOLD_PHASE || told->type == TOLD_PEER ? told->to : r.phase;
    level = told->type == TOLD_LEVEL && told->to < LEVELS ? told->to : r.level;
    put_value(b, "PHASE", phase_name(phase));
    put_value(b, "LEVEL", level_name(level));
    put_value(b, "INTENT", intent_name(r.intent));
}

static void put_members(struct block *b, struct json_object *event)
{
    char text[NODES_MAX * NAME_MAX_LEN] = "";

    for (size_t i = 0; i < json_count(event, "members"); i++) {
        if (i > 0)
            strlcat(text, " ", sizeof(text));
        strlcat(text, json_text_at(event, "members", i), sizeof(text));
    }
    put_value(b, "MEMBERS", text);
}

size_t hook_event(const struct runtime *rt, const struct told *told, struct json_object *event,
                  char *out, size_t size)
{
    static const struct {
        const char *name, *key;
    } values[] = {{"EVENT", "event"}, {"NODE", "node"},    {"FROM", "from"}, {"REASON", "reason"},
                  {"OP", "op"},       {"KIND", "kind"},    {"USER", "user"}, {"WHY", "why"},
                  {"TEXT", "text"},   {"RESULT", "result"}};
    struct block b = {.out = out, .size = size};
    const char *json = json_object_to_json_string_ext(event, REPORT_FORMAT);
    char number[24];

    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        put_value(&b, values[i].name, json_text(event, values[i].key));
    put_value(&b, "SELF", rt->nodes.name[rt->nodes.self]);
    snprintf(number, sizeof(number), "%" PRId64, json_number(event, "time"));
    put_value(&b, "TIME", number);
    put_state(&b, rt, told);
    put_members(&b, event);
    put(&b, "", 1);
    put(&b, json != NULL ? json : "{}", json != NULL ? strlen(json) + 1 : 3);
    return b.at <= size ? b.at : 0;
}
