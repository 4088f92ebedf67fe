/* A BIRD of cardboard. What it says is modelled on tests/golden/bird. */
#include "tests/unit/fake_bird.h"

#include <assert.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "routing/bird_level.h"

static void hang_up(struct fake_bird *f)
{
    if (f->fd >= 0) {
        qb_loop_poll_del(f->loop, f->fd);
        close(f->fd);
    }
    if (f->pump != 0)
        qb_loop_timer_del(f->loop, f->pump);
    f->fd = -1;
    f->pump = 0;
    f->have = f->out_len = f->out_at = 0;
}

static void on_pump(void *data)
{
    struct fake_bird *f = data;
    size_t left = f->out_len - f->out_at;
    size_t n = f->chunk > 0 && f->chunk < left ? f->chunk : left;

    f->pump = 0;
    ssize_t sent = send(f->fd, f->out + f->out_at, n, MSG_NOSIGNAL);
    if (sent < 0) {
        hang_up(f);
        return;
    }
    f->out_at += (size_t)sent;
    if (f->out_at < f->out_len)
        qb_loop_timer_add(f->loop, QB_LOOP_MED, f->pace_ms * UINT64_C(1000000), f, on_pump,
                          &f->pump);
    else
        f->out_at = f->out_len = 0;
}

static void say(struct fake_bird *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct fake_bird *f, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(f->out + f->out_len, sizeof(f->out) - f->out_len, format, args);
    va_end(args);
    assert(n >= 0 && f->out_len + (size_t)n < sizeof(f->out));
    f->out_len += (size_t)n;
}

static bool is_ospf(const struct fake_bird *f, unsigned i)
{
    return router_session_is_ospf(&f->conf->session[i]) && !f->session[i].other_kind;
}

static void say_summary(struct fake_bird *f, unsigned i)
{
    const struct fake_session *s = &f->session[i];

    if (is_ospf(f, i)) {
        say(f, "1002-%-10s OSPF       master4    up     15:40:13.%03u  %s\n",
            f->conf->session[i].name, (unsigned)(f->out_len % 1000), s->up ? "Running" : "Alone");
        return;
    }
    say(f, "1002-%-10s BGP        ---        %-6s 15:40:13.%03u  %s\n", f->conf->session[i].name,
        s->disabled ? "down"
        : s->up     ? "up"
                    : "start",
        (unsigned)(f->out_len % 1000),
        s->disabled ? ""
        : s->up     ? "Established   "
                    : "Active        ");
}

static void say_protocols(struct fake_bird *f, bool all)
{
    say(f, "2002-Name       Proto      Table      State  Since         Info\n"
           "1002-device1    Device     ---        up     15:35:44.967  \n");
    for (unsigned i = 0; i < f->conf->count; i++) {
        const struct fake_session *s = &f->session[i];
        say_summary(f, i);
        if (!all)
            continue;
        if (is_ospf(f, i)) {
            say(f, "1006-  Channel ipv4\n     State:          UP\n \n");
            continue;
        }
        say(f, "1006-  BGP state:          %s\n",
            s->disabled ? "Down"
            : s->up     ? "Established"
                        : "Active");
        if (s->up)
            say(f, "     Session:          external %sAS4\n",
                s->no_rs_client ? "" : "route-server ");
        say(f, "   Channel ipv4\n     State:          %s\n", s->up ? "UP" : "DOWN");
        if (s->up)
            say(f, "     Routes:         2 imported, 1 exported, 2 preferred\n");
        say(f, " \n");
    }
    say(f, "0000 \n");
}

static void show_protocols(struct fake_bird *f, bool all)
{
    if (all && f->up_after > 0 && --f->up_after == 0)
        f->session[1].up = true;
    say_protocols(f, all);
    if (all && f->flaps > 0) {
        f->flaps--;
        f->session[0].up = !f->session[0].up;
    }
}

static void show_table(struct fake_bird *f, unsigned i)
{
    const struct fake_session *s = &f->session[i];
    enum level level = f->lag > 0 ? f->before : f->running;
    const struct level_attr *attr = &f->conf->level[level];
    const struct router_session *session = &f->conf->session[i];

    if (s->no_table || !s->up) {
        say(f, "9001 No export table in channel %s.ipv4\n", session->name);
        return;
    }
    f->lag -= f->lag > 0 ? 1 : 0;
    say(f, "1007-Table export:\n");
    if (s->exports != NULL && (level != LEVEL_WITHDRAWN || s->stubborn)) {
        unsigned prepend = session->lan ? attr->lan_prepend : attr->prepend;
        uint32_t med = session->lan ? attr->lan_med : attr->med + (uint32_t)session->med_offset;
        say(f, " %-20s blackhole [agg 15:40:55.216] * (200)\n1008-\tType: static univ\n",
            s->exports);
        say(f, "1012-\tBGP.as_path: %u%s%s%s\n", f->conf->asn, prepend >= 1 ? " 65000" : "",
            prepend >= 2 ? " 65000" : "", prepend >= 3 ? " 65000" : "");
        say(f, " \tBGP.med: %u\n", s->stubborn ? 200 : med);
        if (attr->gshut && !session->lan)
            say(f, " \tBGP.community: (65535,0)\n");
    }
    say(f, "0000 \n");
}

/* The other gateway floods, too, and what it has is not ours. */
static void show_flood(struct fake_bird *f, unsigned i)
{
    const struct fake_session *s = &f->session[i];
    enum level level = f->lag > 0 ? f->before : f->running;

    f->lag -= f->lag > 0 ? 1 : 0;
    say(f, "1016-\n area 0.0.0.0\n \n \trouter 10.20.0.1\n \t\tdistance 0\n");
    if (s->exports != NULL && (level != LEVEL_WITHDRAWN || s->stubborn))
        say(f, " \t\texternal %s metric2 %u\n", s->exports,
            s->stubborn ? 200 : f->conf->level[level].lan_med);
    say(f, " \n \trouter 10.20.0.2\n \t\tdistance 10\n \t\texternal 10.1.0.0/16 metric2 7\n"
           "0000 \n");
}

static void configured(struct fake_bird *f, enum level level)
{
    f->before = f->running;
    f->running = level;
    for (unsigned i = 0; i < f->conf->count; i++)
        f->session[i].disabled = false; /* as a real one does */
    say(f, "0003 Reconfigured\n");
}

static void configure(struct fake_bird *f, const char *how)
{
    char text[BIRD_LEVEL_SIZE], err[ERR_MAX];
    enum level level = LEVEL_WITHDRAWN;
    bool readable =
        bird_level_read(f->conf->level_file, text, err) && bird_level_parse(text, &level);

    if (strcmp(how, "undo") == 0) {
        say(f, "0021-Undo requested\n");
        f->unconfirmed = false;
        configured(f, f->before);
    } else if (strcmp(how, "confirm") == 0) {
        say(f, "%s\n",
            f->deny_confirm != NULL ? f->deny_confirm
            : f->unconfirmed        ? "0018 Reconfiguration confirmed"
                                    : "0019 Nothing to do");
        f->unconfirmed = false;
    } else if (f->refuse != NULL || !readable) {
        say(f, "0002-Reading configuration from /etc/bird/bird.conf\n%s\n",
            f->refuse != NULL ? f->refuse : "8002 /run/cgwha/level.bird.conf:1:1 no level");
    } else if (strcmp(how, "check") == 0) {
        say(f, "0002-Reading configuration from /etc/bird/bird.conf\n0020 Configuration OK\n");
    } else if (strcmp(how, "timeout 10") == 0) {
        say(f, "0002-Reading configuration from /etc/bird/bird.conf\n"
               "0022-Undo scheduled in 10 s\n");
        f->unconfirmed = true;
        configured(f, level);
    } else if (how[0] == '\0') {
        say(f, "0002-Reading configuration from /etc/bird/bird.conf\n");
        f->unconfirmed = false;
        configured(f, level);
    } else {
        say(f, "9001 syntax error\n");
    }
}

/* disable "tun11" "message"; enable "tun11" */
static void admin(struct fake_bird *f, const char *rest, bool disable)
{
    for (unsigned i = 0; i < f->conf->count; i++) {
        char quoted[NAME_MAX_LEN + 3];
        struct fake_session *s = &f->session[i];
        snprintf(quoted, sizeof(quoted), "\"%s\"", f->conf->session[i].name);
        if (strncmp(rest, quoted, strlen(quoted)) != 0)
            continue;
        say(f, "%s-%s: so\n0000 \n", disable ? "0009" : "0011", f->conf->session[i].name);
        s->disabled = disable;
        s->up = s->up && !disable;
        return;
    }
    say(f, "8003 No protocols match\n");
}

static void obey(struct fake_bird *f, const char *line)
{
    size_t mark = f->out_len;

    size_t full = strlcat(f->log, line, sizeof(f->log));
    assert(full + 1 < sizeof(f->log));
    strlcat(f->log, "\n", sizeof(f->log));
    if (f->on_command != NULL)
        f->on_command(f->ctx, line);
    if (strcmp(line, "show protocols all") == 0)
        show_protocols(f, true);
    else if (strcmp(line, "show protocols") == 0)
        show_protocols(f, false);
    else if (strcmp(line, "configure") == 0)
        configure(f, "");
    else if (strncmp(line, "configure ", 10) == 0)
        configure(f, line + 10);
    else if (strncmp(line, "disable ", 8) == 0)
        admin(f, line + 8, true);
    else if (strncmp(line, "enable ", 7) == 0)
        admin(f, line + 7, false);
    for (unsigned i = 0; i < f->conf->count; i++) {
        char table[96];
        snprintf(table, sizeof(table), "show route all export table '%s'.ipv4",
                 f->conf->session[i].name);
        if (strcmp(line, table) == 0)
            show_table(f, i);
        snprintf(table, sizeof(table), "show ospf state all '%s'", f->conf->session[i].name);
        if (strcmp(line, table) == 0 && is_ospf(f, i))
            show_flood(f, i);
    }
    if (f->out_len == mark)
        say(f, "9001 syntax error\n");
    if (f->hang_on != NULL && strncmp(line, f->hang_on, strlen(f->hang_on)) == 0) {
        f->out_len = mark;
    } else if (f->cut_on != NULL && strncmp(line, f->cut_on, strlen(f->cut_on)) == 0) {
        ssize_t n = send(f->fd, f->out, f->out_len / 2, MSG_NOSIGNAL);
        (void)n;
        f->cut_on = NULL;
        hang_up(f);
    }
}

static int32_t on_client(int32_t fd, int32_t revents, void *data)
{
    struct fake_bird *f = data;
    char *end;

    (void)revents;
    ssize_t n = recv(fd, f->in + f->have, sizeof(f->in) - f->have, MSG_DONTWAIT);
    if (n <= 0) {
        hang_up(f);
        return 0;
    }
    f->have += (size_t)n;
    while (f->fd >= 0 && (end = memchr(f->in, '\n', f->have)) != NULL) {
        size_t used = (size_t)(end - f->in) + 1;
        char line[sizeof(f->in)];
        *end = '\0';
        strlcpy(line, f->in, sizeof(line));
        memmove(f->in, f->in + used, f->have - used);
        f->have -= used;
        obey(f, line);
    }
    if (f->fd >= 0 && f->out_len > 0 && f->pump == 0)
        on_pump(f);
    return 0;
}

static int32_t on_connect(int32_t fd, int32_t revents, void *data)
{
    struct fake_bird *f = data;

    (void)revents;
    hang_up(f);
    f->fd = accept(fd, NULL, NULL);
    assert(f->fd >= 0);
    qb_loop_poll_add(f->loop, QB_LOOP_MED, f->fd, POLLIN, f, on_client);
    say(f, "%s\n", f->banner != NULL ? f->banner : "0001 BIRD 2.0.12 ready.");
    if (f->hang_on != NULL && f->hang_on[0] == '\0')
        f->out_len = 0;
    else
        on_pump(f);
    return 0;
}

void fake_listen(struct fake_bird *fake)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};

    strlcpy(addr.sun_path, fake->conf->socket, sizeof(addr.sun_path));
    unlink(addr.sun_path);
    fake->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int rc = bind(fake->listener, (struct sockaddr *)&addr, sizeof(addr));
    assert(rc == 0);
    rc = listen(fake->listener, 4);
    assert(rc == 0);
    qb_loop_poll_add(fake->loop, QB_LOOP_MED, fake->listener, POLLIN, fake, on_connect);
}

void fake_start(struct fake_bird *fake, qb_loop_t *loop, const struct router_conf *conf)
{
    *fake = (struct fake_bird){.loop = loop,
                               .conf = conf,
                               .fd = -1,
                               .listener = -1,
                               .running = LEVEL_NORMAL,
                               .before = LEVEL_NORMAL};
    for (unsigned i = 0; i < conf->count; i++)
        fake->session[i] = (struct fake_session){.up = true, .exports = "10.20.0.0/16"};
    fake_listen(fake);
}

void fake_die(struct fake_bird *fake)
{
    hang_up(fake);
    if (fake->listener >= 0) {
        qb_loop_poll_del(fake->loop, fake->listener);
        close(fake->listener);
        unlink(fake->conf->socket);
    }
    fake->listener = -1;
}

unsigned fake_count(const struct fake_bird *fake, const char *command)
{
    unsigned count = 0;
    for (const char *line = fake->log; *line != '\0'; line = strchr(line, '\n') + 1)
        count += strncmp(line, command, strlen(command)) == 0 ? 1 : 0;
    return count;
}
