/* What is written for the two gateways, file by file against a golden, and how it gets on the disk.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/import/files.h"
#include "tests/unit/aws_files.h"
#include "tests/unit/golden.h"

static void add(struct prefix_list *list, const char *text)
{
    struct prefix prefix;
    char why[ERR_MAX];

    assert_true(prefix_parse(text, &prefix, why));
    assert_true(prefix_list_add(list, &prefix, why));
}

/* Of the connections in one file, or in two (NULL: there is no second). */
static void make_from(const char *one, const char *other, const struct wish *wish,
                      struct files *out)
{
    const char *const names[] = {one, other};
    char err[SITE_ERR] = "", why[ERR_MAX] = "";
    struct sources sources = {0};
    struct site site;

    for (unsigned i = 0; i < 2 && names[i] != NULL; i++) {
        char *text = aws_file(names[i]);
        if (!source_read(names[i], text, strlen(text), &sources, err))
            fail_msg("%s", err);
        free(text);
    }
    if (!site_make(&sources, wish, &site, err))
        fail_msg("%s", err);
    memset(site.cluster_key, 0x5a, sizeof(site.cluster_key));
    if (!files_make(&site, out, why))
        fail_msg("%s", why);
    sources_free(&sources);
}

/* The files of the two connections of the data. */
static void make(const struct wish *wish, struct files *out)
{
    make_from("pair.json", NULL, wish, out);
}

static void compare(const struct files *files, const char *folder)
{
    char name[256];

    for (unsigned i = 0; i < files->count; i++) {
        const struct file *file = &files->file[i];
        if (file->mode == 0400) {
            assert_int_equal(file->size, CLUSTER_KEY);
            continue;
        }
        snprintf(name, sizeof(name), "import/%s/%s", folder, file->path);
        for (char *c = name + strlen("import/") + strlen(folder) + 1; *c != '\0'; c++)
            *c = *c == '/' ? '.' : *c;
        assert_int_equal(strlen(file->text), file->size);
        golden_compare(name, file->text);
    }
}

/* Nothing is known but what AWS says. */
static void writes_with_words_to_be_filled_in(void **state)
{
    const struct wish none = {.token_ms = 500};
    struct files files;

    (void)state;
    make(&none, &files);
    compare(&files, "bare");
    assert_non_null(
        strstr(files.open, "FILL_IN_SHARED_PREFIX (--prefix)\n        gw1/etc/bird/bird.conf\n"));
    files_free(&files);
}

static struct wish everything(void)
{
    struct wish w = {.name = {"north", "south"},
                     .names = 2,
                     .local = {"192.0.2.1", "192.0.2.2"},
                     .ring = {{"172.16.0.1", "172.16.0.2"}, {"172.16.1.1", "172.16.1.2"}},
                     .rings = 2,
                     .lan_interface = "eth1",
                     .lan = {"10.20.0.1", "10.20.0.2"},
                     .router = "10.20.0.10",
                     .router_asn = 65010,
                     .device = DEVICE_VTI,
                     .file_ciphers = true,
                     .token_ms = 1000};

    add(&w.shared, "10.20.0.0/16");
    add(&w.shared, "10.21.0.0/16");
    add(&w.cloud, "10.0.0.0/16");
    return w;
}

static void writes_all_that_is_said(void **state)
{
    struct wish w = everything();
    struct files files;

    (void)state;
    make(&w, &files);
    compare(&files, "full");
    assert_string_equal(files.open, "");
    files_free(&files);
}

static void writes_for_frr(void **state)
{
    struct wish w = everything();
    struct files files;

    (void)state;
    w.bgp = BGP_FRR;
    make(&w, &files);
    for (unsigned i = 0; i < files.count; i++) {
        const char *path = files.file[i].path;
        assert_null(strstr(path, "bird"));
        if (strcmp(path, "south/etc/frr/frr.conf") == 0)
            golden_compare("import/full/south.etc.frr.frr.conf", files.file[i].text);
        else if (strcmp(path, "south/etc/cgwha/cgwha.conf") == 0)
            golden_compare("import/full/south.etc.cgwha.frr.conf", files.file[i].text);
        else if (strcmp(path, "README") == 0)
            golden_compare("import/full/README.frr", files.file[i].text);
    }
    files_free(&files);
    w = (struct wish){.bgp = BGP_FRR, .token_ms = 500};
    make(&w, &files);
    for (unsigned i = 0; i < files.count; i++) {
        if (strcmp(files.file[i].path, "gw1/etc/frr/frr.conf") == 0)
            golden_compare("import/bare/gw1.etc.frr.frr.conf", files.file[i].text);
    }
    assert_non_null(strstr(files.open, "        gw2/etc/frr/frr.conf\n"));
    files_free(&files);
}

/* IPv6 in the tunnels and outside, all that is said, and nothing. */
static void writes_for_ipv6(void **state)
{
    struct wish w = {.lan_interface = "lan",
                     .lan = {"fd20:20::1", "fd20:20::2"},
                     .ring = {{"fd16::1", "fd16::2"}},
                     .rings = 1,
                     .router = "fd20:20::10",
                     .router_asn = 65010,
                     .token_ms = 500};
    const struct wish none = {.token_ms = 500, .device = DEVICE_VTI};
    struct files files;

    (void)state;
    add(&w.shared, "fd20:20::/48");
    add(&w.shared, "fd20:21::/48");
    add(&w.cloud, "fd10::/48");
    make_from("gw1-ipv6.xml", "gw2-ipv6.xml", &w, &files);
    compare(&files, "ipv6");
    for (unsigned i = 0; i < files.count; i++) /* nothing of IPv4 is left but the router id */
        assert_true(files.file[i].mode == 0400 ||
                    (strstr(files.file[i].text, "ipv4") == NULL &&
                     strstr(files.file[i].text, "169.254") == NULL &&
                     strstr(files.file[i].text, "0.0.0.0/0") == NULL));
    files_free(&files);
    w.bgp = BGP_FRR;
    make_from("gw1-ipv6.xml", "gw2-ipv6.xml", &w, &files);
    for (unsigned i = 0; i < files.count; i++) {
        if (strcmp(files.file[i].path, "gw2/etc/frr/frr.conf") == 0)
            golden_compare("import/ipv6/gw2.etc.frr.frr.conf", files.file[i].text);
    }
    files_free(&files);
    make_from("gw1-ipv6.xml", "gw2-ipv6.xml", &none, &files);
    for (unsigned i = 0; i < files.count; i++) {
        if (strcmp(files.file[i].path, "gw1/etc/bird/bird.conf") == 0)
            golden_compare("import/ipv6/bare.bird.conf", files.file[i].text);
        else if (strcmp(files.file[i].path, "gw1/etc/systemd/network/60-tun11.netdev") == 0)
            golden_compare("import/ipv6/vti.netdev", files.file[i].text);
        else if (strcmp(files.file[i].path, "gw1/etc/sysctl.d/60-cgwha.conf") == 0)
            golden_compare("import/ipv6/vti.sysctl", files.file[i].text);
    }
    files_free(&files);
}

/* A router in the own AS: no rs client, nothing prepended. */
static void knows_a_router_of_the_own_as(void **state)
{
    struct wish w = everything();
    struct files files;

    (void)state;
    w.router_asn = 65000;
    make(&w, &files);
    for (unsigned i = 0; i < files.count; i++) {
        if (strcmp(files.file[i].path, "north/etc/bird/bird.conf") != 0)
            continue;
        const char *lan = strstr(files.file[i].text, "protocol bgp lan {");
        assert_non_null(lan);
        assert_non_null(strstr(lan, "if ! cgwha_lan(0) then reject;"));
        assert_null(strstr(lan, "rs client"));
    }
    files_free(&files);
}

/* A key stands in swanctl.conf, mode 0600, and nowhere else. */
static void keeps_keys_in_their_files(void **state)
{
    struct wish w = everything();
    struct files files;
    unsigned with = 0;

    (void)state;
    make(&w, &files);
    for (unsigned i = 0; i < files.count; i++) {
        const struct file *file = &files.file[i];
        bool has = memmem(file->text, file->size, "not_a_secret", 12) != NULL;
        assert_true(!has || (file->mode == 0600 && strstr(file->path, "swanctl") != NULL));
        with += has;
    }
    assert_int_equal(with, 2);
    files_free(&files);
}

/* ---- on the disk ---- */

static char work[64];

static int make_work(void **state)
{
    (void)state;
    strlcpy(work, "/tmp/cgwha-import-XXXXXX", sizeof(work));
    return mkdtemp(work) == NULL;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static int remove_work(void **state)
{
    (void)state;
    return nftw(work, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static mode_t mode_of(const char *below)
{
    struct stat st;
    char path[512];

    snprintf(path, sizeof(path), "%s/%s", work, below);
    if (stat(path, &st) != 0)
        fail_msg("%s: %s", path, strerror(errno));
    return st.st_mode & 07777;
}

static unsigned entries, folders;
static int count_entry(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)path;
    (void)st;
    (void)ftw;
    entries += flag == FTW_F;
    folders += flag == FTW_D;
    return 0;
}

static void count_work(void)
{
    entries = folders = 0;
    nftw(work, count_entry, 16, FTW_PHYS);
}

static void saves_with_modes_whatever_the_umask(void **state)
{
    const struct wish none = {.token_ms = 500};
    static const mode_t masks[] = {0, 022, 077};
    char dir[128], name[160], err[SITE_ERR];
    struct files files;

    (void)state;
    make(&none, &files);
    for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
        mode_t before = umask(masks[i]);
        snprintf(dir, sizeof(dir), "%s/out%zu/", work, i);
        bool good = files_may_save(dir, err) && files_save(&files, dir, err);
        umask(before);
        if (!good)
            fail_msg("%s", err);
        snprintf(name, sizeof(name), "out%zu", i);
        assert_int_equal(mode_of(name), 0700);
        snprintf(name, sizeof(name), "out%zu/gw1/etc/systemd/networkd.conf.d", i);
        assert_int_equal(mode_of(name), 0755);
        snprintf(name, sizeof(name), "out%zu/gw2/etc/swanctl/conf.d/cgwha.conf", i);
        assert_int_equal(mode_of(name), 0600);
        snprintf(name, sizeof(name), "out%zu/gw1/etc/corosync/authkey", i);
        assert_int_equal(mode_of(name), 0400);
        snprintf(name, sizeof(name), "out%zu/gw1/etc/bird/bird.conf", i);
        assert_int_equal(mode_of(name), 0644);
    }
    count_work();
    assert_int_equal(entries, 3 * files.count);
    files_free(&files);
}

static void overwrites_nothing(void **state)
{
    const struct wish none = {.token_ms = 500};
    char dir[128], err[SITE_ERR];
    struct files files;

    (void)state;
    make(&none, &files);
    snprintf(dir, sizeof(dir), "%s/taken", work);
    assert_int_equal(mkdir(dir, 0755), 0);
    assert_true(files_may_save(dir, err)); /* empty: may be had */
    assert_true(files_save(&files, dir, err));
    assert_int_equal(mode_of("taken"), 0700);
    assert_false(files_may_save(dir, err));
    assert_non_null(strstr(err, "it is not empty"));
    count_work();
    unsigned had = entries, had_folders = folders;
    assert_false(
        files_save(&files, dir, err)); /* asked all the same: nothing changes, nothing stays */
    assert_non_null(strstr(err, "it is not empty any more"));
    count_work();
    assert_int_equal(entries, had);
    assert_int_equal(folders, had_folders);
    snprintf(dir, sizeof(dir), "%s/taken/README", work);
    assert_false(files_may_save(dir, err));
    snprintf(dir, sizeof(dir), "%s/no/such", work);
    assert_true(files_may_save(dir, err));
    assert_false(files_save(&files, dir, err));
    assert_non_null(strstr(err, "No such file or directory"));
    assert_false(files_save(&files, "", err));
    files_free(&files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_with_words_to_be_filled_in),
        cmocka_unit_test(writes_all_that_is_said),
        cmocka_unit_test(writes_for_frr),
        cmocka_unit_test(writes_for_ipv6),
        cmocka_unit_test(knows_a_router_of_the_own_as),
        cmocka_unit_test(keeps_keys_in_their_files),
        cmocka_unit_test_setup_teardown(saves_with_modes_whatever_the_umask, make_work,
                                        remove_work),
        cmocka_unit_test_setup_teardown(overwrites_nothing, make_work, remove_work),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
