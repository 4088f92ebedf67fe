/* What happens, as it happens. */
#include "agent/cli_watch.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "agent/cli_link.h"
#include "agent/json_read.h"

#define TIME_COLUMNS 8
#define OP_COLUMNS   10

static enum paint paint_of(struct json_object *event)
{
    const char *kind = json_text(event, "event"), *result = json_text(event, "result");

    if (strcmp(kind, "impossible") == 0 || strcmp(json_text(event, "to"), "safety-net") == 0)
        return PAINT_BAD;
    if (strcmp(kind, "order-failed") == 0 || strcmp(kind, "gap") == 0 ||
        (result[0] != '\0' && strcmp(result, "done") != 0))
        return PAINT_WARN;
    return PAINT_PLAIN;
}

void watch_line(const struct look *look, struct json_object *event)
{
    time_t at = (time_t)json_number(event, "time");
    const char *op = json_text(event, "op"), *advice = json_text(event, "advice");
    unsigned columns, width = look->live ? look->width : UINT32_MAX;
    struct look wide = *look;
    char clock[16] = "--:--:--", line[2500];
    struct tm tm;

    wide.width = width;
    if (localtime_r(&at, &tm) != NULL)
        strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
    fprintf(look->out, "%s  ", clock);
    look_put(look, PAINT_PLAIN, op[0] != '\0' ? op : "-", UINT32_MAX);
    columns = op[0] != '\0' ? look_columns(op) : 1;
    look_spaces(look, (columns < OP_COLUMNS ? OP_COLUMNS - columns : 0) + 1);
    columns = TIME_COLUMNS + 2 + (columns > OP_COLUMNS ? columns : OP_COLUMNS) + 1;
    snprintf(line, sizeof(line), "%s%s%s", json_text(event, "text"), advice[0] != '\0' ? " " : "",
             advice);
    look_wrap(&wide, paint_of(event), line, columns, columns);
    fflush(look->out);
}

static void show(bool json, const struct look *look, struct json_object *event)
{
    if (!json) {
        watch_line(look, event);
        return;
    }
    fprintf(look->out, "%s\n",
            json_object_to_json_string_ext(event, JSON_C_TO_STRING_PLAIN |
                                                      JSON_C_TO_STRING_NOSLASHESCAPE));
    fflush(look->out);
}

/* Until a signal, or the connection is gone. */
static enum exit_code watch(struct link *link, bool json, int signals, const struct look *out,
                            char err[ERR_MAX])
{
    struct pollfd p[2] = {{.fd = link_fd(link), .events = POLLIN},
                          {.fd = signals, .events = POLLIN}};
    struct json_object *event;
    enum link_got got;

    for (;;) {
        poll(p, 2, -1);
        if (p[1].revents & POLLIN)
            return EXIT_DONE;
        while ((got = link_event(link, &event, err)) == LINK_EVENT) {
            show(json, out, event);
            json_object_put(event);
        }
        if (got == LINK_LOST)
            return EXIT_ERROR;
    }
}

enum exit_code watch_run(bool json, const char *server, const struct look *out,
                         const struct look *err)
{
    struct json_object *answer = NULL;
    enum exit_code code = EXIT_ERROR;
    char sentence[ERR_MAX];
    struct link *link;
    sigset_t set;
    int signals;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (link_open(&link, server, LINK_WAIT_MS, sentence) &&
        (answer = link_ask(link, link_request("watch"), sentence)) != NULL)
        code = watch(link, json, signals, out, sentence);
    if (code != EXIT_DONE) {
        look_put(err, PAINT_PLAIN, "cgwha: ", UINT32_MAX);
        look_wrap(err, PAINT_PLAIN, sentence, 7, 0);
    }
    json_object_put(answer);
    link_close(link);
    if (signals >= 0)
        close(signals);
    return code;
}
