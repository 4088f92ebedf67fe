/* Replays a recording of cgwhad's (agent/recorder.h): feeds its events to the engine as it stood
 * when the recording began, and compares what the engine answers, byte for byte.
 *
 * usage: replay [-v] FILE     0: the same effects; 1: others, and which; 2: cannot be read */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/recording.h"

struct replay {
    const char *file;
    bool verbose;
    struct engine engine;
    uint64_t begun_ns;
    unsigned long steps, effects, others;
};

static uint8_t *read_file(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    uint8_t *bytes = NULL;
    long end;

    if (f == NULL)
        return NULL;
    if (fseek(f, 0, SEEK_END) == 0 && (end = ftell(f)) > 0 && fseek(f, 0, SEEK_SET) == 0) {
        bytes = malloc((size_t)end);
        *size = bytes != NULL ? fread(bytes, 1, (size_t)end, f) : 0;
    }
    fclose(f);
    return bytes;
}

static void show_event(const struct replay *r, const struct recording_frame *frame,
                       const struct event *ev)
{
    printf("%10.3f %s", (double)(frame->ns - r->begun_ns) / 1e9, event_name(ev->type));
    if (ev->type == EVENT_TIMER)
        printf(" %s", timer_name(ev->timer.timer));
    if (ev->type == EVENT_DONE)
        printf(" %s %s", order_name(ev->done.order), ev->done.ok ? "ok" : "failed");
    if (ev->type == EVENT_VIEW)
        printf(" members 0x%x ring 0x%x", ev->view.members, ev->view.ring);
    if (ev->type == EVENT_MESSAGE)
        printf(" type %u from node %u", ev->message.type, ev->message.from);
    if (ev->type == EVENT_OBSERVE)
        printf(" covers 0x%" PRIx64 " level %s", ev->observe.covers, level_name(ev->observe.level));
    putchar('\n');
}

static void show_effects(const struct effects *out)
{
    for (unsigned i = 0; i < out->count; i++) {
        const struct effect *f = &out->item[i];
        printf("           -> %s", effect_name(f->type));
        if (f->type == EFFECT_ORDER)
            printf(" %s", order_name(f->order.order));
        if (f->type == EFFECT_ORDER && f->order.order == ORDER_LEVEL)
            printf(" %s", level_name(f->order.level));
        if (f->type == EFFECT_TIMER_START || f->type == EFFECT_TIMER_STOP)
            printf(" %s", timer_name(f->timer.timer));
        if (f->type == EFFECT_PHASE)
            printf(" %s -> %s (%s)", phase_name(f->phase.from), phase_name(f->phase.to),
                   reason_name(f->phase.reason));
        putchar('\n');
    }
}

static void step(struct replay *r, const struct recording_frame *frame, const struct event *ev,
                 const uint8_t *recorded)
{
    uint8_t bytes[RECORDING_EFFECTS_MAX];
    struct effects out;
    size_t size;

    engine_step(&r->engine, ev, &out);
    size = recording_effects(&out, bytes);
    r->steps++;
    r->effects += out.count;
    if (r->verbose)
        show_event(r, frame, ev);
    if (r->verbose)
        show_effects(&out);
    if (size == frame->effects_size && memcmp(bytes, recorded, size) == 0)
        return;
    if (r->others++ != 0)
        return; /* the first tells most: what follows differs because of it */
    printf("%s: step %lu has other effects than were recorded; now they are:\n", r->file, r->steps);
    show_event(r, frame, ev);
    show_effects(&out);
}

static bool replay(struct replay *r, const uint8_t *bytes, size_t size)
{
    struct recording_header header;
    char err[ERR_MAX];
    size_t at;

    if (!recording_read_header(bytes, size, &header, err)) {
        fprintf(stderr, "%s: %s\n", r->file, err);
        return false;
    }
    r->engine = header.engine;
    r->begun_ns = header.frame.ns;
    for (at = header.frame.size; at < size;) {
        struct recording_frame frame;
        const uint8_t *effects;
        struct event ev;
        if (!recording_read(bytes + at, size - at, &frame, &ev, &effects))
            break;
        at += frame.size;
        if (frame.kind == RECORDING_STEP)
            step(r, &frame, &ev, effects);
        else if (frame.kind == RECORDING_NEW_OP)
            engine_new_op(&r->engine);
    }
    printf("%s: %lu steps, %lu effects, %s%s\n", r->file, r->steps, r->effects,
           r->others == 0 ? "all as recorded" : "NOT as recorded",
           at < size ? "; the last entry is cut short" : "");
    return true;
}

int main(int argc, char **argv)
{
    struct replay r = {0};
    uint8_t *bytes;
    size_t size = 0;
    bool good;

    r.verbose = argc == 3 && strcmp(argv[1], "-v") == 0;
    if (argc != (r.verbose ? 3 : 2)) {
        fputs("usage: replay [-v] FILE\n", stderr);
        return 2;
    }
    r.file = argv[argc - 1];
    bytes = read_file(r.file, &size);
    if (bytes == NULL) {
        fprintf(stderr, "%s cannot be read, or is empty\n", r.file);
        return 2;
    }
    good = replay(&r, bytes, size);
    free(bytes);
    return !good ? 2 : r.others != 0;
}
