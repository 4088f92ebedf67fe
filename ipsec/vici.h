/* The VICI wire format (strongSwan, src/libcharon/plugins/vici/README.md): frames, packets, and
 * messages of sections, key/values and lists.
 *
 * Pure: bytes in, structs out; no I/O, no allocation, no pointer kept beyond the caller's bytes.
 * What does not follow the format exactly is refused, never repaired. Names and values are bytes
 * with a length and may hold anything; compare them with vici_is(). */
#ifndef CGWHA_IPSEC_VICI_H
#define CGWHA_IPSEC_VICI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/limits.h"

#define VICI_HEADER     4            /* a frame's length, big endian, not counting itself */
#define VICI_PACKET_MAX (512 * 1024) /* README, "Transport protocol" */
#define VICI_DEPTH_MAX  16           /* sections within sections; charon's deepest is 4 */

enum vici_type {
    VICI_CMD_REQUEST = 0,
    VICI_CMD_RESPONSE = 1,
    VICI_CMD_UNKNOWN = 2,
    VICI_EVENT_REGISTER = 3,
    VICI_EVENT_UNREGISTER = 4,
    VICI_EVENT_CONFIRM = 5,
    VICI_EVENT_UNKNOWN = 6,
    VICI_EVENT = 7,
};

/* A name or a value: bytes of the packet, no NUL behind them. */
struct vici_text {
    const uint8_t *at;
    size_t len;
};

bool vici_is(struct vici_text text, const char *word);

/* Copies as a string, what is not printable ASCII as '?', cut to fit. Returns out. */
const char *vici_copy(struct vici_text text, char *out, size_t size);

/* A decimal number, nothing before or behind it; false if it is not, or does not fit. */
bool vici_u64(struct vici_text text, uint64_t *out);
bool vici_i64(struct vici_text text, int64_t *out);

/* The length of the packet behind a frame's header, or 0 if no packet may be so long or so short.
 */
size_t vici_frame(const uint8_t header[VICI_HEADER]);

struct vici_packet {
    enum vici_type type;
    struct vici_text name; /* of requests, registrations and events; empty otherwise */
    struct vici_text body; /* a message, checked; empty where the type has none */
};

/* One packet without its frame header. True means the message inside is well-formed to its end. */
bool vici_packet_parse(const uint8_t *bytes, size_t len, struct vici_packet *out,
                       char err[ERR_MAX]);

/* Elements carry their numbers on the wire. */
enum vici_element {
    VICI_END = 0, /* of the message; not on the wire */
    VICI_SECTION_START = 1,
    VICI_SECTION_END = 2,
    VICI_KEY_VALUE = 3,
    VICI_LIST_START = 4,
    VICI_LIST_ITEM = 5,
    VICI_LIST_END = 6,
    VICI_BAD = 7, /* malformed; not on the wire */
};

/* Walks a message. */
struct vici_cursor {
    const uint8_t *at, *end;
    unsigned depth;         /* open sections */
    bool in_list;           /* inside a list; lists do not nest */
    struct vici_text name;  /* of the element just read: section, key or list */
    struct vici_text value; /* of a key or a list item */
    const char *bad;        /* after VICI_BAD: what is wrong */
};

struct vici_cursor vici_cursor(struct vici_text message);

/* The next element; after VICI_END or VICI_BAD the same again. VICI_END is only given when every
 * section and list is closed and no byte is left. */
enum vici_element vici_next(struct vici_cursor *cursor);

/* After VICI_SECTION_START: goes behind the end of that section. False if malformed. */
bool vici_skip(struct vici_cursor *cursor);

/* The value of a top-level key; false if the message has no such key. */
bool vici_find(struct vici_text message, const char *key, struct vici_text *value);

/* Writes one frame into a bounded buffer. A step that does not fit or breaks the format makes
 * vici_finish return 0; the steps need no checks of their own. */
struct vici_writer {
    uint8_t *bytes;
    size_t size, len;
    unsigned depth;
    bool in_list, failed;
};

/* name is ignored where the type has none. */
void vici_start(struct vici_writer *w, uint8_t *bytes, size_t size, enum vici_type type,
                const char *name);
void vici_put(struct vici_writer *w, const char *key, const char *value);
void vici_put_int(struct vici_writer *w, const char *key, int64_t value);
void vici_open(struct vici_writer *w, const char *section);
void vici_close(struct vici_writer *w);
void vici_list(struct vici_writer *w, const char *name);
void vici_item(struct vici_writer *w, const char *value);
void vici_list_close(struct vici_writer *w);
/* The frame's length with its header; 0 if any step failed or something is still open. */
size_t vici_finish(struct vici_writer *w);

#endif
