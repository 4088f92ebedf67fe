/* The route-maps of the levels: what cgwhad -r prints is what the sample has, and what read-back
 * demands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "routing/frr_level.h"

static const char *top(void)
{
    const char *dir = getenv("TOP_SRCDIR");
    return dir != NULL ? dir : ".";
}

static void printed(const struct router_conf *conf, char out[8192])
{
    FILE *file = fmemopen(out, 8192, "w");

    assert_non_null(file);
    router_frr_text(conf, file);
    assert_int_equal(fclose(file), 0);
}

static void the_sample_has_what_is_printed(void **state)
{
    struct conf conf;
    char path[512], err[ERR_MAX], maps[8192], sample[16384];
    (void)state;

    snprintf(path, sizeof(path), "%s/conf/samples/gw1/cgwha.conf", top());
    if (!conf_read(path, &conf, err))
        fail_msg("%s", err);
    printed(&conf.router, maps);
    snprintf(path, sizeof(path), "%s/conf/samples/gw1/frr.conf", top());
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t len = fread(sample, 1, sizeof(sample) - 1, file);
    fclose(file);
    sample[len] = '\0';
    if (strstr(sample, maps) == NULL)
        fail_msg("%s has not, as it stands:\n%s", path, maps);
}

static void each_level_sets_its_own(void **state)
{
    struct router_conf conf = {.asn = 65000};
    char text[8192];
    (void)state;

    conf.level[LEVEL_LOW] = (struct level_attr){4294967295, 7, 3, 1, true};
    conf.level[LEVEL_NORMAL] = (struct level_attr){100, 101, 0, 0, false};
    printed(&conf, text);
    assert_non_null(strstr(text, "route-map CGWHA-CLOUD-LOW permit 10\n"
                                 " set metric 4294967295\n"
                                 " set as-path prepend 65000 65000 65000\n"
                                 " set community graceful-shutdown additive\nexit\n"));
    assert_non_null(strstr(text, "route-map CGWHA-LAN-LOW permit 10\n set metric 7\n"
                                 " set as-path prepend 65000\nexit\n"));
    assert_non_null(strstr(text, "route-map CGWHA-LAN-NORMAL permit 10\n set metric 101\nexit\n"));
    assert_non_null(strstr(text, "route-map CGWHA-CLOUD-WITHDRAWN deny 10\nexit\n"));
    assert_non_null(strstr(text, "route-map CGWHA-CLOUD permit 10\n call CGWHA-CLOUD-LOW\nexit\n"));
    assert_non_null(strstr(text, "route-map CGWHA-LAN permit 10\n call CGWHA-LAN-LOW\nexit\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sample_has_what_is_printed),
        cmocka_unit_test(each_level_sets_its_own),
    };
    return cmocka_run_group_tests_name("frr_level", tests, NULL, NULL);
}
