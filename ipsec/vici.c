/* The VICI wire format. Pure: bytes in, structs out. It must never read beyond the bytes given,
 * and never accept what the format does not allow: it reads from a socket, and is fuzzed. */
#include "ipsec/vici.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool vici_is(struct vici_text text, const char *word)
{
    size_t len = strlen(word);
    return text.len == len && (len == 0 || memcmp(text.at, word, len) == 0);
}

const char *vici_copy(struct vici_text text, char *out, size_t size)
{
    size_t len = text.len < size ? text.len : size - 1;
    for (size_t i = 0; i < len; i++)
        out[i] = text.at[i] >= 0x20 && text.at[i] < 0x7f ? (char)text.at[i] : '?';
    out[len] = '\0';
    return out;
}

bool vici_u64(struct vici_text text, uint64_t *out)
{
    uint64_t n = 0;

    if (text.len == 0)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = (unsigned)text.at[i] - '0';
        if (digit > 9 || n > (UINT64_MAX - digit) / 10)
            return false;
        n = n * 10 + digit;
    }
    *out = n;
    return true;
}

bool vici_i64(struct vici_text text, int64_t *out)
{
    bool negative = text.len > 0 && text.at[0] == '-';
    uint64_t n;

    if (negative) {
        text.at++;
        text.len--;
    }
    if (!vici_u64(text, &n) || n > INT64_MAX)
        return false;
    *out = negative ? -(int64_t)n : (int64_t)n;
    return true;
}

size_t vici_frame(const uint8_t header[VICI_HEADER])
{
    size_t len = (size_t)header[0] << 24 | (size_t)header[1] << 16 | (size_t)header[2] << 8 |
                 (size_t)header[3];
    return len <= VICI_PACKET_MAX ? len : 0;
}

/* Takes a text with a length of `width` bytes before it. */
static bool take_text(struct vici_cursor *c, unsigned width, struct vici_text *out)
{
    size_t left = (size_t)(c->end - c->at), len;

    if (left < width)
        return false;
    len = width == 1 ? c->at[0] : (size_t)c->at[0] << 8 | c->at[1];
    if (left - width < len)
        return false;
    out->at = c->at + width;
    out->len = len;
    c->at += width + len;
    return true;
}

struct vici_cursor vici_cursor(struct vici_text message)
{
    const uint8_t *end_of = message.len > 0 ? message.at + message.len : message.at;
    return (struct vici_cursor){.at = message.at, .end = end_of};
}

static enum vici_element bad(struct vici_cursor *c, const char *why)
{
    if (c->bad == NULL)
        c->bad = why;
    return VICI_BAD;
}

static enum vici_element end(struct vici_cursor *c)
{
    if (c->in_list)
        return bad(c, "a list is not closed");
    if (c->depth > 0)
        return bad(c, "a section is not closed");
    return VICI_END;
}

/* What may stand where: inside a list only items and its end, outside never those. */
static bool in_place(const struct vici_cursor *c, enum vici_element e)
{
    bool of_list = e == VICI_LIST_ITEM || e == VICI_LIST_END;
    if (of_list != c->in_list)
        return false;
    if (e == VICI_SECTION_START)
        return c->depth < VICI_DEPTH_MAX;
    return e != VICI_SECTION_END || c->depth > 0;
}

enum vici_element vici_next(struct vici_cursor *c)
{
    enum vici_element e;

    if (c->bad != NULL)
        return VICI_BAD;
    if (c->at == c->end)
        return end(c);
    if (*c->at < VICI_SECTION_START || *c->at > VICI_LIST_END)
        return bad(c, "an element of unknown type");
    e = (enum vici_element) * c->at++;
    if (!in_place(c, e))
        return bad(c, "an element where it may not stand");
    if (e == VICI_SECTION_START || e == VICI_KEY_VALUE || e == VICI_LIST_START) {
        if (!take_text(c, 1, &c->name))
            return bad(c, "a name runs over the end");
    }
    if (e == VICI_KEY_VALUE || e == VICI_LIST_ITEM) {
        if (!take_text(c, 2, &c->value))
            return bad(c, "a value runs over the end");
    }
    if (e == VICI_SECTION_START)
        c->depth++;
    if (e == VICI_SECTION_END)
        c->depth--;
    if (e == VICI_LIST_START || e == VICI_LIST_END)
        c->in_list = e == VICI_LIST_START;
    return e;
}

bool vici_skip(struct vici_cursor *c)
{
    unsigned outside = c->depth - 1;

    while (c->depth > outside) {
        enum vici_element e = vici_next(c);
        if (e == VICI_END || e == VICI_BAD)
            return false;
    }
    return true;
}

bool vici_find(struct vici_text message, const char *key, struct vici_text *value)
{
    struct vici_cursor c = vici_cursor(message);
    enum vici_element e;

    while ((e = vici_next(&c)) != VICI_END && e != VICI_BAD) {
        if (e == VICI_KEY_VALUE && c.depth == 0 && vici_is(c.name, key)) {
            *value = c.value;
            return true;
        }
    }
    return false;
}

static bool has_name(enum vici_type type)
{
    return type == VICI_CMD_REQUEST || type == VICI_EVENT_REGISTER ||
           type == VICI_EVENT_UNREGISTER || type == VICI_EVENT;
}

static bool has_message(enum vici_type type)
{
    return type == VICI_CMD_REQUEST || type == VICI_CMD_RESPONSE || type == VICI_EVENT;
}

static bool refuse(char err[ERR_MAX], const char *why)
{
    snprintf(err, ERR_MAX, "not a VICI packet: %s", why);
    return false;
}

bool vici_packet_parse(const uint8_t *bytes, size_t len, struct vici_packet *out, char err[ERR_MAX])
{
    struct vici_cursor c = {.at = bytes, .end = bytes + len};
    struct vici_packet p = {0};
    enum vici_element e;

    if (len == 0 || len > VICI_PACKET_MAX)
        return refuse(err, "empty or longer than 512 KiB");
    if (*c.at > VICI_EVENT)
        return refuse(err, "a packet of unknown type");
    p.type = (enum vici_type) * c.at++;
    if (has_name(p.type) && !take_text(&c, 1, &p.name))
        return refuse(err, "its name runs over the end");
    p.body = (struct vici_text){.at = c.at, .len = (size_t)(c.end - c.at)};
    if (!has_message(p.type) && p.body.len > 0)
        return refuse(err, "bytes behind its end");
    do {
        e = vici_next(&c);
    } while (e != VICI_END && e != VICI_BAD);
    if (e == VICI_BAD)
        return refuse(err, c.bad);
    *out = p;
    return true;
}

static void write_bytes(struct vici_writer *w, const void *bytes, size_t len)
{
    if (w->failed || len > w->size - w->len) {
        w->failed = true;
        return;
    }
    memcpy(w->bytes + w->len, bytes, len);
    w->len += len;
}

static void write_byte(struct vici_writer *w, unsigned byte)
{
    uint8_t b = (uint8_t)byte;
    write_bytes(w, &b, 1);
}

static void write_text(struct vici_writer *w, unsigned width, const char *text)
{
    size_t len = strlen(text);

    if (len > (width == 1 ? UINT8_MAX : UINT16_MAX)) {
        w->failed = true;
        return;
    }
    if (width == 2)
        write_byte(w, (unsigned)(len >> 8));
    write_byte(w, (unsigned)(len & 0xff));
    write_bytes(w, text, len);
}

/* Begins an element that stands inside a list, or one that does not. */
static void write_element(struct vici_writer *w, enum vici_element e, bool of_list)
{
    if (w->in_list != of_list)
        w->failed = true;
    write_byte(w, e);
}

void vici_start(struct vici_writer *w, uint8_t *bytes, size_t size, enum vici_type type,
                const char *name)
{
    *w = (struct vici_writer){.bytes = bytes, .size = size};
    write_bytes(w, (const uint8_t[VICI_HEADER]){0}, VICI_HEADER);
    write_byte(w, type);
    if (has_name(type))
        write_text(w, 1, name);
}

void vici_put(struct vici_writer *w, const char *key, const char *value)
{
    write_element(w, VICI_KEY_VALUE, false);
    write_text(w, 1, key);
    write_text(w, 2, value);
}

void vici_put_int(struct vici_writer *w, const char *key, int64_t value)
{
    char text[24];
    snprintf(text, sizeof(text), "%" PRId64, value);
    vici_put(w, key, text);
}

void vici_open(struct vici_writer *w, const char *section)
{
    write_element(w, VICI_SECTION_START, false);
    write_text(w, 1, section);
    if (++w->depth > VICI_DEPTH_MAX)
        w->failed = true;
}

void vici_close(struct vici_writer *w)
{
    write_element(w, VICI_SECTION_END, false);
    if (w->depth == 0)
        w->failed = true;
    else
        w->depth--;
}

void vici_list(struct vici_writer *w, const char *name)
{
    write_element(w, VICI_LIST_START, false);
    write_text(w, 1, name);
    w->in_list = true;
}

void vici_item(struct vici_writer *w, const char *value)
{
    write_element(w, VICI_LIST_ITEM, true);
    write_text(w, 2, value);
}

void vici_list_close(struct vici_writer *w)
{
    write_element(w, VICI_LIST_END, true);
    w->in_list = false;
}

size_t vici_finish(struct vici_writer *w)
{
    size_t len = w->len - VICI_HEADER;

    if (w->failed || w->depth > 0 || w->in_list || len > VICI_PACKET_MAX)
        return 0;
    for (unsigned i = 0; i < VICI_HEADER; i++)
        w->bytes[i] = (uint8_t)(len >> (8 * (VICI_HEADER - 1 - i)));
    return w->len;
}
