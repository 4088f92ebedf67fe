/* The command line of cgwha import. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "agent/cli_import.h"

#define WORDS_MAX 40

static bool parse(const char *line, struct wish *out, bool *help, char err[ERR_MAX])
{
    static char copy[1024]; /* the wish points into it */
    char *argv[WORDS_MAX + 1] = {NULL}, *rest = copy;
    int argc = 0;

    strlcpy(copy, line, sizeof(copy));
    while (argc < WORDS_MAX && (argv[argc] = strsep(&rest, " ")) != NULL)
        argc++;
    argv[argc] = NULL;
    return import_parse(argc, argv, out, help, err);
}

static struct wish good(const char *line)
{
    char err[ERR_MAX] = "";
    struct wish wish;
    bool help;

    if (!parse(line, &wish, &help, err))
        fail_msg("%s: %s", line, err);
    assert_false(help);
    return wish;
}

static void bad(const char *line, const char *words)
{
    char err[ERR_MAX] = "";
    struct wish wish;
    bool help;

    if (parse(line, &wish, &help, err))
        fail_msg("%s: was taken", line);
    if (strstr(err, words) == NULL)
        fail_msg("%s: \"%s\" does not say \"%s\"", line, err, words);
}

static void takes_the_least(void **state)
{
    struct wish w = good("import aws one.xml two.xml --output dir");

    (void)state;
    assert_int_equal(w.files, 2);
    assert_string_equal(w.file[0], "one.xml");
    assert_string_equal(w.file[1], "two.xml");
    assert_string_equal(w.output, "dir");
    assert_int_equal(w.names + w.connections + w.rings + w.shared.count + w.cloud.count, 0);
    assert_int_equal(w.device, DEVICE_XFRM);
    assert_false(w.file_ciphers);
    assert_int_equal(w.token_ms, 500);
    assert_string_equal(good("import --output=d aws -").file[0], "-");
}

static void takes_everything(void **state)
{
    struct wish w =
        good("import aws pair.json --output d --connection vpn-2 --connection vpn-1 --name a "
             "--name b --prefix 10.21.0.0/16 --prefix 10.20.0.0/16 --cloud-prefix "
             "10.0.0.0/16 --lan-interface eth1 --lan-address 10.20.0.1,10.20.0.2 "
             "--lan-router 10.20.0.10,65010 --ring 172.16.0.1,172.16.0.2 --ring "
             "fd00::1,fd00::2 --local-address 192.0.2.1,192.0.2.2 --vti --file-ciphers "
             "--token 1000 --router frr");

    (void)state;
    assert_string_equal(w.connection[0], "vpn-2");
    assert_string_equal(w.connection[1], "vpn-1");
    assert_string_equal(w.name[0], "a");
    assert_string_equal(w.name[1], "b");
    assert_int_equal(w.shared.count, 2);
    assert_int_equal(w.shared.item[0].addr[1], 20);
    assert_int_equal(w.cloud.count, 1);
    assert_string_equal(w.lan_interface, "eth1");
    assert_string_equal(w.lan[1], "10.20.0.2");
    assert_string_equal(w.router, "10.20.0.10");
    assert_int_equal(w.router_asn, 65010);
    assert_string_equal(w.ring[0][0], "172.16.0.1");
    assert_string_equal(w.ring[1][1], "fd00::2");
    assert_string_equal(w.local[0], "192.0.2.1");
    assert_int_equal(w.device, DEVICE_VTI);
    assert_int_equal(w.bgp, BGP_FRR);
    assert_true(w.file_ciphers);
    assert_int_equal(w.token_ms, 1000);
}

static void takes_ipv6(void **state)
{
    char err[ERR_MAX];
    struct wish w;
    bool help;

    (void)state;
    if (!parse("import aws f --output d --prefix fd20:20::/48 --cloud-prefix fd10::/48 "
               "--lan-address fd20:20:0::1,fd20:20::2 --lan-router FD20:20::10,65010",
               &w, &help, err))
        fail_msg("%s", err);
    assert_int_equal(w.shared.item[0].family, 6);
    assert_int_equal(w.cloud.item[0].family, 6);
    assert_string_equal(w.lan[0], "fd20:20::1");
    assert_string_equal(w.router, "fd20:20::10");
    assert_int_equal(w.router_asn, 65010);
}

static void asks_for_help(void **state)
{
    char err[ERR_MAX];
    struct wish wish;
    bool help;

    (void)state;
    assert_true(parse("import --help", &wish, &help, err) && help);
    assert_true(parse("import aws -h", &wish, &help, err) && help);
}

static void refuses(void **state)
{
    (void)state;
    bad("import", "say whose files they are: cgwha import aws FILE");
    bad("import azure x", "say whose files they are");
    bad("import aws", "name the file");
    bad("import aws f", "--output DIR is missing");
    bad("import aws f --output", "--output needs a value");
    bad("import aws 1 2 3 4 5 6 7 8 9 --output d", "more than 8 files");
    bad("import aws f --frob", "no option --frob; see cgwha import --help");
    bad("import aws f --output d --name ..", "--name takes 1 to 31");
    bad("import aws f --output d --name a/b", "--name takes 1 to 31");
    bad("import aws f --output d --name README", "--name takes 1 to 31");
    bad("import aws f --output d --name a --name b --name c", "more than twice");
    bad("import aws f --output d --prefix 10.20.0.1/16", "write 10.20.0.0/16");
    bad("import aws f --output d --cloud-prefix 0.0.0.0/0", "the default route");
    bad("import aws f --output d --cloud-prefix ::/0", "the default route");
    bad("import aws f --output d --prefix fd20::1/48", "write fd20::/48");
    bad("import aws f --output d --prefix 10.20.0.0/16 --prefix 10.20.0.0/16", "--prefix: ");
    bad("import aws f --output d --lan-address 10.20.0.1", "takes two different addresses");
    bad("import aws f --output d --lan-address 10.20.0.1,10.20.0.1",
        "takes two different addresses");
    bad("import aws f --output d --lan-address fd20::1,10.20.0.2",
        "one is IPv4 and the other IPv6");
    bad("import aws f --output d --lan-interface a\"b", "takes an interface's name");
    bad("import aws f --output d --lan-interface much-too-long-a-name",
        "takes an interface's name");
    bad("import aws f --output d --lan-router 10.20.0.10", "as 10.20.0.10,65010");
    bad("import aws f --output d --lan-router 10.20.0.10,0", "as 10.20.0.10,65010");
    bad("import aws f --output d --lan-router fd20::x,65010", "as 10.20.0.10,65010");
    bad("import aws f --output d --ring a,b", "--ring takes two different addresses");
    bad("import aws f --output d --ring 1.1.1.1,1.1.1.2 --ring 1.1.2.1,1.1.2.2 --ring "
        "1.1.3.1,1.1.3.2",
        "--ring is given more than 2 times");
    bad("import aws f --output d --router quagga", "--router takes bird or frr");
    bad("import aws f --output d --token 5s", "--token takes milliseconds, 100 to 30000");
    bad("import aws f --output d --connection a --connection b --connection c", "twice, not \"c\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_the_least), cmocka_unit_test(takes_everything),
        cmocka_unit_test(takes_ipv6),      cmocka_unit_test(asks_for_help),
        cmocka_unit_test(refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
