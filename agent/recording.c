/* The engine's steps as bytes, and back. Pure. */
#include "agent/recording.h"

#include <stdio.h>
#include <string.h>

#define MAGIC           "cgwharec"
#define BYTE_ORDER_MARK 0x01020304u

static_assert(sizeof(struct recording_frame) % 8 == 0, "frames lie at multiples of 8 bytes");

static size_t align(size_t size)
{
    return (size + 7) & ~(size_t)7;
}

/* The offset after a member, from the beginning of the outer struct. */
#define AFTER(object, member)                                                                      \
    ((size_t)((const char *)&(object)->member - (const char *)(object)) + sizeof((object)->member))

/* Members one by one, so that padding stays zero. Returns what is in use. */
static size_t clean_record(const struct record *in, struct record *out)
{
    out->covers = in->covers;
    out->digest = in->digest;
    out->op = in->op;
    out->phase = in->phase;
    out->level = in->level;
    out->target = in->target;
    out->intent = in->intent;
    out->sick = in->sick;
    out->reason = in->reason;
    out->tunnels = in->tunnels;
    out->tunnels_up = in->tunnels_up;
    out->sessions_up = in->sessions_up;
    return sizeof(*out);
}

static void clean_end(const struct message *in, struct message *out)
{
    out->end.op = in->end.op;
    out->end.prefixes = in->end.prefixes;
    out->end.node = in->end.node;
    out->end.holder = in->end.holder;
    out->end.result = in->end.result;
    out->end.reason = in->end.reason;
    out->end.phase = in->end.phase;
    out->end.tunnels = in->end.tunnels;
    out->end.sessions = in->end.sessions;
    out->end.target = in->end.target;
}

static void clean_ask(const struct message *in, struct message *out)
{
    out->ask.op = in->ask.op;
    out->ask.target = in->ask.target;
    out->ask.kind = in->ask.kind;
    out->ask.flags = in->ask.flags;
    out->ask.timeout_s = in->ask.timeout_s;
    strlcpy(out->ask.user, in->ask.user, sizeof(out->ask.user));
    strlcpy(out->ask.why, in->ask.why, sizeof(out->ask.why));
}

static size_t clean_message(const struct message *in, struct message *out)
{
    out->type = in->type;
    out->from = in->from;
    switch (in->type) {
    case MESSAGE_RECORD:
        clean_record(&in->record, &out->record);
        return AFTER(out, record);
    case MESSAGE_ASK:
        clean_ask(in, out);
        return AFTER(out, ask);
    case MESSAGE_REQUEST:
        out->request.op = in->request.op;
        out->request.flags = in->request.flags;
        return AFTER(out, request);
    case MESSAGE_GUARD:
        out->guard.op = in->guard.op;
        out->guard.covers = in->guard.covers;
        return AFTER(out, guard);
    case MESSAGE_REFUSE:
    case MESSAGE_END:
        clean_end(in, out);
        return AFTER(out, end);
    default: /* INFO does not reach the engine */
        return AFTER(out, from);
    }
}

static size_t clean_start(const struct event *in, struct event *out)
{
    out->start.nodes = in->start.nodes;
    out->start.self = in->start.self;
    out->start.tunnels = in->start.tunnels;
    out->start.intent = in->start.intent;
    out->start.level = in->start.level;
    memcpy(out->start.id, in->start.id, sizeof(out->start.id));
    out->start.serial = in->start.serial;
    out->start.prefixes = in->start.prefixes;
    out->start.digest = in->start.digest;
    return AFTER(out, start);
}

static size_t clean_observation(const struct event *in, struct event *out)
{
    out->observe.covers = in->observe.covers;
    out->observe.tunnels_up = in->observe.tunnels_up;
    out->observe.sessions_up = in->observe.sessions_up;
    out->observe.sick = in->observe.sick;
    out->observe.level = in->observe.level;
    out->observe.routes = in->observe.routes;
    return AFTER(out, observe);
}

static size_t clean_event(const struct event *in, struct event *out)
{
    memset(out, 0, sizeof(*out));
    out->type = in->type;
    switch (in->type) {
    case EVENT_START:
        return clean_start(in, out);
    case EVENT_VIEW:
        out->view.members = in->view.members;
        out->view.ring = in->view.ring;
        return AFTER(out, view);
    case EVENT_MESSAGE:
        return (size_t)((const char *)&out->message - (const char *)out) +
               clean_message(&in->message, &out->message);
    case EVENT_OBSERVE:
        return clean_observation(in, out);
    case EVENT_QUIET:
        out->quiet.quiet = in->quiet.quiet;
        return AFTER(out, quiet);
    case EVENT_TIMER:
        out->timer.timer = in->timer.timer;
        return AFTER(out, timer);
    case EVENT_DONE:
        out->done.order = in->done.order;
        out->done.ok = in->done.ok;
        return AFTER(out, done);
    default:
        return AFTER(out, type);
    }
}

static size_t clean_effect(const struct effect *in, struct effect *out)
{
    memset(out, 0, sizeof(*out));
    out->type = in->type;
    switch (in->type) {
    case EFFECT_SEND:
        return (size_t)((const char *)&out->send - (const char *)out) +
               clean_message(&in->send, &out->send);
    case EFFECT_ORDER:
        out->order.order = in->order.order;
        out->order.level = in->order.level;
        out->order.intent = in->order.intent;
        out->order.op = in->order.op;
        return AFTER(out, order);
    case EFFECT_KEEP_UP:
        out->keep_up.on = in->keep_up.on;
        return AFTER(out, keep_up);
    case EFFECT_WATCH:
        out->watch.on = in->watch.on;
        return AFTER(out, watch);
    case EFFECT_TIMER_START:
    case EFFECT_TIMER_STOP:
        out->timer.timer = in->timer.timer;
        out->timer.seconds = in->timer.seconds;
        return AFTER(out, timer);
    default:
        out->phase.from = in->phase.from;
        out->phase.to = in->phase.to;
        out->phase.reason = in->phase.reason;
        out->phase.op = in->phase.op;
        return AFTER(out, phase);
    }
}

size_t recording_event(const struct event *event, uint8_t out[sizeof(struct event)])
{
    struct event clean;
    size_t size = clean_event(event, &clean);

    memcpy(out, &clean, size);
    return size;
}

size_t recording_effects(const struct effects *effects, uint8_t out[RECORDING_EFFECTS_MAX])
{
    size_t at = 0;

    for (unsigned i = 0; i < effects->count; i++) {
        struct effect clean;
        uint64_t size = clean_effect(&effects->item[i], &clean);
        memcpy(out + at, &size, sizeof(size));
        memcpy(out + at + sizeof(size), &clean, size);
        at += sizeof(size) + size;
    }
    return at;
}

static size_t close_frame(struct recording_frame frame, size_t size, uint8_t *out)
{
    size_t whole = align(size);

    memset(out + size, 0, whole - size);
    frame.size = (uint32_t)whole;
    memcpy(out, &frame, sizeof(frame));
    return whole;
}

size_t recording_step(uint64_t ns, const struct event *event, const struct effects *effects,
                      uint8_t out[RECORDING_FRAME_MAX])
{
    struct recording_frame frame = {.kind = RECORDING_STEP, .ns = ns};
    size_t at = sizeof(frame);

    frame.event_size = (uint32_t)recording_event(event, out + at);
    at += frame.event_size;
    frame.effects_size = (uint32_t)recording_effects(effects, out + at);
    return close_frame(frame, at + frame.effects_size, out);
}

size_t recording_new_op(uint64_t ns, uint8_t out[RECORDING_FRAME_MAX])
{
    struct recording_frame frame = {.kind = RECORDING_NEW_OP, .ns = ns};

    return close_frame(frame, sizeof(frame), out);
}

void recording_begin(uint64_t ns, const struct engine *engine, const struct event *start,
                     struct recording_header *out)
{
    memset(out, 0, sizeof(*out));
    out->frame.kind = RECORDING_HEADER;
    out->frame.size = (uint32_t)sizeof(*out);
    out->frame.ns = ns;
    memcpy(out->magic, MAGIC, sizeof(out->magic));
    out->version = RECORDING_VERSION;
    out->byte_order = BYTE_ORDER_MARK;
    out->engine_size = sizeof(struct engine);
    out->event_size = sizeof(struct event);
    out->effect_size = sizeof(struct effect);
    snprintf(out->agent, sizeof(out->agent), "%s", CGWHA_VERSION);
    clean_event(start, &out->start);
    memcpy(&out->engine, engine, sizeof(out->engine));
}

bool recording_read_header(const uint8_t *bytes, size_t size, struct recording_header *out,
                           char err[ERR_MAX])
{
    if (size < sizeof(*out) || memcmp(bytes + sizeof(out->frame), MAGIC, sizeof(out->magic)) != 0) {
        snprintf(err, ERR_MAX, "this is no recording of cgwhad's, or it is cut short");
        return false;
    }
    memcpy(out, bytes, sizeof(*out));
    if (out->version != RECORDING_VERSION || out->byte_order != BYTE_ORDER_MARK ||
        out->engine_size != sizeof(struct engine) || out->event_size != sizeof(struct event) ||
        out->effect_size != sizeof(struct effect) || out->frame.size != sizeof(*out)) {
        snprintf(err, ERR_MAX,
                 "it was made by another build of cgwhad (%.31s): replay it with that", out->agent);
        return false;
    }
    return true;
}

bool recording_read(const uint8_t *bytes, size_t size, struct recording_frame *frame,
                    struct event *event, const uint8_t **effects)
{
    size_t room;

    if (size < sizeof(*frame))
        return false;
    memcpy(frame, bytes, sizeof(*frame));
    if (frame->size < sizeof(*frame) || frame->size > size || frame->size % 8 != 0)
        return false;
    room = frame->size - sizeof(*frame);
    if (frame->event_size > sizeof(*event) || frame->event_size > room ||
        frame->effects_size > room - frame->event_size)
        return false;
    memset(event, 0, sizeof(*event));
    memcpy(event, bytes + sizeof(*frame), frame->event_size);
    *effects = bytes + sizeof(*frame) + frame->event_size;
    return true;
}
