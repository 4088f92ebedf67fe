/* The level file: its text, its parse, and that it is only ever replaced whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "routing/bird_level.h"

static const struct router_conf conf = {
    .level = {[LEVEL_WITHDRAWN] = {.med = 7, .lan_med = 7, .prepend = 3, .gshut = true},
              [LEVEL_LOW] = {1000, 2000, 2, 1, true},
              [LEVEL_NORMAL] = {100, 200, 0, 0, false},
              [LEVEL_HIGH] = {10, 4294967295u, 3, 3, false}}};

static void the_defines_are_all_there(void **state)
{
    static const char *const want[LEVELS] = {
        "define CGWHA_LEVEL = 0;\ndefine CGWHA_MED = 0;\ndefine CGWHA_PREPEND = 0;\n"
        "define CGWHA_GSHUT = 0;\ndefine CGWHA_LAN_MED = 0;\ndefine CGWHA_LAN_PREPEND = 0;\n",
        "define CGWHA_LEVEL = 1;\ndefine CGWHA_MED = 1000;\ndefine CGWHA_PREPEND = 2;\n"
        "define CGWHA_GSHUT = 1;\ndefine CGWHA_LAN_MED = 2000;\ndefine CGWHA_LAN_PREPEND = 1;\n",
        "define CGWHA_LEVEL = 2;\ndefine CGWHA_MED = 100;\ndefine CGWHA_PREPEND = 0;\n"
        "define CGWHA_GSHUT = 0;\ndefine CGWHA_LAN_MED = 200;\ndefine CGWHA_LAN_PREPEND = 0;\n",
        "define CGWHA_LEVEL = 3;\ndefine CGWHA_MED = 10;\ndefine CGWHA_PREPEND = 3;\n"
        "define CGWHA_GSHUT = 0;\ndefine CGWHA_LAN_MED = 4294967295;\n"
        "define CGWHA_LAN_PREPEND = 3;\n"};
    (void)state;
    for (unsigned level = 0; level < LEVELS; level++) {
        char text[BIRD_LEVEL_SIZE];
        enum level again = LEVEL_WITHDRAWN;
        size_t n = router_bird_level_text(&conf, level, text, sizeof(text));
        assert_int_equal(n, strlen(text));
        const char *defines = strstr(text, "define ");
        assert_non_null(defines);
        assert_string_equal(defines, want[level]);
        assert_true(bird_level_parse(text, &again));
        assert_int_equal(again, level);
        /* Whatever is too small is refused, not cut. */
        for (size_t size = 0; size <= n; size++)
            assert_int_equal(router_bird_level_text(&conf, level, text, size), 0);
    }
}

static void what_is_not_ours_names_no_level(void **state)
{
    static const char *const bad[] = {"",
                                      "\n\n",
                                      "define CGWHA_LEVEL = 4;\n",
                                      "define CGWHA_LEVEL = 12;\n",
                                      "define CGWHA_LEVEL = ;\n",
                                      "define CGWHA_LEVEL = 2",
                                      "# define CGWHA_LEVEL = 2;\n",
                                      "define CGWHA_MED = 2;\n",
                                      "define CGWHA_LEVEL"};
    enum level level;
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(bird_level_parse(bad[i], &level));
    assert_true(bird_level_parse("# x\ndefine CGWHA_LEVEL = 3;", &level));
    assert_int_equal(level, LEVEL_HIGH);
}

struct place {
    char dir[64], file[PATH_LEN];
};

static int make_place(void **state)
{
    struct place *place = calloc(1, sizeof(*place));
    if (place == NULL)
        return -1;
    snprintf(place->dir, sizeof(place->dir), "/tmp/cgwha-level.XXXXXX");
    if (mkdtemp(place->dir) == NULL)
        return -1;
    snprintf(place->file, sizeof(place->file), "%s/level.bird.conf", place->dir);
    *state = place;
    return 0;
}

static int drop_place(void **state)
{
    struct place *place = *state;
    unlink(place->file);
    int gone = rmdir(place->dir); /* fails if a temporary file was left */
    free(place);
    return gone;
}

static void a_file_comes_back_and_all_may_read_it(void **state)
{
    struct place *place = *state;
    char text[BIRD_LEVEL_SIZE], err[ERR_MAX] = "";
    struct stat st;
    mode_t mask = umask(0077);

    assert_false(bird_level_read(place->file, text, err));
    assert_non_null(strstr(err, "No such file"));
    assert_true(bird_level_write(place->file, "one\n", err));
    assert_true(bird_level_write(place->file, "two\n", err));
    umask(mask);
    assert_true(bird_level_read(place->file, text, err));
    assert_string_equal(text, "two\n");
    assert_int_equal(stat(place->file, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0644);
}

static void a_reader_never_sees_half_a_file(void **state)
{
    struct place *place = *state;
    char err[ERR_MAX] = "", seen[8] = "";

    assert_true(bird_level_write(place->file, "old\n", err));
    FILE *reader = fopen(place->file, "r"); /* as BIRD in the middle of reading it */
    assert_non_null(reader);
    assert_true(bird_level_write(place->file, "newer\n", err));
    assert_non_null(fgets(seen, sizeof(seen), reader));
    fclose(reader);
    assert_string_equal(seen, "old\n");
}

static void a_failed_write_says_so(void **state)
{
    struct place *place = *state;
    char err[ERR_MAX] = "", path[PATH_LEN];

    snprintf(path, sizeof(path), "%.60s/none/level", place->dir);
    assert_false(bird_level_write(path, "x", err));
    assert_non_null(strstr(err, path));
    assert_non_null(strstr(err, "No such file"));
    /* The place is taken by a directory: rename fails, and nothing is left beside it. */
    assert_int_equal(mkdir(place->file, 0700), 0);
    assert_false(bird_level_write(place->file, "x", err));
    assert_int_equal(rmdir(place->file), 0);
}

static void a_file_too_long_is_not_ours(void **state)
{
    struct place *place = *state;
    char text[BIRD_LEVEL_SIZE], err[ERR_MAX] = "", big[BIRD_LEVEL_SIZE + 1];

    memset(big, '#', sizeof(big));
    big[sizeof(big) - 1] = '\0';
    assert_true(bird_level_write(place->file, big, err));
    assert_false(bird_level_read(place->file, text, err));
    assert_non_null(strstr(err, "too long"));
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_defines_are_all_there),
        cmocka_unit_test(what_is_not_ours_names_no_level),
        cmocka_unit_test_setup_teardown(a_file_comes_back_and_all_may_read_it, make_place,
                                        drop_place),
        cmocka_unit_test_setup_teardown(a_reader_never_sees_half_a_file, make_place, drop_place),
        cmocka_unit_test_setup_teardown(a_failed_write_says_so, make_place, drop_place),
        cmocka_unit_test_setup_teardown(a_file_too_long_is_not_ours, make_place, drop_place),
    };
    return cmocka_run_group_tests_name("bird_level", tests, NULL, NULL);
}
