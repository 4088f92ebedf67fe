/* The wire format: one walk over the fields of each message type, used both ways, so that what is
 * written and what is accepted cannot differ.  Pure: no I/O, no allocation, never trusts a byte.
 *
 * All numbers are big-endian.  Header, 36 bytes: magic u32, version u8, type u8, flags u16 (zero),
 * total length u32, view u64, incarnation u64, seq u64.  The body follows; its fields stand in the
 * order of the walks below.  A string is a length in one byte and so many bytes of UTF-8.  There is
 * no checksum: corosync authenticates what it carries. */
#include "cluster/wire.h"

#include <stdio.h>
#include <string.h>

#define HEADER_SIZE  36u
#define TEXT_SIZE(n) (n) /* a length byte and at most n - 1 bytes */
#define INFO_SIZE                                                                                  \
    (8u + 1u + 1u + TUNNELS_MAX * (TEXT_SIZE(NAME_MAX_LEN) + 1u + 1u + 8u + 3u * 4u + 2u * 8u) +   \
     LANS_MAX * (TEXT_SIZE(NAME_MAX_LEN) + 1u + 4u) + TEXT_SIZE(NAME_MAX_LEN) +                    \
     TEXT_SIZE(USER_LEN) + TEXT_SIZE(WHY_LEN))
#define ASK_SIZE (8u + 4u + 1u + 1u + 2u + TEXT_SIZE(USER_LEN) + TEXT_SIZE(WHY_LEN))

static_assert(HEADER_SIZE + INFO_SIZE <= MESSAGE_MAX, "the fullest INFO fits into a message");
static_assert(HEADER_SIZE + ASK_SIZE <= MESSAGE_MAX, "the longest ASK fits into a message");
static_assert(NAME_MAX_LEN <= 256 && USER_LEN <= 256 && WHY_LEN <= 256,
              "the length of a string is one byte");

/* A walk over the bytes, writing or reading.  After the first error nothing moves any more. */
struct walk {
    bool writing;
    uint8_t *out;
    const uint8_t *in;
    size_t size, at;
    char *err; /* empty while all is well */
};

static bool failed(const struct walk *w)
{
    return w->err[0] != '\0';
}

static void refuse(struct walk *w, const char *field, unsigned long long value)
{
    if (!failed(w))
        snprintf(w->err, ERR_MAX, "field %s holds %llu, which is out of range", field, value);
}

static bool room(struct walk *w, size_t bytes, const char *field)
{
    if (failed(w))
        return false;
    if (w->size - w->at >= bytes)
        return true;
    snprintf(w->err, ERR_MAX, "the message ends inside field %s", field);
    return false;
}

/* The bytes of one number, most significant first. */
static uint64_t number(struct walk *w, uint64_t value, size_t bytes, const char *field)
{
    uint64_t read = 0;

    if (!room(w, bytes, field))
        return 0;
    for (size_t i = 0; i < bytes; i++, w->at++) {
        if (w->writing)
            w->out[w->at] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
        else
            read = read << 8 | w->in[w->at];
    }
    return w->writing ? value : read;
}

static void u64(struct walk *w, uint64_t *v, const char *field)
{
    *v = number(w, *v, 8, field);
}

static void u64_not_0(struct walk *w, uint64_t *v, const char *field)
{
    u64(w, v, field);
    if (*v == 0)
        refuse(w, field, 0);
}

static void u32(struct walk *w, uint32_t *v, const char *field)
{
    *v = (uint32_t)number(w, *v, 4, field);
}

static void u16(struct walk *w, uint16_t *v, const char *field)
{
    *v = (uint16_t)number(w, *v, 2, field);
}

static void u8(struct walk *w, uint8_t *v, const char *field)
{
    *v = (uint8_t)number(w, *v, 1, field);
}

/* An entry of a closed list, or a count: less than limit. */
static void below(struct walk *w, uint8_t *v, unsigned limit, const char *field)
{
    u8(w, v, field);
    if (*v >= limit)
        refuse(w, field, *v);
}

/* Bits, of which only some have a meaning. */
static void bits(struct walk *w, uint8_t *v, unsigned allowed, const char *field)
{
    u8(w, v, field);
    if ((*v & ~allowed) != 0)
        refuse(w, field, *v);
}

/* How many bytes the UTF-8 character at s takes; 0 if there is none, or one that a terminal obeys
 * (C0, DEL, C1). RFC 3629 section 4: no overlong form, no surrogate, nothing above U+10FFFF. */
static size_t character(const uint8_t *s, size_t left)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t bytes = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
    uint32_t code = bytes == 1 ? s[0] : s[0] & (0x7fu >> bytes);

    if (bytes == 0 || s[0] > 0xf4 || bytes > left)
        return 0;
    for (size_t i = 1; i < bytes; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (s[i] & 0x3fu);
    }
    if (code < least[bytes] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return 0;
    if (code < 0x20 || (code >= 0x7f && code < 0xa0))
        return 0;
    return bytes;
}

static bool printable(const uint8_t *s, size_t length)
{
    for (size_t at = 0, step; at < length; at += step) {
        step = character(s + at, length - at);
        if (step == 0)
            return false;
    }
    return true;
}

/* A string of a field with size bytes, its NUL among them. */
static void text(struct walk *w, char *v, size_t size, const char *field)
{
    size_t length = w->writing ? strnlen(v, size) : 0;

    if (w->writing && length >= size) {
        refuse(w, field, length);
        return;
    }
    length = (size_t)number(w, length, 1, field);
    if (length >= size)
        refuse(w, field, length);
    if (!room(w, length, field))
        return;
    if (w->writing)
        memcpy(w->out + w->at, v, length);
    else
        memcpy(v, w->in + w->at, length);
    w->at += length;
    if (!printable((const uint8_t *)v, length))
        snprintf(w->err, ERR_MAX, "field %s is not UTF-8 text without control characters", field);
}

/* A bit for each of so many tunnels. */
static unsigned tunnel_bits(unsigned tunnels)
{
    return tunnels <= TUNNELS_MAX ? (1u << tunnels) - 1u : 0;
}

static void walk_record(struct walk *w, struct record *r)
{
    u64(w, &r->covers, "covers");
    u64_not_0(w, &r->digest, "digest");
    u64(w, &r->op, "op");
    below(w, &r->phase, PHASES, "phase");
    below(w, &r->level, LEVELS, "level");
    below(w, &r->target, LEVELS, "target");
    below(w, &r->intent, INTENTS, "intent");
    bits(w, &r->sick, SICKS, "sick");
    below(w, &r->reason, REASONS, "reason");
    below(w, &r->tunnels, TUNNELS_MAX + 1, "tunnels");
    bits(w, &r->tunnels_up, tunnel_bits(r->tunnels), "tunnels_up");
    bits(w, &r->sessions_up, tunnel_bits(r->tunnels), "sessions_up");
}

static void walk_ask(struct walk *w, struct message *m)
{
    u64(w, &m->ask.op, "op");
    u32(w, &m->ask.target, "target");
    below(w, &m->ask.kind, ASKS, "kind");
    if (m->ask.target == 0 && m->ask.kind != ASK_ABORT)
        refuse(w, "target", 0);
    bits(w, &m->ask.flags, ASK_FLAGS, "flags");
    u16(w, &m->ask.timeout_s, "timeout_s");
    text(w, m->ask.user, sizeof(m->ask.user), "user");
    text(w, m->ask.why, sizeof(m->ask.why), "why");
}

static void walk_end(struct walk *w, struct message *m)
{
    u64(w, &m->end.op, "op");
    u64(w, &m->end.prefixes, "prefixes");
    u32(w, &m->end.node, "node");
    u64(w, &m->end.holder, "holder");
    below(w, &m->end.result, RESULTS, "result");
    if (m->type == MESSAGE_REFUSE && m->end.result != RESULT_REFUSED)
        refuse(w, "result", m->end.result);
    below(w, &m->end.reason, REASONS, "reason");
    below(w, &m->end.phase, PHASES, "phase");
    bits(w, &m->end.tunnels, tunnel_bits(TUNNELS_MAX), "tunnels");
    bits(w, &m->end.sessions, tunnel_bits(TUNNELS_MAX), "sessions");
    u32(w, &m->end.target, "target");
}

static void walk_info_tunnel(struct walk *w, struct info_tunnel *t)
{
    text(w, t->name, sizeof(t->name), "tunnel name");
    below(w, &t->sa_up, 2, "sa_up");
    below(w, &t->session_up, 2, "session_up");
    u64(w, &t->exported, "exported");
    u32(w, &t->routes_in, "routes_in");
    u32(w, &t->in_pps, "in_pps");
    u32(w, &t->out_pps, "out_pps");
    u64(w, &t->in_bps, "in_bps");
    u64(w, &t->out_bps, "out_bps");
}

static void walk_info(struct walk *w, struct info *info)
{
    u64(w, &info->since, "since");
    below(w, &info->tunnels, TUNNELS_MAX + 1, "tunnels");
    below(w, &info->lans, LANS_MAX + 1, "lans");
    for (unsigned i = 0; i < info->tunnels && !failed(w); i++)
        walk_info_tunnel(w, &info->tunnel[i]);
    for (unsigned i = 0; i < info->lans && !failed(w); i++) {
        text(w, info->lan[i].name, sizeof(info->lan[i].name), "LAN name");
        below(w, &info->lan[i].session_up, 2, "LAN session_up");
        u32(w, &info->lan[i].routes_out, "routes_out");
    }
    text(w, info->version, sizeof(info->version), "version");
    text(w, info->user, sizeof(info->user), "user");
    text(w, info->why, sizeof(info->why), "why");
}

static void walk_body(struct walk *w, struct message *m)
{
    switch ((enum message_type)m->type) {
    case MESSAGE_RECORD:
        walk_record(w, &m->record);
        break;
    case MESSAGE_ASK:
        walk_ask(w, m);
        break;
    case MESSAGE_REQUEST:
        u64_not_0(w, &m->request.op, "op");
        bits(w, &m->request.flags, ASK_FLAGS, "flags");
        break;
    case MESSAGE_GUARD:
        u64_not_0(w, &m->guard.op, "op");
        u64(w, &m->guard.covers, "covers");
        break;
    case MESSAGE_REFUSE:
    case MESSAGE_END:
        walk_end(w, m);
        break;
    case MESSAGE_INFO:
        walk_info(w, &m->info);
        break;
    case MESSAGES:
        break;
    }
}

/* The header up to the type, where an agent of another release is told from rubbish. */
static void walk_version(struct walk *w)
{
    uint32_t magic = WIRE_MAGIC;
    uint8_t version = WIRE_VERSION;

    u32(w, &magic, "magic");
    if (!failed(w) && magic != WIRE_MAGIC)
        snprintf(w->err, ERR_MAX, "this is no message of a cgwha agent (it begins with 0x%08x)",
                 magic);
    u8(w, &version, "version");
    if (!failed(w) && version != WIRE_VERSION)
        snprintf(w->err, ERR_MAX,
                 "the other agent speaks version %u of the wire format, this one version %u: "
                 "upgrade both agents to the same release",
                 version, WIRE_VERSION);
}

static void walk_header(struct walk *w, struct wire_header *header, struct message *m,
                        uint32_t *length)
{
    uint16_t flags = 0;

    walk_version(w);
    below(w, &m->type, MESSAGES, "type");
    u16(w, &flags, "flags");
    if (flags != 0)
        refuse(w, "flags", flags);
    u32(w, length, "length");
    u64_not_0(w, &header->view, "view");
    u64_not_0(w, &header->incarnation, "incarnation");
    u64_not_0(w, &header->seq, "seq");
}

size_t wire_encode(const struct wire_header *header, const struct message *message,
                   uint8_t out[MESSAGE_MAX])
{
    char err[ERR_MAX] = "";
    struct walk w = {.writing = true, .out = out, .size = MESSAGE_MAX, .err = err};
    struct wire_header h = *header;
    struct message m = *message;
    uint32_t length = 0;

    walk_header(&w, &h, &m, &length);
    walk_body(&w, &m);
    if (failed(&w))
        return 0;
    /* The length is known now: the header once more, over itself. */
    size_t size = w.at;
    length = (uint32_t)size;
    w.at = 0;
    walk_header(&w, &h, &m, &length);
    return size;
}

bool wire_decode(const uint8_t *data, size_t size, struct wire_header *header,
                 struct message *message, char err[ERR_MAX])
{
    struct walk w = {.in = data, .size = size, .err = err};
    uint32_t length = 0;

    err[0] = '\0';
    memset(header, 0, sizeof(*header));
    memset(message, 0, sizeof(*message));
    walk_header(&w, header, message, &length);
    if (!failed(&w) && length != size)
        snprintf(err, ERR_MAX, "the message says it has %u bytes, but %zu came", length, size);
    walk_body(&w, message);
    if (!failed(&w) && w.at != size)
        snprintf(err, ERR_MAX, "%zu bytes follow the end of the message", size - w.at);
    return !failed(&w);
}
