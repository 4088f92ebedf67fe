/* What a recording looks like: the engine's steps as bytes, and back.
 *
 * A recording is a header, which holds the engine's state when it began, and then one entry for
 * each step: the event, and the effects that the engine answered with.  Feeding the events to that
 * state again must give the same effects, byte for byte.  Structs are written as they lie in
 * memory, padding zeroed and cut after the last member in use, so a recording is read only by a
 * build with the same structs: the header tells.  Pure: no I/O, no allocation. */
#ifndef CGWHA_AGENT_RECORDING_H
#define CGWHA_AGENT_RECORDING_H

#include <stddef.h>

#include "agent/engine.h"

#define RECORDING_VERSION 1

enum recording_kind {
    RECORDING_HEADER, /* begins a recording */
    RECORDING_STEP,
    RECORDING_NEW_OP, /* engine_new_op() was called, which is no step */
};

/* Every frame begins like this, at a multiple of 8 bytes. */
struct recording_frame {
    uint32_t size;                     /* of the whole frame, this included; a multiple of 8 */
    uint32_t kind;                     /* enum recording_kind */
    uint64_t ns;                       /* CLOCK_MONOTONIC */
    uint32_t event_size, effects_size; /* RECORDING_STEP: of what follows */
};

struct recording_header {
    struct recording_frame frame;
    char magic[8];
    uint32_t version, byte_order;
    uint32_t engine_size, event_size, effect_size;
    uint32_t pad;
    char agent[NAME_MAX_LEN]; /* its version */
    struct event start;       /* the EVENT_START of this run of the agent, for people */
    struct engine engine;     /* the state before the first entry */
};

#define RECORDING_EFFECTS_MAX (EFFECTS_MAX * (sizeof(struct effect) + 8))
#define RECORDING_FRAME_MAX                                                                        \
    (sizeof(struct recording_frame) + sizeof(struct event) + RECORDING_EFFECTS_MAX + 16)

/* The bytes of an event, of the effects, and of a whole frame. Each returns its length. */
size_t recording_event(const struct event *event, uint8_t out[sizeof(struct event)]);
size_t recording_effects(const struct effects *effects, uint8_t out[RECORDING_EFFECTS_MAX]);
size_t recording_step(uint64_t ns, const struct event *event, const struct effects *effects,
                      uint8_t out[RECORDING_FRAME_MAX]);
size_t recording_new_op(uint64_t ns, uint8_t out[RECORDING_FRAME_MAX]);
void recording_begin(uint64_t ns, const struct engine *engine, const struct event *start,
                     struct recording_header *out);

/* Reads a header. False with a sentence in err: not ours, cut short, or of another build. */
bool recording_read_header(const uint8_t *bytes, size_t size, struct recording_header *out,
                           char err[ERR_MAX]);
/* Reads the frame at bytes, with its event, and where its effects lie. False if it is cut short
 * (the agent was killed while it wrote) or makes no sense. */
bool recording_read(const uint8_t *bytes, size_t size, struct recording_frame *frame,
                    struct event *event, const uint8_t **effects);

#endif
