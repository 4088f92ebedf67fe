/* The wire format: its bytes, what it refuses, and that both ways agree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cluster/wire.h"

#define HEADER 36
#define ROUNDS 20000

static const struct wire_header header = {0x1122334455667788u, 0xa1a2a3a4a5a6a7a8u, 5};

/* ---- one sample of each type, every field another value ---- */

static struct message sample(enum message_type type)
{
    struct message m;

    memset(&m, 0, sizeof(m));
    m.type = (uint8_t)type;
    switch (type) {
    case MESSAGE_RECORD:
        m.record = (struct record){
            .covers = 0x0102030405060708u,
            .digest = 0x1112131415161718u,
            .op = OP(2, 9),
            .phase = PHASE_SETTLING,
            .level = LEVEL_LOW,
            .target = LEVEL_HIGH,
            .intent = INTENT_MAINTENANCE,
            .sick = SICK_IPSEC,
            .reason = REASON_OPERATOR,
            .tunnels = 4,
            .tunnels_up = 0x0b,
            .sessions_up = 0x05,
        };
        break;
    case MESSAGE_ASK:
        m.ask.op = OP(1, 3);
        m.ask.target = 2;
        m.ask.kind = ASK_UNDRAIN;
        m.ask.flags = ASK_FLAG_DRY_RUN;
        m.ask.timeout_s = 600;
        strcpy(m.ask.user, "ada");
        strcpy(m.ask.why, "Gr\xc3\xbc\xc3\x9f"
                          "e");
        break;
    case MESSAGE_REQUEST:
        m.request.op = OP(1, 4);
        m.request.flags = ASK_FLAG_FORCE;
        break;
    case MESSAGE_GUARD:
        m.guard.op = OP(1, 4);
        m.guard.covers = 0x80000000000000ffu;
        break;
    case MESSAGE_REFUSE:
    case MESSAGE_END:
        m.end.op = OP(1, 4);
        m.end.prefixes = 0x0f;
        m.end.node = 2;
        m.end.holder = OP(2, 7);
        m.end.result = type == MESSAGE_REFUSE ? RESULT_REFUSED : RESULT_TIMED_OUT;
        m.end.reason = REASON_LOCK_HELD;
        m.end.phase = PHASE_GUARDING;
        m.end.tunnels = 0x81;
        m.end.sessions = 0x42;
        m.end.target = 1;
        break;
    case MESSAGE_INFO:
        m.info.since = 0x66554433;
        m.info.tunnels = 1;
        m.info.lans = 2;
        strcpy(m.info.tunnel[0].name, "tun11");
        m.info.tunnel[0].sa_up = 1;
        m.info.tunnel[0].exported = 3;
        m.info.tunnel[0].routes_in = 40;
        m.info.tunnel[0].in_pps = 41;
        m.info.tunnel[0].out_pps = 42;
        m.info.tunnel[0].in_bps = 43;
        m.info.tunnel[0].out_bps = 44;
        strcpy(m.info.lan[0].name, "lan");
        m.info.lan[0].session_up = 1;
        m.info.lan[0].routes_out = 7;
        strcpy(m.info.version, "0.1.0");
        strcpy(m.info.user, "ann");
        strcpy(m.info.why, "disk");
        break;
    case MESSAGES:
        break;
    }
    return m;
}

static void print_hex(const uint8_t *bytes, size_t n, char *out)
{
    for (size_t i = 0; i < n; i++)
        snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

/* If one of these changes, WIRE_VERSION must change too: the other agent may be of the release
 * before. */
static void golden_bytes(void **state)
{
    static const char *const body[MESSAGES] = {
        [MESSAGE_RECORD] = "01020304050607081112131415161718000000020000000905010301021a040b"
                           "05",
        [MESSAGE_ASK] = "0000000100000003000000020102025803616461074772c3bcc39f65",
        [MESSAGE_REQUEST] = "000000010000000401",
        [MESSAGE_GUARD] = "000000010000000480000000000000ff",
        [MESSAGE_REFUSE] = "0000000100000004000000000000000f00000002000000020000000701030381"
                           "4200000001",
        [MESSAGE_END] = "0000000100000004000000000000000f00000002000000020000000703030381"
                        "4200000001",
        [MESSAGE_INFO] = "000000006655443301020574756e313101000000000000000003000000280000"
                         "00290000002a000000000000002b000000000000002c036c616e010000000700"
                         "000000000005302e312e3003616e6e046469736b",
    };
    (void)state;
    for (unsigned type = 0; type < MESSAGES; type++) {
        struct message m = sample(type);
        uint8_t out[MESSAGE_MAX];
        char hex[2 * MESSAGE_MAX + 1], expected[2 * MESSAGE_MAX + 1];
        size_t size = wire_encode(&header, &m, out);

        assert_true(size > HEADER);
        print_hex(out, size, hex);
        snprintf(expected, sizeof(expected),
                 "4347574801%02x0000%08x1122334455667788a1a2a3a4a5a6a7a80000000000000005%s", type,
                 (unsigned)(HEADER + strlen(body[type]) / 2), body[type]);
        assert_string_equal(hex, expected);
    }
}

static size_t encoded(enum message_type type, uint8_t out[MESSAGE_MAX])
{
    struct message m = sample(type);
    size_t size = wire_encode(&header, &m, out);
    assert_true(size > HEADER);
    return size;
}

static void set_length(uint8_t *bytes, size_t size)
{
    bytes[8] = bytes[9] = 0;
    bytes[10] = (uint8_t)(size >> 8);
    bytes[11] = (uint8_t)size;
}

/* Decodes a copy of exactly that size, so that a sanitizer sees a step too far. */
static bool decodes(const uint8_t *bytes, size_t size, char err[ERR_MAX])
{
    struct wire_header h;
    struct message m;
    uint8_t *exact = malloc(size > 0 ? size : 1);

    assert_non_null(exact);
    memcpy(exact, bytes, size);
    bool ok = wire_decode(exact, size, &h, &m, err);
    free(exact);
    assert_int_equal(ok, err[0] == '\0');
    return ok;
}

static void both_ways_agree(void **state)
{
    (void)state;
    for (unsigned type = 0; type < MESSAGES; type++) {
        struct message m = sample(type), back;
        struct wire_header h;
        uint8_t bytes[MESSAGE_MAX], again[MESSAGE_MAX];
        char err[ERR_MAX];

        m.from = 77; /* not on the wire */
        size_t size = wire_encode(&header, &m, bytes);
        assert_true(wire_decode(bytes, size, &h, &back, err));
        assert_int_equal(back.from, 0);
        assert_int_equal(back.type, type);
        assert_memory_equal(&h, &header, sizeof(h));
        assert_int_equal(wire_encode(&h, &back, again), size);
        assert_memory_equal(again, bytes, size);
    }
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    for (unsigned type = 0; type < MESSAGES; type++) {
        uint8_t bytes[MESSAGE_MAX];
        char err[ERR_MAX];
        size_t size = encoded(type, bytes);

        for (size_t n = 0; n < size; n++) {
            uint8_t honest[MESSAGE_MAX];
            assert_false(decodes(bytes, n, err));
            memcpy(honest, bytes, size);
            if (n >= 12)
                set_length(honest, n);
            assert_false(decodes(honest, n, err));
        }
        assert_true(decodes(bytes, size, err));
    }
}

static void every_extension_is_refused(void **state)
{
    (void)state;
    for (unsigned type = 0; type < MESSAGES; type++) {
        uint8_t bytes[MESSAGE_MAX + 1] = {0};
        char err[ERR_MAX];
        size_t size = encoded(type, bytes);

        for (unsigned extra = 0; extra < 256; extra++) {
            bytes[size] = (uint8_t)extra;
            set_length(bytes, size);
            assert_false(decodes(bytes, size + 1, err));
            set_length(bytes, size + 1);
            assert_false(decodes(bytes, size + 1, err));
            assert_string_equal(err, "1 bytes follow the end of the message");
        }
    }
}

/* ---- fields out of range, coming in ---- */

static void bytes_out_of_range_are_refused(void **state)
{
    static const struct {
        enum message_type type;
        unsigned at; /* in the body */
        uint8_t byte;
        const char *field;
    } bad[] = {
        {MESSAGE_RECORD, 24, PHASES, "phase"},
        {MESSAGE_RECORD, 25, LEVELS, "level"},
        {MESSAGE_RECORD, 26, LEVELS, "target"},
        {MESSAGE_RECORD, 27, INTENTS, "intent"},
        {MESSAGE_RECORD, 28, SICKS + 1, "sick"},
        {MESSAGE_RECORD, 29, REASONS, "reason"},
        {MESSAGE_RECORD, 30, TUNNELS_MAX + 1, "tunnels"},
        {MESSAGE_RECORD, 31, 0x10, "tunnels_up"},
        {MESSAGE_RECORD, 32, 0x10, "sessions_up"},
        {MESSAGE_ASK, 12, ASKS, "kind"},
        {MESSAGE_ASK, 13, ASK_FLAGS + 1, "flags"},
        {MESSAGE_ASK, 16, USER_LEN, "user"},
        {MESSAGE_ASK, 17, '\0', "user"},
        {MESSAGE_ASK, 17, '\033', "user"},
        {MESSAGE_ASK, 20, WHY_LEN, "why"},
        {MESSAGE_ASK, 24, 'x', "why"},
        {MESSAGE_REQUEST, 8, ASK_FLAGS + 1, "flags"},
        {MESSAGE_REFUSE, 28, RESULT_DONE, "result"},
        {MESSAGE_REFUSE, 28, RESULTS, "result"},
        {MESSAGE_END, 28, RESULTS, "result"},
        {MESSAGE_END, 29, REASONS, "reason"},
        {MESSAGE_END, 30, PHASES, "phase"},
        {MESSAGE_INFO, 8, TUNNELS_MAX + 1, "tunnels"},
        {MESSAGE_INFO, 9, LANS_MAX + 1, "lans"},
        {MESSAGE_INFO, 10, NAME_MAX_LEN, "tunnel name"},
        {MESSAGE_INFO, 16, 2, "sa_up"},
        {MESSAGE_INFO, 17, 2, "session_up"},
        {MESSAGE_INFO, 54, NAME_MAX_LEN, "LAN name"},
        {MESSAGE_INFO, 58, 2, "LAN session_up"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint8_t bytes[MESSAGE_MAX];
        char err[ERR_MAX], field[40];
        size_t size = encoded(bad[i].type, bytes);

        snprintf(field, sizeof(field), "field %s ", bad[i].field);
        assert_true(decodes(bytes, size, err));
        bytes[HEADER + bad[i].at] = bad[i].byte;
        assert_false(decodes(bytes, size, err));
        if (strstr(err, field) == NULL)
            fail_msg("case %zu: \"%s\" does not speak of %s", i, err, field);
    }
}

static void a_zero_that_means_nothing_is_refused(void **state)
{
    static const struct {
        enum message_type type;
        unsigned at, bytes; /* in the whole message */
        const char *field;
    } bad[] = {
        {MESSAGE_RECORD, HEADER + 8, 8, "field digest "},
        {MESSAGE_ASK, HEADER + 8, 4, "field target "},
        {MESSAGE_REQUEST, HEADER, 8, "field op "},
        {MESSAGE_GUARD, HEADER, 8, "field op "},
        {MESSAGE_INFO, 12, 8, "field view "},
        {MESSAGE_INFO, 20, 8, "field incarnation "},
        {MESSAGE_INFO, 28, 8, "field seq "},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint8_t bytes[MESSAGE_MAX];
        char err[ERR_MAX];
        size_t size = encoded(bad[i].type, bytes);

        memset(bytes + bad[i].at, 0, bad[i].bytes);
        assert_false(decodes(bytes, size, err));
        assert_non_null(strstr(err, bad[i].field));
    }
}

static void the_header_is_checked(void **state)
{
    uint8_t bytes[MESSAGE_MAX];
    char err[ERR_MAX];
    size_t size = encoded(MESSAGE_GUARD, bytes);
    (void)state;

    bytes[0] ^= 1;
    assert_false(decodes(bytes, size, err));
    assert_non_null(strstr(err, "no message of a cgwha agent"));
    bytes[0] ^= 1;
    bytes[5] = MESSAGES;
    assert_false(decodes(bytes, size, err));
    assert_string_equal(err, "field type holds 7, which is out of range");
    bytes[5] = MESSAGE_GUARD;
    bytes[7] = 1;
    assert_false(decodes(bytes, size, err));
    assert_string_equal(err, "field flags holds 1, which is out of range");
    bytes[7] = 0;
    set_length(bytes, size + 1);
    assert_false(decodes(bytes, size, err));
    assert_string_equal(err, "the message says it has 53 bytes, but 52 came");
}

/* Whatever else it holds, a message of another version is told by its first five bytes. */
static void another_version_is_named(void **state)
{
    static const uint8_t later[] = {'C', 'G', 'W', 'H', 2, 0xff};
    char err[ERR_MAX];
    (void)state;

    assert_false(decodes(later, sizeof(later), err));
    assert_string_equal(err,
                        "the other agent speaks version 2 of the wire format, this one version "
                        "1: upgrade both agents to the same release");
}

/* ---- fields out of range, going out ---- */

#define REFUSES_TO_SAY(type, assignment)                                                           \
    do {                                                                                           \
        struct message m = sample(type);                                                           \
        assert_true(wire_encode(&header, &m, out) > 0);                                            \
        assignment;                                                                                \
        assert_int_equal(wire_encode(&header, &m, out), 0);                                        \
    } while (0)

static void nothing_out_of_range_is_sent(void **state)
{
    uint8_t out[MESSAGE_MAX];
    (void)state;

    REFUSES_TO_SAY(MESSAGE_RECORD, m.type = MESSAGES);
    REFUSES_TO_SAY(MESSAGE_RECORD, m.record.digest = 0);
    REFUSES_TO_SAY(MESSAGE_RECORD, m.record.phase = PHASES);
    REFUSES_TO_SAY(MESSAGE_RECORD, m.record.level = LEVELS);
    REFUSES_TO_SAY(MESSAGE_RECORD, m.record.target = LEVELS);
    REFUSES_TO_SAY(MESSAGE_RECORD, m.record.intent = INTENTS);
    REFUSES_TO_SAY(MESSAGE_RECORD, m.record.sick = 0x80);
    REFUSES_TO_SAY(MESSAGE_RECORD, m.record.reason = REASONS);
    REFUSES_TO_SAY(MESSAGE_RECORD, m.record.tunnels = TUNNELS_MAX + 1);
    REFUSES_TO_SAY(MESSAGE_RECORD, m.record.tunnels_up = 0x10);
    REFUSES_TO_SAY(MESSAGE_RECORD, m.record.sessions_up = 0x80);
    REFUSES_TO_SAY(MESSAGE_ASK, m.ask.kind = ASKS);
    REFUSES_TO_SAY(MESSAGE_ASK, m.ask.flags = 0x80);
    REFUSES_TO_SAY(MESSAGE_ASK, m.ask.target = 0);
    REFUSES_TO_SAY(MESSAGE_ASK, memset(m.ask.user, 'a', USER_LEN));
    REFUSES_TO_SAY(MESSAGE_ASK, memset(m.ask.why, 'a', WHY_LEN));
    REFUSES_TO_SAY(MESSAGE_ASK, m.ask.why[0] = '\n');
    REFUSES_TO_SAY(MESSAGE_REQUEST, m.request.op = OP_NONE);
    REFUSES_TO_SAY(MESSAGE_REQUEST, m.request.flags = 0x80);
    REFUSES_TO_SAY(MESSAGE_GUARD, m.guard.op = OP_NONE);
    REFUSES_TO_SAY(MESSAGE_REFUSE, m.end.result = RESULT_DONE);
    REFUSES_TO_SAY(MESSAGE_END, m.end.result = RESULTS);
    REFUSES_TO_SAY(MESSAGE_END, m.end.reason = REASONS);
    REFUSES_TO_SAY(MESSAGE_END, m.end.phase = PHASES);
    REFUSES_TO_SAY(MESSAGE_INFO, m.info.tunnels = TUNNELS_MAX + 1);
    REFUSES_TO_SAY(MESSAGE_INFO, m.info.lans = LANS_MAX + 1);
    REFUSES_TO_SAY(MESSAGE_INFO, m.info.tunnel[0].sa_up = 2);
    REFUSES_TO_SAY(MESSAGE_INFO, m.info.tunnel[0].session_up = 2);
    REFUSES_TO_SAY(MESSAGE_INFO, m.info.lan[1].session_up = 2);
    REFUSES_TO_SAY(MESSAGE_INFO, m.info.version[0] = '\x7f');
}

static void nobody_in_particular_may_be_asked_to_abort(void **state)
{
    struct message m = sample(MESSAGE_ASK);
    uint8_t out[MESSAGE_MAX];
    (void)state;

    m.ask.kind = ASK_ABORT;
    m.ask.target = 0;
    assert_true(wire_encode(&header, &m, out) > 0);
}

/* ---- strings ---- */

static void only_printable_utf8_goes(void **state)
{
    static const char *const good[] = {
        "",
        "~",
        "\xc2\xa0",
        "\xdf\xbf",
        "\xe0\xa0\x80",
        "\xed\x9f\xbf",
        "\xee\x80\x80",
        "\xf0\x90\x80\x80",
        "\xf4\x8f\xbf\xbf",
        "\xe2\x82\xac 5",
    };
    static const char *const bad[] = {
        "\x01",
        "\x1f",
        "\x7f",
        "\xc2\x80",
        "\xc2\x9f",
        "\x80", /* controls */
        "\xc0\x80",
        "\xc1\xbf",
        "\xe0\x9f\xbf",
        "\xf0\x8f\xbf\xbf", /* overlong */
        "\xed\xa0\x80",
        "\xed\xbf\xbf", /* surrogates */
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xff", /* beyond Unicode */
        "\xc3",
        "\xe2\x82",
        "\xf0\x90\x80",
        "\xe2x\xac",
        "a\xc3z", /* cut short */
    };
    uint8_t out[MESSAGE_MAX];
    (void)state;

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct message m = sample(MESSAGE_ASK);
        strcpy(m.ask.why, good[i]);
        if (wire_encode(&header, &m, out) == 0)
            fail_msg("good text %zu is refused", i);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct message m = sample(MESSAGE_ASK);
        strcpy(m.ask.why, bad[i]);
        if (wire_encode(&header, &m, out) != 0)
            fail_msg("bad text %zu goes out", i);
        /* The same coming in: in place of the seven bytes of the sample's why. */
        char err[ERR_MAX];
        size_t size = encoded(MESSAGE_ASK, out), length = strlen(bad[i]);
        memcpy(out + HEADER + 21, bad[i], length);
        out[HEADER + 20] = (uint8_t)length;
        set_length(out, size - 7 + length);
        assert_false(decodes(out, size - 7 + length, err));
        assert_string_equal(err, "field why is not UTF-8 text without control characters");
    }
}

/* ---- everything at its largest, and at random ---- */

static void fill(char *s, size_t size)
{
    memset(s, 'w', size - 1);
}

static void the_fullest_info_fits(void **state)
{
    struct message m, back;
    struct wire_header h;
    uint8_t out[MESSAGE_MAX];
    char err[ERR_MAX];
    (void)state;

    memset(&m, 0, sizeof(m));
    m.type = MESSAGE_INFO;
    m.info.tunnels = TUNNELS_MAX;
    m.info.lans = LANS_MAX;
    for (unsigned i = 0; i < TUNNELS_MAX; i++)
        fill(m.info.tunnel[i].name, NAME_MAX_LEN);
    for (unsigned i = 0; i < LANS_MAX; i++)
        fill(m.info.lan[i].name, NAME_MAX_LEN);
    fill(m.info.version, NAME_MAX_LEN);
    fill(m.info.user, USER_LEN);
    fill(m.info.why, WHY_LEN);
    assert_int_equal(wire_encode(&header, &m, out), 1094);
    assert_true(wire_decode(out, 1094, &h, &back, err));
    assert_memory_equal(&back.info, &m.info, sizeof(m.info));
}

static uint64_t seed;

static uint64_t dice(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static uint8_t dice_below(unsigned limit)
{
    return (uint8_t)(dice() % limit);
}

static void dice_text(char *s, size_t size)
{
    static const char *const some[] = {
        "a", "Z", " ", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x90\x84"};
    size_t length = dice() % size;

    s[0] = '\0';
    for (;;) {
        const char *next = some[dice_below(6)];
        if (strlen(s) + strlen(next) > length)
            return;
        strcat(s, next);
    }
}

static void dice_info(struct info *info)
{
    info->since = dice();
    info->tunnels = dice_below(TUNNELS_MAX + 1);
    info->lans = dice_below(LANS_MAX + 1);
    for (unsigned i = 0; i < info->tunnels; i++) {
        struct info_tunnel *t = &info->tunnel[i];
        dice_text(t->name, sizeof(t->name));
        t->sa_up = dice_below(2);
        t->session_up = dice_below(2);
        t->exported = dice();
        t->routes_in = (uint32_t)dice();
        t->in_pps = (uint32_t)dice();
        t->out_pps = (uint32_t)dice();
        t->in_bps = dice();
        t->out_bps = dice();
    }
    for (unsigned i = 0; i < info->lans; i++) {
        dice_text(info->lan[i].name, sizeof(info->lan[i].name));
        info->lan[i].session_up = dice_below(2);
        info->lan[i].routes_out = (uint32_t)dice();
    }
    dice_text(info->version, sizeof(info->version));
    dice_text(info->user, sizeof(info->user));
    dice_text(info->why, sizeof(info->why));
}

static void dice_record(struct record *r)
{
    r->covers = dice();
    r->digest = dice() | 1;
    r->op = dice();
    r->phase = dice_below(PHASES);
    r->level = dice_below(LEVELS);
    r->target = dice_below(LEVELS);
    r->intent = dice_below(INTENTS);
    r->sick = dice_below(SICKS + 1);
    r->reason = dice_below(REASONS);
    r->tunnels = dice_below(TUNNELS_MAX + 1);
    r->tunnels_up = dice_below(1u << r->tunnels);
    r->sessions_up = dice_below(1u << r->tunnels);
}

static void dice_end(struct message *m)
{
    m->end.op = dice();
    m->end.prefixes = dice();
    m->end.node = (uint32_t)dice();
    m->end.holder = dice();
    m->end.result = m->type == MESSAGE_REFUSE ? RESULT_REFUSED : dice_below(RESULTS);
    m->end.reason = dice_below(REASONS);
    m->end.phase = dice_below(PHASES);
    m->end.tunnels = (uint8_t)dice();
    m->end.sessions = (uint8_t)dice();
    m->end.target = (uint32_t)dice();
}

static void dice_message(struct message *m)
{
    memset(m, 0, sizeof(*m));
    m->type = dice_below(MESSAGES);
    switch ((enum message_type)m->type) {
    case MESSAGE_RECORD:
        dice_record(&m->record);
        break;
    case MESSAGE_ASK:
        m->ask.op = dice();
        m->ask.target = (uint32_t)dice() | 1;
        m->ask.kind = dice_below(ASKS);
        m->ask.flags = dice_below(ASK_FLAGS + 1);
        m->ask.timeout_s = (uint16_t)dice();
        dice_text(m->ask.user, sizeof(m->ask.user));
        dice_text(m->ask.why, sizeof(m->ask.why));
        break;
    case MESSAGE_REQUEST:
        m->request.op = dice() | 1;
        m->request.flags = dice_below(ASK_FLAGS + 1);
        break;
    case MESSAGE_GUARD:
        m->guard.op = dice() | 1;
        m->guard.covers = dice();
        break;
    case MESSAGE_REFUSE:
    case MESSAGE_END:
        dice_end(m);
        break;
    case MESSAGE_INFO:
        dice_info(&m->info);
        break;
    case MESSAGES:
        break;
    }
}

/* Every message comes back as it went. And whatever a few wrong bytes make of it: if it is
 * accepted at all, it is written with these very bytes. */
static void random_messages_come_back(void **state)
{
    unsigned accepted = 0, refused = 0;
    (void)state;

    seed = 20240229;
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct message m, back;
        struct wire_header h = {dice() | 1, dice() | 1, dice() | 1}, h_back;
        uint8_t bytes[MESSAGE_MAX], again[MESSAGE_MAX];
        char err[ERR_MAX];

        dice_message(&m);
        size_t size = wire_encode(&h, &m, bytes);
        assert_true(size > 0);
        assert_true(wire_decode(bytes, size, &h_back, &back, err));
        assert_memory_equal(&h_back, &h, sizeof(h));
        assert_memory_equal(&back, &m, sizeof(m));

        for (unsigned wrong = 1 + dice_below(3); wrong > 0; wrong--)
            bytes[dice() % size] ^= (uint8_t)(1u << dice_below(8));
        if (!decodes(bytes, size, err)) {
            refused++;
            continue;
        }
        accepted++;
        assert_true(wire_decode(bytes, size, &h_back, &back, err));
        assert_int_equal(wire_encode(&h_back, &back, again), size);
        assert_memory_equal(again, bytes, size);
    }
    assert_true(accepted > ROUNDS / 10 && refused > ROUNDS / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_bytes),
        cmocka_unit_test(both_ways_agree),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(every_extension_is_refused),
        cmocka_unit_test(bytes_out_of_range_are_refused),
        cmocka_unit_test(a_zero_that_means_nothing_is_refused),
        cmocka_unit_test(the_header_is_checked),
        cmocka_unit_test(another_version_is_named),
        cmocka_unit_test(nothing_out_of_range_is_sent),
        cmocka_unit_test(nobody_in_particular_may_be_asked_to_abort),
        cmocka_unit_test(only_printable_utf8_goes),
        cmocka_unit_test(the_fullest_info_fits),
        cmocka_unit_test(random_messages_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
