/* cgwha import: reads the files, makes the site, writes the directory, and says what is left to do.
 * No key is ever shown; the process leaves no core, and clears what it had. */
#include "agent/cli_import.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>

#include "agent/cli_help.h"
#include "conf/import/files.h"

/* All that has secrets in it, so that there is one thing to clear. */
struct import {
    struct sources sources;
    struct site site;
    struct files files;
};

static void say_error(const struct look *err, const char *sentence)
{
    look_put(err, PAINT_PLAIN, "cgwha: ", UINT32_MAX);
    look_wrap(err, PAINT_PLAIN, sentence, 7, 0);
}

/* ---- in ---- */

static bool read_stream(FILE *stream, const char *name, struct sources *into, char err[SITE_ERR])
{
    char *bytes = malloc(SOURCE_MAX + 1);
    bool good = false;

    if (bytes == NULL) {
        snprintf(err, SITE_ERR, "%.*s: there is no memory to read it", PATH_LEN, name);
        return false;
    }
    size_t size = fread(bytes, 1, SOURCE_MAX + 1, stream);
    if (ferror(stream))
        snprintf(err, SITE_ERR, "%.*s: %s", PATH_LEN, name, strerror(errno));
    else
        good = source_read(name, bytes, size, into, err);
    explicit_bzero(bytes, size);
    free(bytes);
    return good;
}

static bool read_file(const char *name, struct sources *into, char err[SITE_ERR])
{
    if (strcmp(name, "-") == 0)
        return read_stream(stdin, "standard input", into, err);
    FILE *stream = fopen(name, "re");
    if (stream == NULL) {
        snprintf(err, SITE_ERR, "%.*s: %s", PATH_LEN, name, strerror(errno));
        return false;
    }
    setvbuf(stream, NULL, _IONBF, 0); /* no copy of ours to be cleared */
    bool good = read_stream(stream, name, into, err);
    fclose(stream);
    return good;
}

static bool make_key(unsigned char key[CLUSTER_KEY], char err[SITE_ERR])
{
    if (getrandom(key, CLUSTER_KEY, 0) == CLUSTER_KEY) /* up to 256 bytes it is all or nothing */
        return true;
    snprintf(err, SITE_ERR, "the cluster's key cannot be made: %s", strerror(errno));
    return false;
}

/* ---- out ---- */

static void say_pair(const struct look *look, const struct site *site)
{
    for (unsigned n = 0; n < PAIR; n++) {
        const struct site_node *node = &site->node[n];
        fprintf(look->out, "%s: %s, customer gateway %s, AS %lu; ", node->name, node->id,
                node->outside, (unsigned long)site->asn);
        fprintf(look->out, "%s to %s, %s to %s\n", node->tunnel[0].name,
                node->tunnel[0].aws.cloud.outside, node->tunnel[1].name,
                node->tunnel[1].aws.cloud.outside);
    }
}

static void say_done(const struct look *look, const struct import *import)
{
    const char *dir = import->site.wish.output;

    say_pair(look, &import->site);
    fprintf(look->out, "%u files are in ", import->files.count);
    look_put(look, PAINT_PLAIN, dir, UINT32_MAX);
    fputs(". They have the tunnels' keys and a fresh key for corosync: keep it closed.\n",
          look->out);
    if (import->files.open[0] != '\0')
        fprintf(look->out, "To be filled in, or given as options (cgwha import --help):\n%s",
                import->files.open);
    fputs("What to do next is in ", look->out);
    look_put(look, PAINT_PLAIN, dir, UINT32_MAX);
    fputs("/README.\n", look->out);
}

static bool run(const struct wish *wish, struct import *import, char err[SITE_ERR])
{
    for (unsigned i = 0; i < wish->files; i++) {
        if (!read_file(wish->file[i], &import->sources, err))
            return false;
    }
    return site_make(&import->sources, wish, &import->site, err) &&
           make_key(import->site.cluster_key, err) &&
           files_make(&import->site, &import->files, err) &&
           files_save(&import->files, wish->output, err);
}

enum exit_code import_run(int argc, char **argv, const struct look *out, const struct look *err)
{
    static const struct rlimit none;
    char sentence[SITE_ERR] = "";
    struct import *import;
    struct wish wish;
    bool help, good;

    if (!import_parse(argc, argv, &wish, &help, sentence)) {
        const char *usage = help_text(COMMAND_IMPORT);
        say_error(err, sentence);
        fprintf(err->out, "%.*s\n", (int)strcspn(usage, "\n"), usage);
        return EXIT_USAGE;
    }
    if (help) {
        fputs(help_text(COMMAND_IMPORT), out->out);
        return EXIT_DONE;
    }
    if (!files_may_save(wish.output, sentence)) {
        say_error(err, sentence);
        return EXIT_ERROR;
    }
    prctl(PR_SET_DUMPABLE, 0);
    setrlimit(RLIMIT_CORE, &none);
    import = calloc(1, sizeof(*import));
    good = import != NULL && run(&wish, import, sentence);
    if (good)
        say_done(out, import);
    else
        say_error(err, import != NULL ? sentence : "there is no memory");
    if (import != NULL) {
        sources_free(&import->sources);
        files_free(&import->files);
        explicit_bzero(import, sizeof(*import));
    }
    free(import);
    return good ? EXIT_DONE : EXIT_ERROR;
}
