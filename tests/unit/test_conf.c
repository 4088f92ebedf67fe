/* Reading cgwha.conf: what a good file sets, and what is said of a bad one, to the line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/profile.h"

/* The data is named without a folder, so that the expected errors are. */
static int enter_data(void **state)
{
    char path[4096];

    (void)state;
    snprintf(path, sizeof(path), "%s/tests/conf",
             getenv("TOP_SRCDIR") ? getenv("TOP_SRCDIR") : ".");
    return chdir(path);
}

static void read_ok(const char *path, struct conf *conf)
{
    char err[ERR_MAX] = "";

    memset(conf, 0xa5, sizeof(*conf));
    if (!conf_read(path, conf, err))
        fail_msg("%s", err);
}

static void assert_prefixes(const struct conf *conf, const char *const *expected, unsigned count)
{
    char text[PREFIX_TEXT];

    assert_int_equal(conf->router.prefixes.count, count);
    for (unsigned i = 0; i < count; i++)
        assert_string_equal(prefix_text(&conf->router.prefixes.item[i], text), expected[i]);
}

static void assert_session(const struct conf *conf, unsigned i, const char *name, int offset,
                           bool lan)
{
    assert_string_equal(conf->router.session[i].name, name);
    assert_int_equal(conf->router.session[i].med_offset, offset);
    assert_int_equal(conf->router.session[i].lan, lan);
}

static void assert_level(const struct conf *conf, enum level level, struct level_attr expected)
{
    const struct level_attr *is = &conf->router.level[level];

    assert_int_equal(is->med, expected.med);
    assert_int_equal(is->lan_med, expected.lan_med);
    assert_int_equal(is->prepend, expected.prepend);
    assert_int_equal(is->lan_prepend, expected.lan_prepend);
    assert_int_equal(is->gshut, expected.gshut);
}

static void test_good_top(void **state)
{
    static const char *const prefixes[] = {"10.20.0.0/16", "10.21.0.0/16", "192.0.2.0/24",
                                           "fd00:20::/48"};
    struct conf conf;

    (void)state;
    read_ok("good.conf", &conf);
    assert_prefixes(&conf, prefixes, 4);
    assert_int_equal(conf.router.asn, 64999);
    assert_string_equal(conf.state_dir, "/srv/state");
    assert_string_equal(conf.run_dir, "/srv/run");
    assert_string_equal(conf.corosync_conf, "/srv/corosync.conf");
    assert_string_equal(conf.group, "netops");
    assert_string_equal(conf.profile, "gcp");
    assert_string_equal(conf.router.socket, "/srv/bird.ctl");
    assert_string_equal(conf.router.level_file, "/srv/level.conf");
    assert_string_equal(conf.ipsec.socket, "/srv/charon.vici");
}

static void test_good_tunnels(void **state)
{
    struct conf conf;

    (void)state;
    read_ok("good.conf", &conf);
    assert_int_equal(conf.tunnels, 3);
    assert_int_equal(conf.lans, 2);
    assert_int_equal(conf.router.count, 5);
    assert_int_equal(conf.ipsec.count, 3);
    assert_string_equal(conf.tunnel_name[0], "first");
    assert_string_equal(conf.tunnel_name[1], "second");
    assert_string_equal(conf.tunnel_name[2], "third");
    assert_string_equal(conf.lan_name[0], "inside");
    assert_string_equal(conf.lan_name[1], "dmz");
    assert_session(&conf, 0, "s1", 0, false);
    assert_session(&conf, 1, "s2", -5, false);
    assert_session(&conf, 2, "third", 0, false);
    assert_session(&conf, 3, "lan_a", 0, true);
    assert_true(router_session_is_ospf(&conf.router.session[3]));
    assert_false(router_session_is_ospf(&conf.router.session[4]));
    assert_session(&conf, 4, "dmz", 0, true);
    assert_session(&conf, 5, "", 0, false);
    assert_string_equal(conf.ipsec.tunnel[0].ike, "c1");
    assert_string_equal(conf.ipsec.tunnel[0].child, "k1");
    assert_string_equal(conf.ipsec.tunnel[1].ike, "c1");
    assert_string_equal(conf.ipsec.tunnel[1].child, "k2");
    assert_string_equal(conf.ipsec.tunnel[2].ike, "third");
    assert_string_equal(conf.ipsec.tunnel[2].child, "third");
}

static void test_good_tracks(void **state)
{
    struct conf conf;
    char text[PREFIX_TEXT];

    (void)state;
    read_ok("good.conf", &conf);
    assert_int_equal(conf.tracks, 1);
    assert_string_equal(conf.track[0].name, "inside");
    assert_string_equal(conf.track[0].interface, "eth1");
    assert_string_equal(conf.track[0].ping, "fd00:20::1");
    assert_string_equal(prefix_text(&conf.track[0].route, text), "10.20.0.0/16");
    assert_string_equal(conf.track[0].command, "/usr/bin/test -e /run/well");
    assert_int_equal(conf.track[0].interval_ms, 500);
    assert_int_equal(conf.track[0].rise, 5);
    assert_int_equal(conf.track[0].fall, 2);
    assert_string_equal(conf.tunnel_ping[0], "169.254.11.1");
    assert_string_equal(conf.tunnel_ping[1], "");
    assert_int_equal(conf.ping_interval_ms, 2000);
    assert_int_equal(conf.ping_rise, 4);
    assert_int_equal(conf.ping_fall, 6);
}

static void test_good_levels_and_timing(void **state)
{
    struct conf conf;

    (void)state;
    read_ok("good.conf", &conf);
    assert_level(&conf, LEVEL_HIGH, (struct level_attr){30, 11, 1, 0, true});
    assert_level(&conf, LEVEL_NORMAL, (struct level_attr){300, 22, 2, 1, true});
    assert_level(&conf, LEVEL_LOW, (struct level_attr){3000, 33, 3, 2, false});
    assert_int_equal(conf.settle_ms, 1500);
    assert_int_equal(conf.settle_deadline_ms, 120000);
    assert_int_equal(conf.settle_pps, 7);
    assert_int_equal(conf.soak_ms, 3600000);
    assert_int_equal(conf.grace_ms, 0);
    assert_int_equal(conf.hook_limit_ms, 2000);
    assert_string_equal(conf.hooks_dir, "/srv/hooks");
    assert_string_equal(conf.vrrp_file, "/srv/vrrp");
    assert_int_equal(conf.freshen_horizon_s, 90);
}

/* The defaults that are right for AWS. */
static void test_defaults(void **state)
{
    struct conf conf;

    (void)state;
    read_ok("minimal.conf", &conf);
    assert_int_equal(conf.lans, 0);
    assert_session(&conf, 0, "tun11", 0, false);
    assert_level(&conf, LEVEL_HIGH, (struct level_attr){10, 10, 0, 0, false});
    assert_level(&conf, LEVEL_NORMAL, (struct level_attr){100, 100, 0, 0, false});
    assert_level(&conf, LEVEL_LOW, (struct level_attr){1000, 1000, 1, 0, true});
    assert_int_equal(conf.settle_ms, 2000);
    assert_int_equal(conf.settle_deadline_ms, 60000);
    assert_int_equal(conf.settle_pps, 20);
    assert_int_equal(conf.soak_ms, 30000);
    assert_int_equal(conf.grace_ms, 5000);
    assert_int_equal(conf.hook_limit_ms, 10000);
    assert_string_equal(conf.hooks_dir, "/etc/cgwha/hooks.d");
    assert_string_equal(conf.vrrp_file, "/run/cgwha/vrrp");
    assert_int_equal(conf.freshen_horizon_s, 600);
    assert_string_equal(conf.state_dir, "/var/lib/cgwha");
    assert_string_equal(conf.run_dir, "/run/cgwha");
    assert_string_equal(conf.corosync_conf, "/etc/corosync/corosync.conf");
    assert_string_equal(conf.group, "");
    assert_string_equal(conf.router.socket, "/run/bird/bird.ctl");
    assert_string_equal(conf.router.level_file, "/run/cgwha/level.bird.conf");
    assert_string_equal(conf.ipsec.socket, "/var/run/charon.vici");
}

/* The generic profile is what a file without one gets, whole; only the name says so. */
static void test_generic_changes_nothing(void **state)
{
    (void)state;
    for (enum key_id id = 0; id < KEYS; id++)
        assert_ptr_equal(profile_default(&conf_profiles[PROFILE_GENERIC], id),
                         conf_keys[id].fallback);
}

static void test_profile(void **state)
{
    struct conf conf;

    (void)state;
    read_ok("profile.conf", &conf);
    assert_string_equal(conf.profile, "azure");
    assert_level(&conf, LEVEL_HIGH, (struct level_attr){10, 10, 0, 0, false});
    assert_level(&conf, LEVEL_NORMAL, (struct level_attr){100, 100, 1, 0, false});
    assert_level(&conf, LEVEL_LOW, (struct level_attr){1000, 1000, 3, 0, true});
    assert_int_equal(conf.settle_ms, 5000);
    assert_int_equal(conf.settle_deadline_ms, 180000);
    assert_int_equal(conf.soak_ms, 45000);
}

/* Each profile is one that the parser takes, with nothing but its name in the file. */
static void test_each_profile(void **state)
{
    (void)state;
    for (unsigned i = 0; i < PROFILES; i++) {
        char path[] = "/tmp/cgwha-profile.XXXXXX";
        struct conf conf;
        int fd = mkstemp(path);

        assert_true(fd >= 0);
        dprintf(fd, "prefixes = { \"10.20.0.0/16\" }\nasn = 65000\ntunnel tun11 { }\n");
        dprintf(fd, "profile = \"%s\"\n", conf_profiles[i].name);
        close(fd);
        read_ok(path, &conf);
        unlink(path);
        const struct level_attr *level = conf.router.level;
        if (conf_profiles[i].by_path) {
            assert_true(level[LEVEL_HIGH].prepend < level[LEVEL_NORMAL].prepend);
            assert_true(level[LEVEL_NORMAL].prepend < level[LEVEL_LOW].prepend);
        } else {
            assert_int_equal(level[LEVEL_NORMAL].prepend, 0);
        }
    }
}

/* Everything that does not depend on the text has to be the same bytes, padding included. */
static void test_same_bytes(void **state)
{
    struct conf a, b;

    (void)state;
    read_ok("good.conf", &a);
    memset(&b, 0x5a, sizeof(b));
    read_ok("good.conf", &b);
    assert_memory_equal(&a, &b, sizeof(a));
}

/* What is said of one bad file; it leaves the struct alone. */
static void read_bad(const char *path, char err[ERR_MAX])
{
    struct conf conf, before;

    memset(&conf, 0xa5, sizeof(conf));
    before = conf;
    memset(err, 'x', ERR_MAX);
    if (conf_read(path, &conf, err))
        fail_msg("%s was taken for good", path);
    assert_memory_equal(&conf, &before, sizeof(conf));
}

/* bad.expected has one line for each bad-*.conf, in order of their names. */
static void test_bad_files(void **state)
{
    char line[ERR_MAX * 2], err[ERR_MAX];
    FILE *expected = fopen("bad.expected", "r");
    glob_t files;
    size_t i;

    (void)state;
    assert_non_null(expected);
    assert_int_equal(glob("bad-*.conf", 0, NULL, &files), 0);
    assert_true(files.gl_pathc > 60);
    for (i = 0; fgets(line, sizeof(line), expected) != NULL; i++) {
        line[strcspn(line, "\n")] = '\0';
        assert_true(i < files.gl_pathc);
        read_bad(files.gl_pathv[i], err);
        assert_string_equal(err, line);
    }
    assert_int_equal(i, files.gl_pathc);
    globfree(&files);
    fclose(expected);
}

static void assert_refused(const char *path, const char *expected)
{
    char err[ERR_MAX];

    read_bad(path, err);
    assert_string_equal(err, expected);
}

static void test_no_file(void **state)
{
    (void)state;
    assert_refused("/nonexistent/cgwha.conf",
                   "/nonexistent/cgwha.conf: cannot be read: No such file or directory");
    assert_refused("/", "/: cannot be read: it is not a file");
    assert_refused("/dev/null", "/dev/null:1: prefixes: is missing; allowed: 1 to 64 prefixes, "
                                "each once, as { \"10.20.0.0/16\" }");
    assert_refused("/dev/zero",
                   "/dev/zero: is larger than 256 KiB; it is no configuration of ours");
}

/* A file with these bytes; the caller unlinks it. */
static void write_file(char path[32], const void *bytes, size_t length)
{
    strlcpy(path, "/tmp/cgwha-conf.XXXXXX", 32);
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, length), length);
    close(fd);
}

static void test_zero_byte(void **state)
{
    static const char bytes[] = "asn = 65000\n\0prefixes";
    char path[32], expected[ERR_MAX];

    (void)state;
    write_file(path, bytes, sizeof(bytes) - 1);
    snprintf(expected, sizeof(expected), "%s: holds a zero byte; it is no text", path);
    assert_refused(path, expected);
    unlink(path);
}

/* An error is cut to its size, never past it, however long everything in it is. */
static void test_long_error(void **state)
{
    char text[5000], path[32], err[ERR_MAX];

    (void)state;
    memset(text, 'k', sizeof(text));
    write_file(path, text, sizeof(text));
    read_bad(path, err);
    assert_non_null(memchr(err, '\0', ERR_MAX));
    assert_non_null(strstr(err, ":1: "));
    unlink(path);
}

/* Every prefix of a good file, cut anywhere, is read to an end: good or refused with a line. */
static void test_cut_anywhere(void **state)
{
    char text[8192], path[32], err[ERR_MAX];
    FILE *file = fopen("good.conf", "r");
    struct conf conf;

    (void)state;
    assert_non_null(file);
    size_t length = fread(text, 1, sizeof(text), file);
    fclose(file);
    assert_true(length > 1000 && length < sizeof(text));
    for (size_t cut = 0; cut < length; cut++) {
        write_file(path, text, cut);
        if (!conf_read(path, &conf, err))
            assert_int_equal(strncmp(err, path, strlen(path)), 0);
        unlink(path);
    }
}

/* The pair as shipped: both parse, agree on what must be equal, and outbid each other in order. */
static void test_pair(void **state)
{
    struct conf gw1, gw2;

    (void)state;
    read_ok("../../conf/samples/gw1/cgwha.conf", &gw1);
    read_ok("../../conf/samples/gw2/cgwha.conf", &gw2);
    assert_int_equal(gw1.router.asn, gw2.router.asn);
    assert_int_equal(prefix_list_digest(&gw1.router.prefixes),
                     prefix_list_digest(&gw2.router.prefixes));
    for (unsigned level = LEVEL_LOW; level <= LEVEL_HIGH; level++) {
        assert_true(gw1.router.level[level].med < gw2.router.level[level].med);
        assert_true(gw1.router.level[level].lan_med < gw2.router.level[level].lan_med);
    }
    assert_true(gw2.router.level[LEVEL_HIGH].med < gw1.router.level[LEVEL_NORMAL].med);
    assert_true(gw2.router.level[LEVEL_NORMAL].med < gw1.router.level[LEVEL_LOW].med);
    assert_true(gw2.router.level[LEVEL_HIGH].lan_med < gw1.router.level[LEVEL_NORMAL].lan_med);
    assert_true(gw2.router.level[LEVEL_NORMAL].lan_med < gw1.router.level[LEVEL_LOW].lan_med);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_top),
        cmocka_unit_test(test_good_tunnels),
        cmocka_unit_test(test_good_tracks),
        cmocka_unit_test(test_good_levels_and_timing),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_generic_changes_nothing),
        cmocka_unit_test(test_profile),
        cmocka_unit_test(test_each_profile),
        cmocka_unit_test(test_same_bytes),
        cmocka_unit_test(test_bad_files),
        cmocka_unit_test(test_no_file),
        cmocka_unit_test(test_zero_byte),
        cmocka_unit_test(test_long_error),
        cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_pair),
    };
    return cmocka_run_group_tests_name("conf", tests, enter_data, NULL);
}
