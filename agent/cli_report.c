/* An operation as a page for a browser. */
#include "agent/cli_report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/cli_history.h"
#include "agent/cli_link.h"
#include "agent/json_read.h"
#include "agent/page.h"

/* Beside the file first: what stands there is never half a page. Standard output is written as it
 * is, and so is what is no plain file. */
static bool write_page(const char *file, const char *page, FILE *out, char err[ERR_MAX])
{
    char beside[4096];
    struct stat st;
    bool plain = stat(file, &st) != 0 || S_ISREG(st.st_mode);
    FILE *f = out;

    if (file[0] != '\0') {
        snprintf(beside, sizeof(beside), "%s%s", file, plain ? ".new" : "");
        f = fopen(beside, "w");
    }
    if (f != NULL && fputs(page, f) >= 0 && (file[0] != '\0' ? fclose(f) : fflush(f)) == 0 &&
        (file[0] == '\0' || !plain || rename(beside, file) == 0))
        return true;
    snprintf(err, ERR_MAX, "%.150s cannot be written: %.60s.",
             file[0] != '\0' ? file : "standard output", strerror(errno));
    if (file[0] != '\0' && plain)
        unlink(beside);
    return false;
}

static struct json_object *ask_course(struct link *link, const char *op)
{
    struct json_object *o = link_request("course");
    char err[ERR_MAX];

    json_object_object_add(o, "op", json_object_new_string(op));
    return link_ask(link, o, err); /* not every operation has one: the page says so */
}

static bool make_page(struct link *link, const struct args *args, FILE *out, char err[ERR_MAX])
{
    struct json_object *op, *course, *answer = history_ask_one(link, args->which, &op, err);
    char *page = NULL;
    size_t size = 0;
    FILE *text;
    bool ok = false;

    if (answer == NULL)
        return false;
    course = ask_course(link, args->which);
    text = open_memstream(&page, &size);
    if (text != NULL) {
        page_write(text, op, course, json_text(answer, "self"));
        ok = fclose(text) == 0 && write_page(args->file, page, out, err);
    }
    free(page);
    json_object_put(course);
    json_object_put(answer);
    return ok;
}

enum exit_code report_run(const struct args *args, const char *server, const struct look *out,
                          const struct look *err)
{
    char sentence[ERR_MAX] = "no memory.";
    struct link *link;
    bool ok;

    ok = link_open(&link, server, LINK_WAIT_MS, sentence) &&
         make_page(link, args, out->out, sentence);
    if (!ok) {
        look_put(err, PAINT_PLAIN, "cgwha: ", UINT32_MAX);
        look_wrap(err, PAINT_PLAIN, sentence, 7, 0);
    } else if (args->file[0] != '\0') {
        fprintf(err->out, "%s is written.\n", args->file);
    }
    link_close(link);
    return ok ? EXIT_DONE : EXIT_ERROR;
}
