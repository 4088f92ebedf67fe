/* Which two connections are a pair, and what is said when they are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "conf/import/site.h"
#include "tests/unit/aws_files.h"

/* Reads two texts, which it frees, as one.xml and two.xml. */
static struct sources two(char *one, char *other)
{
    struct sources sources = {0};
    char err[SOURCE_ERR] = "";

    if (!source_read("one.xml", one, strlen(one), &sources, err) ||
        !source_read("two.xml", other, strlen(other), &sources, err))
        fail_msg("%s", err);
    free(one);
    free(other);
    return sources;
}

static void no_pair_wished(struct sources sources, const struct wish *wish, const char *words)
{
    char err[SITE_ERR] = "";
    struct site site;

    if (site_make(&sources, wish, &site, err))
        fail_msg("were taken; it should have said \"%s\"", words);
    if (strstr(err, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err, words);
    assert_null(strstr(err, "not_a_secret"));
    sources_free(&sources);
}

static void no_pair(struct sources sources, const char *words)
{
    const struct wish none = {0};

    no_pair_wished(sources, &none, words);
}

static void makes_a_pair(void **state)
{
    struct sources sources = two(aws_file("gw1.xml"), aws_file("gw2.xml"));
    const struct wish none = {0};
    char err[SITE_ERR] = "";
    struct site site;

    (void)state;
    if (!site_make(&sources, &none, &site, err))
        fail_msg("%s", err);
    assert_int_equal(site.asn, 65000);
    assert_int_equal(site.cloud_asn, 64512);
    assert_string_equal(site.node[0].name, "gw1");
    assert_string_equal(site.node[0].outside, "198.51.100.2");
    assert_string_equal(site.node[0].local, "198.51.100.2");
    assert_string_equal(site.node[1].name, "gw2");
    assert_string_equal(site.node[1].file, "two.xml");
    assert_string_equal(site.node[1].tunnel[0].name, "tun21");
    assert_int_equal(site.node[1].tunnel[0].number, 21);
    assert_string_equal(site.node[1].tunnel[0].aws.cloud.outside, "203.0.113.21");
    assert_string_equal(site.node[1].tunnel[1].name, "tun22");
    assert_string_equal(site.node[1].tunnel[1].ike, CIPHER_IKE);
    assert_string_equal(site.node[1].tunnel[1].esp, CIPHER_ESP);
    sources_free(&sources);
}

/* The id in the XML says it, or the one beside it in the JSON; else nobody knows. */
static void knows_the_profile(void **state)
{
    static const struct {
        const char *cloud, *beside;
        enum profile_id profile;
    } tries[] = {{"vgw-0000000000000000a", "\"Type\": \"\"", PROFILE_AWS_VGW},
                 {"tgw-0000000000000000a", "\"Type\": \"\"", PROFILE_AWS_TGW},
                 {"", "\"VpnGatewayId\": \"vgw-b\"", PROFILE_AWS_VGW},
                 {"", "\"TransitGatewayId\": \"tgw-b\"", PROFILE_AWS_TGW},
                 {"", "\"TransitGatewayId\": \"\"", PROFILE_GENERIC},
                 {"", "\"TransitGatewayId\": 5", PROFILE_GENERIC},
                 {"", "\"Category\": \"VPN\"", PROFILE_GENERIC}};

    (void)state;
    for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
        char *text = aws_file("pair.json"), cloud[64];
        const struct wish none = {0};
        struct sources sources = {0};
        char err[SITE_ERR] = "";
        struct site site;

        snprintf(cloud, sizeof(cloud), "%s</", tries[i].cloud);
        text = aws_edit(text, "vgw-0000000000000000a</", cloud, 0);
        text = aws_edit(text, "\"VpnGatewayId\": \"vgw-0000000000000000a\"", tries[i].beside, 0);
        assert_true(source_read("pair.json", text, strlen(text), &sources, err));
        if (!site_make(&sources, &none, &site, err))
            fail_msg("%s", err);
        assert_int_equal(site.profile, tries[i].profile);
        free(text);
        sources_free(&sources);
    }
}

static void takes_the_files_ciphers_if_asked(void **state)
{
    struct sources sources = two(aws_file("gw1.xml"), aws_file("gw2.xml"));
    const struct wish wish = {.file_ciphers = true};
    char err[SITE_ERR] = "";
    struct site site;

    (void)state;
    if (!site_make(&sources, &wish, &site, err))
        fail_msg("%s", err);
    assert_string_equal(site.node[0].tunnel[0].ike, "aes128-sha1-modp1024");
    assert_string_equal(site.node[0].tunnel[0].esp, "aes128-sha1-modp1024");
    assert_string_equal(site.node[1].tunnel[0].ike, "aes256-sha256-modp2048");
    assert_string_equal(site.node[1].tunnel[0].esp, "aes256-sha256-modp2048");
    assert_string_equal(site.node[1].tunnel[1].ike, "aes256gcm16-prfsha384-ecp384");
    assert_string_equal(site.node[1].tunnel[1].esp, "aes256gcm16-ecp384");
    sources_free(&sources);
    no_pair_wished(
        two(aws_edited("gw1.xml", "group2", "group99", 1), aws_file("gw2.xml")), &wish,
        "one.xml: vpn-00000000000000001: tunnel 1: IKE's group \"group99\" of the file is "
        "not known");
    no_pair_wished(
        two(aws_file("gw1.xml"), aws_edited("gw2.xml", "hmac-sha2-256-128", "", 2)), &wish,
        "two.xml: vpn-00000000000000002: tunnel 2: the file does not say ESP's integrity");
}

static void says_why_they_are_none(void **state)
{
    (void)state;
    no_pair(two(aws_file("gw1.xml"), aws_file("gw1.xml")),
            "two.xml: vpn-00000000000000001 again, which is in one.xml");
    no_pair(two(aws_file("gw1.xml"), aws_edited("gw2.xml", "65000", "65001", 0)),
            "one.xml: vpn-00000000000000001 is of a customer gateway with AS 65000, and two.xml: "
            "vpn-00000000000000002 of one with AS 65001");
    no_pair(two(aws_file("gw1.xml"), aws_edited("gw2.xml", "65000", "65001", 1)),
            "two.xml: vpn-00000000000000002: its two tunnels have different AS numbers");
    no_pair(two(aws_file("gw1.xml"), aws_edited("gw2.xml", "64512", "64513", 0)),
            "both have to be connections to the same gateway of the cloud");
    no_pair(two(aws_file("gw1.xml"), aws_edited("gw2.xml", "vgw-0000000000000000a", "vgw-b", 0)),
            "both have to be connections to the same gateway of the cloud");
    no_pair(two(aws_file("gw1.xml"), aws_edited("gw2.xml", "198.51.100.6", "198.51.100.2", 0)),
            "two.xml: vpn-00000000000000002 is of the customer gateway 198.51.100.2, as "
            "vpn-00000000000000001 in one.xml is");
    no_pair(two(aws_file("gw1.xml"), aws_edited("gw2.xml", "198.51.100.6", "198.51.100.7", 1)),
            "two.xml: vpn-00000000000000002: its tunnels have two customer gateway addresses");
    no_pair(
        two(aws_file("gw1.xml"), aws_edited("gw2.xml", "169.254.22.", "169.254.11.", 0)),
        "two.xml: vpn-00000000000000002: the inside net of tunnel 1, 169.254.11.2/30, is that of "
        "tunnel 1 of vpn-00000000000000001 too");
    no_pair(two(aws_file("gw1.xml"), aws_edited("gw2.xml", "169.254.22.", "169.254.21.", 0)),
            "the inside net of tunnel");
    no_pair(two(aws_file("gw1.xml"), aws_file("static.xml")),
            "two.xml: vpn-00000000000000003 has static routes");
    no_pair(two(aws_file("gw1.xml"), aws_file("anonymous.xml")),
            "two.xml: vpn-11111111: both ends of a tunnel, or both tunnels, have the same outside");
    no_pair(two(aws_file("gw1.xml"),
                aws_edited("gw2.xml", "30\n        </network_cidr>", "x</network_cidr>", 1)),
            "two.xml: vpn-00000000000000002: tunnel 1: customer_gateway/tunnel_inside_address/"
            "network_cidr is \"x\"");
}

/* A wider net on one side overlaps all the same. */
static void sees_nets_of_different_length_overlap(void **state)
{
    char *text = aws_edited("gw2.xml", "169.254.22.", "169.254.11.1", 0); /* .11.12, .11.11 */

    (void)state;
    text = aws_edit(text, "169.254.11.11", "169.254.11.13", 0);
    text = aws_edit(text, "          30\n", "28\n", 1);
    no_pair(two(aws_file("gw1.xml"), text),
            "the inside net of tunnel 1, 169.254.11.12/28, is that of");
}

static void chooses_by_id(void **state)
{
    struct sources sources = {0};
    struct wish wish = {.connection = {"vpn-00000000000000002", "vpn-00000000000000001"},
                        .connections = 2};
    char *pair = aws_file("pair.json"), *other = aws_file("static.xml"), err[SITE_ERR] = "";
    struct site site;

    (void)state;
    assert_true(source_read("pair.json", pair, strlen(pair), &sources, err));
    assert_true(source_read("static.xml", other, strlen(other), &sources, err));
    if (!site_make(&sources, &wish, &site, err))
        fail_msg("%s", err);
    assert_string_equal(site.node[0].id, "vpn-00000000000000002");
    assert_string_equal(site.node[0].tunnel[0].name, "tun11");
    assert_string_equal(site.node[1].id, "vpn-00000000000000001");
    wish.connections = 0;
    assert_false(site_make(&sources, &wish, &site, err));
    assert_non_null(strstr(err, "there are 3 connections: say with --connection ID, twice"));
    assert_non_null(
        strstr(err, "vpn-00000000000000001, vpn-00000000000000002, vpn-00000000000000003"));
    wish.connections = 1;
    assert_false(site_make(&sources, &wish, &site, err));
    assert_non_null(strstr(err, "--connection is given 1 time: give it twice"));
    wish.connections = 2;
    strlcpy(wish.connection[1], "vpn-7", sizeof(wish.connection[1]));
    assert_false(site_make(&sources, &wish, &site, err));
    assert_non_null(strstr(err, "there is no connection vpn-7 in the files; there are: vpn-"));
    sources.count = 1;
    wish.connections = 0;
    assert_false(site_make(&sources, &wish, &site, err));
    assert_non_null(strstr(err, "pair.json: it holds one connection, vpn-00000000000000001"));
    sources.count = 3;
    sources_free(&sources);
    free(pair);
    free(other);
}

static void checks_what_was_wished(void **state)
{
    struct wish wish = {.name = {"", "gw1"}, .names = 2};
    char why[ERR_MAX];
    struct prefix prefix;

    (void)state;
    strlcpy(wish.name[0], "gw1", sizeof(wish.name[0]));
    no_pair_wished(two(aws_file("gw1.xml"), aws_file("gw2.xml")), &wish,
                   "both gateways are called gw1");
    wish.names = 0;
    assert_true(prefix_parse("10.0.0.0/16", &prefix, why));
    assert_true(prefix_list_add(&wish.shared, &prefix, why));
    assert_true(prefix_list_add(&wish.cloud, &prefix, why));
    no_pair_wished(two(aws_file("gw1.xml"), aws_file("gw2.xml")), &wish,
                   "10.0.0.0/16 is both --prefix and --cloud-prefix");
}

/* A connection of AWS carries IPv4 or IPv6, and the pair the same prefixes. */
static void keeps_to_one_family(void **state)
{
    struct sources sources = two(aws_file("gw1-ipv6.xml"), aws_file("gw2-ipv6.xml"));
    struct prefix prefix;
    struct wish wish = {0};
    char err[SITE_ERR] = "", why[ERR_MAX];
    struct site site;

    (void)state;
    if (!site_make(&sources, &wish, &site, err))
        fail_msg("%s", err);
    assert_int_equal(site.family, 6);
    assert_string_equal(site.node[0].outside, "2001:db8:1::2");
    assert_string_equal(site.node[1].tunnel[0].aws.cloud.outside, "2001:db8:c::21");
    assert_string_equal(site.node[1].tunnel[0].aws.gateway.inside, "fd00:21::2");
    assert_int_equal(site.node[1].tunnel[0].aws.gateway.inside_bits, 126);
    sources_free(&sources);
    no_pair(two(aws_edited("gw1.xml", "vgw-", "tgw-", 1), aws_file("gw2-ipv6.xml")),
            "one.xml: vpn-00000000000000001 carries IPv4, and two.xml: vpn-00000000000000062 IPv6");
    no_pair(
        two(aws_file("gw1-ipv6.xml"),
            aws_edit(aws_edited("gw2-ipv6.xml", "fd00:22::", "169.254.22.", 0), "          126\n",
                     "30\n", 1)),
        "two.xml: vpn-00000000000000062: one of its tunnels has IPv4 inside and the other IPv6");
    no_pair(two(aws_file("gw1-ipv6.xml"), aws_edited("gw2-ipv6.xml", "fd00:22::", "fd00:11::", 0)),
            "--tunnel-options TunnelInsideIpv6Cidr=...");
    strlcpy(wish.router, "10.20.0.10", sizeof(wish.router));
    no_pair_wished(two(aws_file("gw1-ipv6.xml"), aws_file("gw2-ipv6.xml")), &wish,
                   "--lan-router: 10.20.0.10 is IPv4, and the tunnels carry IPv6");
    strlcpy(wish.router, "fd20::10", sizeof(wish.router));
    no_pair_wished(two(aws_file("gw1.xml"), aws_file("gw2.xml")), &wish,
                   "--lan-router: fd20::10 is IPv6, and the tunnels carry IPv4");
    wish = (struct wish){0};
    strlcpy(wish.lan[0], "10.20.0.1", sizeof(wish.lan[0]));
    no_pair_wished(two(aws_file("gw1-ipv6.xml"), aws_file("gw2-ipv6.xml")), &wish,
                   "--lan-address: 10.20.0.1 is IPv4");
    wish = (struct wish){0};
    assert_true(prefix_parse("10.0.0.0/16", &prefix, why));
    assert_true(prefix_list_add(&wish.cloud, &prefix, why));
    no_pair_wished(two(aws_file("gw1-ipv6.xml"), aws_file("gw2-ipv6.xml")), &wish,
                   "--cloud-prefix: 10.0.0.0/16 is IPv4");
}

static void compares_addresses(void **state)
{
    char text[ADDRESS_LEN];

    (void)state;
    assert_true(address_parse("2001:0db8:0:0::1", text));
    assert_string_equal(text, "2001:db8::1");
    assert_false(address_parse("10.0.0.1/24", text));
    assert_false(address_parse("", text));
    assert_true(address_compare("10.0.0.9", "10.0.0.10") < 0);
    assert_true(address_compare("10.0.0.9", "::1") < 0);
    assert_int_equal(address_compare("10.0.0.9", "10.0.0.9"), 0);
    assert_true(address_same_net("10.0.0.1", "10.0.0.2", 30));
    assert_false(address_same_net("10.0.0.1", "10.0.0.5", 30));
    assert_false(address_same_net("10.0.0.1", "10.0.0.1", 33));
    assert_false(address_same_net("10.0.0.1", "::1", 0));
    assert_true(address_is_v4("10.0.0.1"));
    assert_false(address_is_v4("::ffff:10.0.0.1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_a_pair),
        cmocka_unit_test(knows_the_profile),
        cmocka_unit_test(takes_the_files_ciphers_if_asked),
        cmocka_unit_test(says_why_they_are_none),
        cmocka_unit_test(sees_nets_of_different_length_overlap),
        cmocka_unit_test(chooses_by_id),
        cmocka_unit_test(checks_what_was_wished),
        cmocka_unit_test(keeps_to_one_family),
        cmocka_unit_test(compares_addresses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
