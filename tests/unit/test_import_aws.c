/* The customer gateway's XML, and the files it comes in: what is read of good ones, what is said of
 * bad ones, and that no word of it has a key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "conf/import/source.h"
#include "tests/unit/aws_files.h"

/* What no error may have in it: the keys of the data all have the second part. */
static void assert_no_key(const char *said)
{
    assert_null(strstr(said, "not_a_secret"));
    assert_null(strstr(said, "11111111111111111"));
}

static void good(const char *text, struct aws_connection *out)
{
    char err[ERR_MAX] = "";

    if (!aws_parse(text, strlen(text), out, err))
        fail_msg("%s", err);
}

/* Takes and frees the text. */
static void bad(char *text, const char *words)
{
    struct aws_connection connection;
    char err[ERR_MAX] = "";

    if (aws_parse(text, strlen(text), &connection, err))
        fail_msg("was taken; it should have said \"%s\"", words);
    if (strstr(err, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err, words);
    assert_no_key(err);
    free(text);
}

/* ---- good ones ---- */

static void reads_what_aws_writes(void **state)
{
    char *text = aws_file("anonymous.xml");
    struct aws_connection c;

    (void)state;
    good(text, &c);
    assert_string_equal(c.id, "vpn-11111111");
    assert_string_equal(c.customer, "cgw-11111111111111111");
    assert_string_equal(c.cloud, "vgw-11111111111111111");
    assert_false(c.routed);
    for (unsigned i = 0; i < AWS_TUNNELS; i++) {
        const struct aws_tunnel *t = &c.tunnel[i];
        assert_string_equal(t->gateway.outside, "1.1.1.1");
        assert_string_equal(t->cloud.outside, "1.1.1.1");
        assert_string_equal(t->gateway.inside, i == 0 ? "169.254.80.146" : "169.254.172.86");
        assert_string_equal(t->cloud.inside, i == 0 ? "169.254.80.145" : "169.254.172.85");
        assert_int_equal(t->gateway.inside_bits, 30);
        assert_int_equal(t->gateway.asn, 65000);
        assert_int_equal(t->cloud.asn, 64512);
        assert_int_equal(t->hold_s, 30);
        assert_string_equal(t->ike.encryption, "aes-128-cbc");
        assert_string_equal(t->ike.integrity, "sha1");
        assert_string_equal(t->ike.group, "group2");
        assert_int_equal(t->ike.lifetime_s, 28800);
        assert_string_equal(t->esp.integrity, "hmac-sha1-96");
        assert_int_equal(t->esp.lifetime_s, 3600);
        assert_string_equal(t->key, "11111111111111111");
        assert_int_equal(t->dpd_s, 10);
        assert_int_equal(t->mss, 1379);
    }
    free(text);
}

/* gw2.xml has its tunnels the other way round, and blanks around its values. */
static void orders_tunnels_and_trims(void **state)
{
    char *text = aws_file("gw2.xml");
    struct aws_connection c;

    (void)state;
    good(text, &c);
    assert_string_equal(c.tunnel[0].cloud.outside, "203.0.113.21");
    assert_int_equal(c.tunnel[0].place, 2);
    assert_string_equal(c.tunnel[0].key, "tun21.not_a_secret.only_for_tests");
    assert_string_equal(c.tunnel[1].cloud.outside, "203.0.113.22");
    assert_int_equal(c.tunnel[1].place, 1);
    assert_string_equal(c.tunnel[1].ike.encryption, "aes-256-gcm-16");
    assert_int_equal(c.tunnel[1].gateway.asn, 65000);
    free(text);
}

/* By number: 203.0.113.9 comes before 203.0.113.12. */
static void orders_by_number(void **state)
{
    char *text = aws_edited("gw1.xml", "203.0.113.12", "203.0.113.9", 1);
    struct aws_connection c;

    (void)state;
    good(text, &c);
    assert_string_equal(c.tunnel[0].cloud.outside, "203.0.113.9");
    free(text);
}

static void does_without_what_is_not_needed(void **state)
{
    static const char *const lines[] = {
        "<lifetime>28800</lifetime>",
        "<lifetime>3600</lifetime>",
        "<hold_time>30</hold_time>",
        "<tcp_mss_adjustment>1379</tcp_mss_adjustment>",
        "<interval>10</interval>",
        "<network_cidr>30</network_cidr>",
        "<vpn_gateway_id>vgw-0000000000000000a</vpn_gateway_id>",
        "<customer_gateway_id>cgw-00000000000000001</customer_gateway_id>",
        "<encryption_protocol>aes-128-cbc</encryption_protocol>",
        "<mode>main</mode>",
    };
    char *text = aws_file("gw1.xml");
    struct aws_connection c;

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        text = aws_edit(text, lines[i], i % 2 == 0 ? "" : "<!-- nothing -->", 0);
    good(text, &c);
    assert_int_equal(c.tunnel[0].ike.lifetime_s, 28800);
    assert_int_equal(c.tunnel[0].esp.lifetime_s, 3600);
    assert_int_equal(c.tunnel[0].hold_s, 30);
    assert_int_equal(c.tunnel[0].mss, 1379);
    assert_int_equal(c.tunnel[0].dpd_s, 10);
    assert_int_equal(c.tunnel[0].gateway.inside_bits, 30);
    assert_string_equal(c.cloud, "");
    assert_string_equal(c.tunnel[0].ike.encryption, "");
    free(text);
}

static void knows_static_routes(void **state)
{
    char *text = aws_file("static.xml");
    struct aws_connection c;

    (void)state;
    good(text, &c);
    assert_true(c.routed);
    assert_string_equal(c.tunnel[1].cloud.outside, "203.0.113.32");
    assert_int_equal(c.tunnel[0].gateway.asn, 0);
    free(text);
}

/* Text in pieces: a CDATA section, a comment in the middle, IPv6 outside in any spelling. */
static void takes_xml_as_xml_is(void **state)
{
    struct aws_connection c;
    char *text =
        aws_edited("gw1.xml", "<asn>65000</asn>", "<asn><![CDATA[650]]><!-- x -->00</asn>", 0);

    (void)state;
    text = aws_edit(text, "198.51.100.2", "2001:DB8:0::2", 0);
    text = aws_edit(text, "203.0.113.12", "2001:db8::c", 1);
    good(text, &c);
    assert_int_equal(c.tunnel[0].gateway.asn, 65000);
    assert_string_equal(c.tunnel[0].gateway.outside, "2001:db8::2");
    free(text);
}

/* ---- bad ones ---- */

static void names_what_is_missing(void **state)
{
    (void)state;
    bad(aws_edited("gw1.xml", "<asn>65000</asn>", "", 2),
        "tunnel 2: customer_gateway/bgp/asn is missing");
    bad(aws_edited("gw1.xml", "<asn>64512</asn>", "<asn/>", 1),
        "tunnel 1: vpn_gateway/bgp/asn is missing");
    bad(aws_edited("gw1.xml", "<ip_address>203.0.113.12</ip_address>", " ", 1),
        "tunnel 2: vpn_gateway/tunnel_outside_address/ip_address is missing");
    bad(aws_edited("gw1.xml", "<pre_shared_key>tun12.not_a_secret.only_for_tests</pre_shared_key>",
                   "", 1),
        "tunnel 2: ike/pre_shared_key is missing: authentication by certificate is not imported");
    bad(aws_edited("gw1.xml", "<ipsec_tunnel>", "<other_tunnel>", 0), "it is no well-formed XML");
    bad(aws_edit(aws_edited("gw1.xml", "<ipsec_tunnel>", "<other_tunnel>", 2), "</ipsec_tunnel>",
                 "</other_tunnel>", 2),
        "tunnel 2: is missing; a connection has 2");
    bad(aws_edited("gw1.xml", " id=\"vpn-00000000000000001\"", "", 1), "vpn_connection has no id");
    bad(aws_edited("gw1.xml", "id=\"vpn-00000000000000001\"", "id=\"vpn; rm\"", 1),
        "vpn_connection has no id");
    bad(strdup("<html><body>denied</body></html>"), "its outermost element is not vpn_connection");
}

static void names_what_is_wrong(void **state)
{
    (void)state;
    bad(aws_edited("gw1.xml", "65000", "65x", 1),
        "customer_gateway/bgp/asn is \"65x\", not a number");
    bad(aws_edited("gw1.xml", "65000", "0", 1), "customer_gateway/bgp/asn is \"0\"");
    bad(aws_edited("gw1.xml", "65000", "-1", 1), "customer_gateway/bgp/asn is \"-1\"");
    bad(aws_edited("gw1.xml", "65000", "4294967296", 1), "is \"4294967296\"");
    bad(aws_edited("gw1.xml", "198.51.100.2", "198.51.100.256", 1),
        "is \"198.51.100.256\", not an address");
    bad(aws_edited("gw1.xml", "198.51.100.2", "gw1.example", 1),
        "is \"gw1.example\", not an address");
    bad(aws_edited("gw1.xml", "169.254.11.2", "169.254.11.6", 1), "are not two of one net of /30");
    bad(aws_edited("gw1.xml", "169.254.11.2", "169.254.11.1", 1), "are not two of one net of /30");
    bad(aws_edited("gw1.xml", "28800", "60", 1), "ike/lifetime is \"60\", not a number from 900");
    bad(aws_edited("gw1.xml", "<asn>65000</asn>", "<asn>65000</asn><asn>65001</asn>", 1),
        "customer_gateway/bgp/asn stands there twice");
    bad(aws_edited("gw1.xml", "<ike>", "<ike></ike><ike>", 1), "ike stands there twice");
    bad(aws_edited("gw1.xml", "65000", "<b>65000</b>", 1), "holds no plain text");
    bad(aws_edited("gw1.xml", "cgw-00000000000000001", "cgw-1\"; rm", 1),
        "customer_gateway_id is no id of AWS");
}

/* A key is told to be wrong, and never shown. */
static void keeps_keys_to_itself(void **state)
{
    static const char key[] = "tun11.not_a_secret.only_for_tests";

    (void)state;
    bad(aws_edited("gw1.xml", key, "0x_not_a_secret", 1), "ike/pre_shared_key (not shown)");
    bad(aws_edited("gw1.xml", key, "short", 1), "ike/pre_shared_key (not shown)");
    bad(aws_edited("gw1.xml", key, "not_a_secret\"\n}", 1), "ike/pre_shared_key (not shown)");
    bad(aws_edited("gw1.xml", key, "not_a_secret &amp; such", 1), "ike/pre_shared_key (not shown)");
    bad(aws_edited("gw1.xml", key, "&not_a_secret;", 1), "it is no well-formed XML");
    bad(aws_edited("gw1.xml", key, "<not_a_secret>", 1), "it is no well-formed XML");
    bad(aws_edited("gw1.xml", key,
                   "not_a_secret_not_a_secret_not_a_secret_not_a_secret_not_a_secret_not_a_secret",
                   1),
        "ike/pre_shared_key holds no plain text of up to 64 characters");
}

/* ---- hostile ones ---- */

static void refuses_every_document_type(void **state)
{
    static const char laughs[] =
        "<!DOCTYPE vpn_connection [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">"
        "<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\"><!ENTITY d "
        "\"&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;\">"
        "<!ENTITY e \"&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;\"><!ENTITY f "
        "\"&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;\">"
        "<!ENTITY g \"&f;&f;&f;&f;&f;&f;&f;&f;&f;&f;\"><!ENTITY h "
        "\"&g;&g;&g;&g;&g;&g;&g;&g;&g;&g;\">]>"
        "<vpn_connection id=\"vpn-1\">";
    static const char *const types[] = {
        laughs,
        "<!DOCTYPE vpn_connection><vpn_connection ",
        "<!DOCTYPE vpn_connection SYSTEM \"file:///etc/passwd\"><vpn_connection ",
        "<!DOCTYPE vpn_connection PUBLIC \"x\" \"http://127.0.0.1:9/x.dtd\"><vpn_connection ",
        "<!DOCTYPE v [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><vpn_connection ",
        "<!DOCTYPE v [<!ENTITY % x SYSTEM \"http://127.0.0.1:9/\"> %x;]><vpn_connection ",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        bad(aws_edit(aws_edited("gw1.xml", "65000", i == 0 ? "&h;" : "&x;", 1), "<vpn_connection ",
                     types[i], 1),
            "it has a document type");
}

static void bounds_size_and_depth(void **state)
{
    size_t deep = 20000, size = AWS_XML_MAX + 1;
    char *text = calloc(1, size + 1), *nest = calloc(1, deep * 3 + 1);

    (void)state;
    assert_true(text != NULL && nest != NULL);
    memset(text, 'x', size);
    bad(text, "it is larger than 256 KiB");
    for (size_t i = 0; i < deep; i++)
        memcpy(nest + i * 3, "<a>", 3);
    bad(nest, "it is no well-formed XML");
}

static void says_what_encoding_it_cannot_read(void **state)
{
    (void)state;
    bad(aws_edited("gw1.xml", "65000", "\xe9", 1), "no UTF-8 text");
    /* The bytes count, not what the document says of them. */
    bad(aws_edit(aws_edited("gw1.xml", "UTF-8", "ISO-8859-1", 1), "65000", "\xe9", 1),
        "no UTF-8 text");
}

/* Every beginning of a file is refused, and read without a fault. */
static void refuses_every_cut(void **state)
{
    char *text = aws_file("gw1.xml");
    struct aws_connection c;
    char err[ERR_MAX];
    size_t size = strlen(text);

    (void)state;
    for (size_t cut = 0; cut < size - strlen("</vpn_connection>\n"); cut++) {
        char *copy = malloc(cut + 1); /* exactly so long, for the sanitizer to see the end */
        assert_non_null(copy);
        memcpy(copy, text, cut);
        assert_false(aws_parse(copy, cut, &c, err));
        assert_no_key(err);
        free(copy);
    }
    free(text);
}

/* ---- what it comes in ---- */

static struct sources taken(const char *text)
{
    struct sources sources = {0};
    char err[SOURCE_ERR] = "";

    if (!source_read("the file", text, strlen(text), &sources, err))
        fail_msg("%s", err);
    return sources;
}

static void refused(char *text, size_t size, const char *words)
{
    struct sources sources = {0};
    char err[SOURCE_ERR] = "";

    if (source_read("the file", text, size, &sources, err))
        fail_msg("was taken; it should have said \"%s\"", words);
    if (strncmp(err, "the file: ", 10) != 0 || strstr(err, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err, words);
    assert_no_key(err);
    sources_free(&sources);
    free(text);
}

static void refused_text(const char *text, const char *words)
{
    refused(strdup(text), strlen(text), words);
}

static void finds_connections_in_json(void **state)
{
    char *text = aws_file("pair.json");
    struct sources sources = taken(text);

    (void)state;
    assert_int_equal(sources.count, 2); /* the deleted one is not among them */
    assert_string_equal(sources.item[0].connection.id, "vpn-00000000000000001");
    assert_string_equal(sources.item[1].connection.id, "vpn-00000000000000002");
    assert_string_equal(sources.item[1].connection.tunnel[0].key,
                        "tun21.not_a_secret.only_for_tests");
    sources_free(&sources);
    free(text);
}

/* With --query, the XML itself as a JSON string, or a list of such. */
static void finds_connections_in_what_query_leaves(void **state)
{
    char *xml = aws_edited("gw1.xml", "\"", "\\\"", 0), *text;
    struct sources sources;

    (void)state;
    xml = aws_edit(xml, "\n", "\\n", 0);
    assert_true(asprintf(&text, "\n[\"%s\", \"other\"]\n", xml) > 0);
    sources = taken(text);
    assert_int_equal(sources.count, 1);
    sources_free(&sources);
    free(text);
    assert_true(asprintf(&text, "\"%s\"", xml) > 0);
    sources = taken(text);
    assert_int_equal(sources.count, 1);
    sources_free(&sources);
    free(text);
    free(xml);
}

/* One that cannot be read is kept with the reason: maybe nobody wants it. */
static void keeps_the_reason(void **state)
{
    char *text = aws_edited("pair.json", "<asn>65000</asn>", "", 3);
    struct sources sources = taken(text);

    (void)state;
    assert_int_equal(sources.count, 2);
    assert_non_null(strstr(sources.item[0].wrong, "customer_gateway/bgp/asn is missing"));
    assert_string_equal(sources.item[0].connection.tunnel[0].key, "");
    assert_string_equal(sources.item[1].wrong, "");
    sources_free(&sources);
    free(text);
}

static void a_byte_order_mark_is_let_pass(void **state)
{
    char *xml = aws_file("gw1.xml"), *text;
    struct sources sources;

    (void)state;
    assert_true(asprintf(&text, "\xef\xbb\xbf\r\n %s", xml) > 0);
    sources = taken(text);
    assert_int_equal(sources.count, 1);
    sources_free(&sources);
    free(text);
    free(xml);
}

static void says_what_a_file_is_not(void **state)
{
    char *half = aws_file("pair.json"), *zero = calloc(1, 64);

    (void)state;
    refused_text("", "it is empty");
    refused_text(" \r\n\t", "it is empty");
    refused_text("! Amazon Web Services\n! Virtual Private Cloud\n", "it is neither XML nor JSON");
    refused_text("{}", "it holds no CustomerGatewayConfiguration");
    refused_text("[null, 1, {\"State\": null, \"x\": {\"State\": 7}}]",
                 "it holds no CustomerGatewayConfiguration");
    refused_text("{\"VpnConnections\": [}", "line 1: it is no JSON");
    refused_text("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
                 "it is no JSON");
    refused_text("{\"CustomerGatewayConfiguration\": \"\"}", "it is no well-formed XML");
    refused_text("{\"CustomerGatewayConfiguration\": \"<x/>\"}", "outermost element");
    refused(zero, 64, "it is neither XML nor JSON");
    refused(half, strlen(half) / 2, "the JSON ends too early");
    char *wide = malloc(8);
    assert_non_null(wide);
    memcpy(wide, "\xff\xfe<\0?\0x\0", 8);
    refused(wide, 8, "it is UTF-16");
    char *two = aws_file("gw1.xml"), *both;
    assert_true(asprintf(&both, "%s%s", two, two) > 0);
    free(two);
    refused(both, strlen(both), "more follows after the end of the document");
    char *large = malloc(SOURCE_MAX + 1);
    assert_non_null(large);
    memset(large, ' ', SOURCE_MAX + 1);
    refused(large, SOURCE_MAX + 1, "it is too large");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_aws_writes),
        cmocka_unit_test(orders_tunnels_and_trims),
        cmocka_unit_test(orders_by_number),
        cmocka_unit_test(does_without_what_is_not_needed),
        cmocka_unit_test(knows_static_routes),
        cmocka_unit_test(takes_xml_as_xml_is),
        cmocka_unit_test(names_what_is_missing),
        cmocka_unit_test(names_what_is_wrong),
        cmocka_unit_test(keeps_keys_to_itself),
        cmocka_unit_test(refuses_every_document_type),
        cmocka_unit_test(bounds_size_and_depth),
        cmocka_unit_test(says_what_encoding_it_cannot_read),
        cmocka_unit_test(refuses_every_cut),
        cmocka_unit_test(finds_connections_in_json),
        cmocka_unit_test(finds_connections_in_what_query_leaves),
        cmocka_unit_test(keeps_the_reason),
        cmocka_unit_test(a_byte_order_mark_is_let_pass),
        cmocka_unit_test(says_what_a_file_is_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
