/* Prefixes: canonical form, order, lists and their digest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "routing/prefix.h"

static struct prefix parsed(const char *text)
{
    struct prefix p;
    char err[ERR_MAX] = "";
    if (!prefix_parse(text, &p, err))
        fail_msg("%s: %s", text, err);
    return p;
}

static void texts_come_back_canonical(void **state)
{
    static const char *const pairs[][2] = {
        {"10.20.0.0/16", "10.20.0.0/16"},
        {"0.0.0.0/0", "0.0.0.0/0"},
        {"255.255.255.255/32", "255.255.255.255/32"},
        {"10.20.128.0/17", "10.20.128.0/17"},
        {"fd00::/64", "fd00::/64"},
        {"FD00:0:0:0:0:0:0:0/64", "fd00::/64"},
        {"::/0", "::/0"},
        {"2001:db8::1/128", "2001:db8::1/128"},
        {"10.20.0.0/016", "10.20.0.0/16"},
    };
    char out[PREFIX_TEXT];
    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        struct prefix p = parsed(pairs[i][0]), again;
        char err[ERR_MAX];
        assert_string_equal(prefix_text(&p, out), pairs[i][1]);
        assert_true(prefix_parse(out, &again, err));
        assert_memory_equal(&p, &again, sizeof(p));
    }
}

static void refused(const char *text, const char *because)
{
    struct prefix p, before;
    char err[ERR_MAX] = "";
    memset(&p, 0x5a, sizeof(p));
    memcpy(&before, &p, sizeof(p));
    if (prefix_parse(text, &p, err))
        fail_msg("\"%s\" was taken", text);
    if (strstr(err, because) == NULL)
        fail_msg("\"%s\": \"%s\" does not say \"%s\"", text, err, because);
    assert_memory_equal(&p, &before, sizeof(p));
}

static void host_bits_name_the_right_form(void **state)
{
    (void)state;
    refused("10.20.1.0/16", "write 10.20.0.0/16");
    refused("10.20.0.1/31", "write 10.20.0.0/31");
    refused("128.0.0.0/0", "write 0.0.0.0/0");
    refused("fd00::1/64", "write fd00::/64");
    refused("fd00:0:0:8000::/48", "write fd00::/48");
    refused("2001:db8::1/127", "write 2001:db8::/127");
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    refused("", "not a prefix");
    refused("10.20.0.0", "not a prefix");
    refused("/16", "no valid address");
    refused("10.20.0/16", "no valid address");
    refused("10.20.0.0.0/16", "no valid address");
    refused("10.20.0.256/16", "no valid address");
    refused(" 10.20.0.0/16", "no valid address");
    refused("fd00:::/64", "no valid address");
    refused("10.20.0.0/33", "0 to 32");
    refused("10.20.0.0/", "0 to 32");
    refused("10.20.0.0/-1", "0 to 32");
    refused("10.20.0.0/+8", "0 to 32");
    refused("10.20.0.0/ 8", "0 to 32");
    refused("10.20.0.0/8x", "0 to 32");
    refused("10.20.0.0/99999999999999999999", "0 to 32");
    refused("fd00::/129", "0 to 128");
    refused("11111111111111111111111111111111111111111111111111111111111111/8", "not a prefix");
}

static void order_is_total(void **state)
{
    static const char *const sorted[] = {"0.0.0.0/0",      "10.0.0.0/8",   "10.0.0.0/16",
                                         "10.20.0.0/16",   "10.20.0.0/17", "10.20.128.0/17",
                                         "192.168.0.0/24", "::/0",         "fd00::/48",
                                         "fd00::/64",      "fd00:1::/48"};
    size_t n = sizeof(sorted) / sizeof(sorted[0]);
    (void)state;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < n; k++) {
            struct prefix a = parsed(sorted[i]), b = parsed(sorted[k]);
            int order = prefix_compare(&a, &b);
            if ((i < k && order >= 0) || (i == k && order != 0) || (i > k && order <= 0))
                fail_msg("%s and %s compare as %d", sorted[i], sorted[k], order);
        }
    }
}

static void list_of(struct prefix_list *list, const char *const *texts, size_t n)
{
    char err[ERR_MAX];
    memset(list, 0, sizeof(*list));
    for (size_t i = 0; i < n; i++) {
        struct prefix p = parsed(texts[i]);
        assert_true(prefix_list_add(list, &p, err));
    }
}

static void lists_are_equal_whatever_the_order(void **state)
{
    static const char *const one[] = {"10.20.0.0/16", "10.21.0.0/16", "fd00::/64", "10.0.0.0/8"};
    static const char *const two[] = {"fd00::/64", "10.0.0.0/8", "10.21.0.0/16", "10.20.0.0/16"};
    struct prefix_list a, b;
    (void)state;
    list_of(&a, one, 4);
    list_of(&b, two, 4);
    assert_memory_equal(&a, &b, sizeof(a));
    assert_true(prefix_list_digest(&a) == prefix_list_digest(&b));
    assert_true(prefix_list_mask(&a) == 0xf);
    struct prefix p = parsed("10.20.0.0/16"), absent = parsed("10.20.0.0/17");
    assert_int_equal(prefix_list_find(&a, &p), 1);
    assert_int_equal(prefix_list_find(&a, &absent), -1);
}

static void doubles_are_refused(void **state)
{
    static const char *const one[] = {"10.20.0.0/16", "fd00::/64"};
    struct prefix_list list, before;
    struct prefix p = parsed("fd00::/64");
    char err[ERR_MAX] = "";
    (void)state;
    list_of(&list, one, 2);
    before = list;
    assert_false(prefix_list_add(&list, &p, err));
    assert_string_equal(err, "fd00::/64 stands there twice");
    assert_memory_equal(&list, &before, sizeof(list));
}

static void a_full_list_takes_no_more(void **state)
{
    struct prefix_list list = {0};
    struct prefix p = parsed("10.0.0.0/24");
    char err[ERR_MAX] = "";
    (void)state;
    for (unsigned i = 0; i < PREFIXES_MAX; i++) {
        p.addr[2] = (uint8_t)(PREFIXES_MAX - i); /* each goes to the front */
        assert_true(prefix_list_add(&list, &p, err));
        assert_true(prefix_list_mask(&list) == (i == 63 ? UINT64_MAX : (UINT64_C(2) << i) - 1));
    }
    p.addr[2] = 200;
    assert_false(prefix_list_add(&list, &p, err));
    assert_non_null(strstr(err, "more than 64"));
    for (unsigned i = 1; i < list.count; i++)
        assert_true(prefix_compare(&list.item[i - 1], &list.item[i]) < 0);
}

static void digests_tell_lists_apart(void **state)
{
    static const char *const texts[] = {"10.20.0.0/16", "10.20.0.0/17", "10.21.0.0/16",
                                        "fd00::/16",    "0.0.0.0/0",    "::/0"};
    uint64_t seen[7];
    struct prefix_list list = {0};
    (void)state;
    seen[6] = prefix_list_digest(&list);
    for (size_t i = 0; i < 6; i++) {
        list_of(&list, &texts[i], 1);
        seen[i] = prefix_list_digest(&list);
    }
    for (size_t i = 0; i < 7; i++) {
        assert_true(seen[i] != 0);
        for (size_t k = i + 1; k < 7; k++)
            assert_true(seen[i] != seen[k]);
    }
    /* It crosses the wire: the same on every host and in every version. */
    list_of(&list, texts, 1);
    assert_true(prefix_list_digest(&list) == UINT64_C(0x166c767e7464496f));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_come_back_canonical),
        cmocka_unit_test(host_bits_name_the_right_form),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(order_is_total),
        cmocka_unit_test(lists_are_equal_whatever_the_order),
        cmocka_unit_test(doubles_are_refused),
        cmocka_unit_test(a_full_list_takes_no_more),
        cmocka_unit_test(digests_tell_lists_apart),
    };
    return cmocka_run_group_tests_name("prefix", tests, NULL, NULL);
}
