/* The VICI codec: bytes that strongSwan documents, and everything that must be refused. */
#include "ipsec/vici.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The example of strongSwan's vici README, "Encoding example", byte for byte. */
static const uint8_t example[] = {
    3, 4,  'k', 'e', 'y', '1', 0,   6,   'v', 'a', 'l', 'u', 'e', '1',           /* */
    1, 8,  's', 'e', 'c', 't', 'i', 'o', 'n', '1',                               /* */
    1, 11, 's', 'u', 'b', '-', 's', 'e', 'c', 't', 'i', 'o', 'n',                /* */
    3, 4,  'k', 'e', 'y', '2', 0,   6,   'v', 'a', 'l', 'u', 'e', '2',           /* */
    2, 4,  5,   'l', 'i', 's', 't', '1', 5,   0,   5,   'i', 't', 'e', 'm', '1', /* */
    5, 0,  5,   'i', 't', 'e', 'm', '2', 6,   2,
};

static struct vici_text text(const void *bytes, size_t len)
{
    return (struct vici_text){.at = bytes, .len = len};
}

/* Writes the example as an event's frame. */
static size_t write_example(uint8_t *out, size_t size)
{
    struct vici_writer w;
    vici_start(&w, out, size, VICI_EVENT, "list-sa");
    vici_put(&w, "key1", "value1");
    vici_open(&w, "section1");
    vici_open(&w, "sub-section");
    vici_put(&w, "key2", "value2");
    vici_close(&w);
    vici_list(&w, "list1");
    vici_item(&w, "item1");
    vici_item(&w, "item2");
    vici_list_close(&w);
    vici_close(&w);
    return vici_finish(&w);
}

static void writes_the_documented_bytes(void **state)
{
    static const uint8_t head[] = {0, 0, 0, 0, 7, 7, 'l', 'i', 's', 't', '-', 's', 'a'};
    uint8_t out[256];
    size_t len = write_example(out, sizeof(out));

    (void)state;
    assert_int_equal(len, sizeof(head) + sizeof(example));
    assert_int_equal(out[3], len - VICI_HEADER);
    assert_memory_equal(out + 4, head + 4, sizeof(head) - 4);
    assert_memory_equal(out + sizeof(head), example, sizeof(example));
    assert_int_equal(vici_frame(out), len - VICI_HEADER);
}

static void reads_the_documented_bytes(void **state)
{
    static const struct {
        enum vici_element element;
        const char *name, *value;
        unsigned depth;
    } want[] = {
        {VICI_KEY_VALUE, "key1", "value1", 0},
        {VICI_SECTION_START, "section1", NULL, 1},
        {VICI_SECTION_START, "sub-section", NULL, 2},
        {VICI_KEY_VALUE, "key2", "value2", 2},
        {VICI_SECTION_END, NULL, NULL, 1},
        {VICI_LIST_START, "list1", NULL, 1},
        {VICI_LIST_ITEM, NULL, "item1", 1},
        {VICI_LIST_ITEM, NULL, "item2", 1},
        {VICI_LIST_END, NULL, NULL, 1},
        {VICI_SECTION_END, NULL, NULL, 0},
        {VICI_END, NULL, NULL, 0},
        {VICI_END, NULL, NULL, 0},
    };
    struct vici_cursor c = vici_cursor(text(example, sizeof(example)));

    (void)state;
    for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        assert_int_equal(vici_next(&c), want[i].element);
        assert_int_equal(c.depth, want[i].depth);
        if (want[i].name != NULL)
            assert_true(vici_is(c.name, want[i].name));
        if (want[i].value != NULL)
            assert_true(vici_is(c.value, want[i].value));
    }
}

/* A name's length, a value's length, a section left open: each cut must show. */
static void refuses_every_truncation(void **state)
{
    uint8_t out[256];
    size_t len = write_example(out, sizeof(out)), body = 9, first_key = body + 14;
    struct vici_packet packet;
    char err[ERR_MAX];

    (void)state;
    for (size_t cut = 0; cut <= len - VICI_HEADER; cut++) {
        /* In a block of its own size, so that reading beyond shows under ASan. */
        uint8_t *bytes = malloc(cut + 1);
        memcpy(bytes, out + VICI_HEADER, cut);
        bool whole = cut == len - VICI_HEADER || cut == body || cut == first_key;
        bytes = realloc(bytes, cut > 0 ? cut : 1);
        assert_int_equal(vici_packet_parse(bytes, cut, &packet, err), whole);
        free(bytes);
    }
}

static void survives_every_changed_byte(void **state)
{
    uint8_t out[256];
    size_t len = write_example(out, sizeof(out)) - VICI_HEADER, refused = 0;
    struct vici_packet packet;
    char err[ERR_MAX];

    (void)state;
    for (size_t i = 0; i < len; i++) {
        for (unsigned value = 0; value < 256; value++) {
            uint8_t *bytes = malloc(len);
            memcpy(bytes, out + VICI_HEADER, len);
            bytes[i] = (uint8_t)value;
            refused += !vici_packet_parse(bytes, len, &packet, err);
            free(bytes);
        }
    }
    assert_true(refused > 1000);
}

#define BYTES(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

static void refuses_bad_packets(void **state)
{
    const struct {
        const char *what;
        const uint8_t *bytes;
        size_t len;
    } bad[] = {
        {"no packet type", BYTES(8)},
        {"another unknown type", BYTES(255, 0)},
        {"a byte behind CMD_UNKNOWN", BYTES(2, 0)},
        {"a message behind EVENT_CONFIRM", BYTES(5, 3, 1, 'k', 0, 0)},
        {"a byte behind EVENT_UNKNOWN", BYTES(6, 6)},
        {"an event without its name's length", BYTES(7)},
        {"an event with its name cut", BYTES(7, 3, 'a', 'b')},
        {"a registration with a message", BYTES(3, 1, 'a', 3, 1, 'k', 0, 0)},
        {"element type 0", BYTES(1, 0)},
        {"element type 7", BYTES(1, 7)},
        {"a section ended that was not started", BYTES(1, 2)},
        {"a list ended that was not started", BYTES(1, 6)},
        {"an item outside a list", BYTES(1, 5, 0, 0)},
        {"a list in a list", BYTES(1, 4, 1, 'a', 4, 1, 'b', 6, 6)},
        {"a section in a list", BYTES(1, 4, 1, 'a', 1, 1, 'b', 2, 6)},
        {"a section ended in a list", BYTES(1, 1, 1, 's', 4, 1, 'a', 2, 6)},
        {"a key in a list", BYTES(1, 4, 1, 'a', 3, 1, 'k', 0, 0, 6)},
        {"a list left open", BYTES(1, 4, 1, 'a')},
        {"a section left open", BYTES(1, 1, 1, 'a')},
        {"a value cut in its length", BYTES(1, 3, 1, 'k', 0)},
        {"a value longer than the packet", BYTES(1, 3, 1, 'k', 0xff, 0xff, 'v')},
        {"a name longer than the packet", BYTES(1, 3, 255, 'k')},
    };
    struct vici_packet packet;
    char err[ERR_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        err[0] = '\0';
        if (vici_packet_parse(bad[i].bytes, bad[i].len, &packet, err))
            fail_msg("accepted: %s", bad[i].what);
        assert_true(err[0] != '\0');
    }
    assert_false(vici_packet_parse(example, 0, &packet, err));
}

static void accepts_each_type(void **state)
{
    struct vici_packet p;
    char err[ERR_MAX];

    (void)state;
    assert_true(vici_packet_parse(BYTES(1), &p, err));
    assert_int_equal(p.type, VICI_CMD_RESPONSE);
    assert_int_equal(p.body.len, 0);
    assert_true(vici_packet_parse(BYTES(2), &p, err));
    assert_true(vici_packet_parse(BYTES(5), &p, err));
    assert_true(vici_packet_parse(BYTES(6), &p, err));
    assert_true(vici_packet_parse(BYTES(3, 2, 'u', 'p'), &p, err));
    assert_true(vici_is(p.name, "up"));
    assert_true(vici_packet_parse(BYTES(0, 2, 'd', 'o', 3, 1, 'k', 0, 1, 'v'), &p, err));
    assert_true(vici_is(p.name, "do"));
    assert_int_equal(p.body.len, 6);
    assert_true(vici_packet_parse(BYTES(1, 4, 0, 6), &p, err)); /* an empty list without a name */
}

/* Sections may nest, but not without end. */
static void bounds_the_depth(void **state)
{
    uint8_t packet[1 + 4 * (VICI_DEPTH_MAX + 1)] = {VICI_CMD_RESPONSE};
    struct vici_packet p;
    char err[ERR_MAX];

    (void)state;
    for (size_t depth = VICI_DEPTH_MAX; depth <= VICI_DEPTH_MAX + 1; depth++) {
        for (size_t i = 0; i < depth; i++)
            memcpy(packet + 1 + 3 * i, (const uint8_t[]){1, 1, 's'}, 3);
        memset(packet + 1 + 3 * depth, VICI_SECTION_END, depth);
        assert_int_equal(vici_packet_parse(packet, 1 + 4 * depth, &p, err),
                         depth == VICI_DEPTH_MAX);
    }
}

static void frames_are_bounded(void **state)
{
    (void)state;
    assert_int_equal(vici_frame((const uint8_t[]){0, 0, 0, 0}), 0);
    assert_int_equal(vici_frame((const uint8_t[]){0, 0, 0, 1}), 1);
    assert_int_equal(vici_frame((const uint8_t[]){0, 8, 0, 0}), VICI_PACKET_MAX);
    assert_int_equal(vici_frame((const uint8_t[]){0, 8, 0, 1}), 0);
    assert_int_equal(vici_frame((const uint8_t[]){0xff, 0xff, 0xff, 0xff}), 0);
}

static void writer_never_overruns(void **state)
{
    uint8_t out[256];
    size_t whole = write_example(out, sizeof(out));

    (void)state;
    for (size_t size = 0; size <= whole; size++) {
        uint8_t *bytes = malloc(size > 0 ? size : 1);
        assert_int_equal(write_example(bytes, size), size == whole ? whole : 0);
        free(bytes);
    }
}

static void writer_refuses_bad_nesting(void **state)
{
    uint8_t out[512];
    char long_name[257];
    struct vici_writer w;

    (void)state;
    vici_start(&w, out, sizeof(out), VICI_CMD_REQUEST, "x");
    vici_open(&w, "a");
    assert_int_equal(vici_finish(&w), 0);
    vici_start(&w, out, sizeof(out), VICI_CMD_REQUEST, "x");
    vici_close(&w);
    assert_int_equal(vici_finish(&w), 0);
    vici_start(&w, out, sizeof(out), VICI_CMD_REQUEST, "x");
    vici_list(&w, "a");
    vici_put(&w, "k", "v");
    vici_list_close(&w);
    assert_int_equal(vici_finish(&w), 0);
    vici_start(&w, out, sizeof(out), VICI_CMD_REQUEST, "x");
    vici_item(&w, "a");
    assert_int_equal(vici_finish(&w), 0);
    memset(long_name, 'n', 256);
    long_name[256] = '\0';
    vici_start(&w, out, sizeof(out), VICI_CMD_REQUEST, "x");
    vici_put(&w, long_name, "v");
    assert_int_equal(vici_finish(&w), 0);
    vici_start(&w, out, sizeof(out), VICI_CMD_REQUEST, "x");
    vici_put(&w, long_name + 1, "v");
    assert_true(vici_finish(&w) > 0);
}

static void reads_numbers_exactly(void **state)
{
    uint64_t u = 7;
    int64_t i = 7;

    (void)state;
    assert_true(vici_u64(text("18446744073709551615", 20), &u));
    assert_true(u == UINT64_MAX);
    assert_false(vici_u64(text("18446744073709551616", 20), &u));
    assert_false(vici_u64(text("99999999999999999999", 20), &u));
    assert_false(vici_u64(text("", 0), &u));
    assert_false(vici_u64(text("1 ", 2), &u));
    assert_false(vici_u64(text("-1", 2), &u));
    assert_false(vici_u64(text("1\0", 2), &u));
    assert_true(vici_i64(text("-12", 3), &i));
    assert_int_equal(i, -12);
    assert_false(vici_i64(text("9223372036854775808", 19), &i));
    assert_false(vici_i64(text("-", 1), &i));
    assert_false(vici_i64(text("--1", 3), &i));
}

static void copies_what_can_be_printed(void **state)
{
    char out[6];

    (void)state;
    assert_string_equal(vici_copy(text("a\nb\xff", 4), out, sizeof(out)), "a?b?");
    assert_string_equal(vici_copy(text("0123456789", 10), out, sizeof(out)), "01234");
    assert_string_equal(vici_copy((struct vici_text){0}, out, sizeof(out)), "");
}

static void finds_top_level_keys_only(void **state)
{
    struct vici_text value = {0};

    (void)state;
    assert_true(vici_find(text(example, sizeof(example)), "key1", &value));
    assert_true(vici_is(value, "value1"));
    assert_false(vici_find(text(example, sizeof(example)), "key2", &value));
    assert_false(vici_find(text(example, sizeof(example)), "section1", &value));
}

static void skips_a_section_whole(void **state)
{
    struct vici_cursor c = vici_cursor(text(example, sizeof(example)));

    (void)state;
    vici_next(&c);
    assert_int_equal(vici_next(&c), VICI_SECTION_START);
    assert_true(vici_skip(&c));
    assert_int_equal(vici_next(&c), VICI_END);
    c = vici_cursor(text(example, sizeof(example) - 1));
    vici_next(&c);
    vici_next(&c);
    assert_false(vici_skip(&c));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_the_documented_bytes),
        cmocka_unit_test(reads_the_documented_bytes),
        cmocka_unit_test(refuses_every_truncation),
        cmocka_unit_test(survives_every_changed_byte),
        cmocka_unit_test(refuses_bad_packets),
        cmocka_unit_test(accepts_each_type),
        cmocka_unit_test(bounds_the_depth),
        cmocka_unit_test(frames_are_bounded),
        cmocka_unit_test(writer_never_overruns),
        cmocka_unit_test(writer_refuses_bad_nesting),
        cmocka_unit_test(reads_numbers_exactly),
        cmocka_unit_test(copies_what_can_be_printed),
        cmocka_unit_test(finds_top_level_keys_only),
        cmocka_unit_test(skips_a_section_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
