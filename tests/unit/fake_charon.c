/* A charon for tests. It never sleeps and never blocks: it lives in the test's own loop. */
#include "fake_charon.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static bool is(const char *a, const char *b)
{
    return a != NULL && strcmp(a, b) == 0;
}

static void note(struct fake *fake, const char *what, const char *argument)
{
    size_t len = strlen(fake->notes);
    snprintf(fake->notes + len, sizeof(fake->notes) - len, "%s%s%s;", what,
             argument[0] != '\0' ? " " : "", argument);
}

unsigned fake_noted(const struct fake *fake, const char *text)
{
    unsigned n = 0;
    for (const char *at = fake->notes; (at = strstr(at, text)) != NULL; at++)
        n++;
    return n;
}

static void drop(struct fake_conn *conn)
{
    qb_loop_poll_del(conn->fake->loop, conn->fd);
    close(conn->fd);
    conn->fd = -1;
}

static int32_t on_ready(int32_t fd, int32_t revents, void *data);

static void flush(struct fake_conn *conn)
{
    while (conn->fd >= 0 && conn->out_sent < conn->out_len) {
        size_t left = conn->out_len - conn->out_sent;
        ssize_t n = send(conn->fd, conn->out + conn->out_sent, conn->fake->dribble ? 1 : left,
                         MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n <= 0)
            break;
        conn->out_sent += (size_t)n;
        if (conn->fake->dribble)
            break;
    }
    if (conn->out_sent == conn->out_len)
        conn->out_sent = conn->out_len = 0;
    if (conn->fd >= 0)
        qb_loop_poll_mod(conn->fake->loop, QB_LOOP_MED, conn->fd,
                         POLLIN | (conn->out_len > 0 ? POLLOUT : 0), conn, on_ready);
}

static void put(struct fake_conn *conn, const uint8_t *bytes, size_t len)
{
    assert(len > 0 && conn->out_len + len <= sizeof(conn->out));
    memcpy(conn->out + conn->out_len, bytes, len);
    conn->out_len += len;
    flush(conn);
}

static void put_bare(struct fake_conn *conn, enum vici_type type)
{
    uint8_t bytes[8];
    struct vici_writer w;
    vici_start(&w, bytes, sizeof(bytes), type, "");
    put(conn, bytes, vici_finish(&w));
}

static void put_result(struct fake_conn *conn, bool success)
{
    uint8_t bytes[128];
    struct vici_writer w;
    vici_start(&w, bytes, sizeof(bytes), VICI_CMD_RESPONSE, "");
    vici_put(&w, "success", success ? "yes" : "no");
    if (!success)
        vici_put(&w, "errmsg", "the fake refuses");
    put(conn, bytes, vici_finish(&w));
}

static void write_child(struct vici_writer *w, const struct fake_sa *sa, unsigned i)
{
    char text[64];
    bool counted = strcmp(sa->child[i].state, "DELETED") != 0;

    snprintf(text, sizeof(text), "%s-%u", sa->child[i].name, sa->child[i].id);
    vici_open(w, text);
    vici_put(w, "name", sa->child[i].name);
    vici_put_int(w, "uniqueid", sa->child[i].id);
    vici_put(w, "state", sa->child[i].state);
    if (counted) {
        snprintf(text, sizeof(text), "%08x", sa->child[i].spi);
        vici_put(w, "spi-in", text);
        vici_put_int(w, "packets-in", sa->child[i].packets);
        vici_put_int(w, "packets-out", sa->child[i].packets);
        vici_put_int(w, "rekey-time", sa->child[i].rekey);
    }
    vici_close(w);
}

static void put_sa(struct fake_conn *conn, const struct fake_sa *sa)
{
    uint8_t bytes[1024];
    struct vici_writer w;

    vici_start(&w, bytes, sizeof(bytes), VICI_EVENT, "list-sa");
    vici_open(&w, sa->name);
    vici_put_int(&w, "uniqueid", sa->id);
    vici_put(&w, "state", sa->state);
    if (is(sa->state, "ESTABLISHED"))
        vici_put_int(&w, "rekey-time", sa->rekey);
    if (sa->task != NULL) {
        vici_list(&w, "tasks-active");
        vici_item(&w, sa->task);
        vici_list_close(&w);
    }
    vici_open(&w, "child-sas");
    for (unsigned i = 0; i < 2; i++) {
        if (sa->child[i].name != NULL)
            write_child(&w, sa, i);
    }
    vici_close(&w);
    vici_close(&w);
    put(conn, bytes, vici_finish(&w));
}

static void list_sas(struct fake_conn *conn, bool noblock)
{
    struct fake *fake = conn->fake;

    if (fake->garbage) {
        put(conn, (const uint8_t[]){0, 0, 0, 3, 7, 9, 9}, 7);
        return;
    }
    for (unsigned i = 0; i < FAKE_SAS; i++) {
        if (fake->sa[i].name != NULL && !(noblock && fake->sa[i].busy))
            put_sa(conn, &fake->sa[i]);
    }
    put_bare(conn, VICI_CMD_RESPONSE);
    fake->listings++;
}

static void list_conns(struct fake_conn *conn)
{
    static const char *const names[] = {"tun11", "tun12"};
    uint8_t bytes[256];
    struct vici_writer w;

    for (unsigned i = 0; conn->fake->configured && i < 2; i++) {
        vici_start(&w, bytes, sizeof(bytes), VICI_EVENT, "list-conn");
        vici_open(&w, names[i]);
        vici_open(&w, "children");
        vici_open(&w, names[i]);
        vici_close(&w);
        vici_close(&w);
        vici_close(&w);
        put(conn, bytes, vici_finish(&w));
    }
    put_bare(conn, VICI_CMD_RESPONSE);
}

static void version(struct fake_conn *conn)
{
    uint8_t bytes[64];
    struct vici_writer w;
    vici_start(&w, bytes, sizeof(bytes), VICI_CMD_RESPONSE, "");
    vici_put(&w, "version", "5.9.8");
    put(conn, bytes, vici_finish(&w));
}

struct fake_sa *fake_add(struct fake *fake, const char *name, const char *state)
{
    for (unsigned i = 0; i < FAKE_SAS; i++) {
        if (fake->sa[i].name != NULL)
            continue;
        fake->sa[i] =
            (struct fake_sa){.name = name, .id = ++fake->next_id, .state = state, .rekey = 20000};
        return &fake->sa[i];
    }
    abort();
}

void fake_install(struct fake *fake, struct fake_sa *sa)
{
    unsigned i = sa->child[0].name != NULL;
    sa->child[i].name = sa->name;
    sa->child[i].id = ++fake->next_id;
    sa->child[i].spi = 0xc0000000 + sa->child[i].id;
    sa->child[i].state = "INSTALLED";
    sa->child[i].rekey = 3000;
    sa->child[i].packets = 0;
}

struct fake_sa *fake_find(struct fake *fake, const char *name)
{
    for (unsigned i = 0; i < FAKE_SAS; i++) {
        if (is(fake->sa[i].name, name))
            return &fake->sa[i];
    }
    return NULL;
}

unsigned fake_count(const struct fake *fake)
{
    unsigned n = 0;
    for (unsigned i = 0; i < FAKE_SAS; i++)
        n += fake->sa[i].name != NULL;
    return n;
}

void fake_event(struct fake *fake, const char *event, const char *name)
{
    uint8_t bytes[128];
    struct vici_writer w;

    vici_start(&w, bytes, sizeof(bytes), VICI_EVENT, event);
    vici_put(&w, "up", "yes");
    vici_open(&w, name);
    vici_close(&w);
    size_t len = vici_finish(&w);
    for (unsigned i = 0; i < FAKE_CONNS; i++) {
        if (fake->conn[i].fd >= 0 && fake->conn[i].sas_events)
            put(&fake->conn[i], bytes, len);
    }
}

static const char *own(const char *name)
{
    return strcmp(name, "tun11") == 0 ? "tun11" : "tun12";
}

static void initiate(struct fake *fake, const char *name)
{
    struct fake_sa *sa = fake_find(fake, name);

    if (sa == NULL)
        sa = fake_add(fake, own(name), fake->peer_dead ? "CONNECTING" : "ESTABLISHED");
    if (!fake->peer_dead) {
        sa->state = "ESTABLISHED";
        fake_install(fake, sa);
    }
    fake_event(fake, "ike-updown", sa->name);
}

static void terminate(struct fake *fake, unsigned id)
{
    for (unsigned i = 0; i < FAKE_SAS; i++) {
        struct fake_sa *sa = &fake->sa[i];
        const char *name = sa->name;
        if (name == NULL || sa->id != id)
            continue;
        if (fake->peer_dead && strcmp(sa->state, "DELETING") != 0)
            sa->state = "DELETING";
        else
            sa->name = NULL;
        fake_event(fake, "ike-updown", name);
    }
}

static void rekey(struct fake *fake, unsigned ike, unsigned child)
{
    for (unsigned i = 0; i < FAKE_SAS && !fake->lazy; i++) {
        struct fake_sa *sa = &fake->sa[i];
        if (sa->name == NULL)
            continue;
        if (sa->id == ike) {
            sa->id = ++fake->next_id;
            fake_event(fake, "ike-rekey", sa->name);
        }
        if (sa->child[0].name != NULL && sa->child[0].id == child) {
            sa->child[1] = sa->child[0];
            sa->child[1].state = "DELETED";
            sa->child[0].id = ++fake->next_id;
            sa->child[0].spi++;
            sa->child[0].packets = 0;
            fake_event(fake, "child-rekey", sa->name);
        }
    }
}

static unsigned number(struct vici_text body, const char *key)
{
    struct vici_text value;
    uint64_t n = 0;
    return vici_find(body, key, &value) && vici_u64(value, &n) ? (unsigned)n : 0;
}

static void carry_out(struct fake_conn *conn, const char *name, struct vici_text body)
{
    struct fake *fake = conn->fake;
    struct vici_text value = {0};
    char text[64] = "";

    if (is(name, "version")) {
        version(conn);
    } else if (is(name, "list-conns")) {
        list_conns(conn);
    } else if (is(name, "list-sas")) {
        list_sas(conn, vici_find(body, "noblock", &value));
    } else if (is(name, "initiate")) {
        vici_find(body, "ike", &value);
        initiate(fake, vici_copy(value, text, sizeof(text)));
        put_result(conn, true);
    } else if (is(name, "terminate")) {
        terminate(fake, number(body, "ike-id"));
        put_result(conn, true);
    } else if (is(name, "rekey")) {
        rekey(fake, number(body, "ike-id"), number(body, "child-id"));
        put_result(conn, true);
    } else {
        put_bare(conn, VICI_CMD_UNKNOWN);
    }
}

static void note_command(struct fake *fake, const char *name, struct vici_text body)
{
    static const char *const keys[] = {"ike", "ike-id", "child-id", "noblock"};
    struct vici_text value;
    char text[64], argument[128] = "";

    for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (!vici_find(body, keys[i], &value))
            continue;
        snprintf(argument, sizeof(argument), "%s=%s", keys[i],
                 vici_copy(value, text, sizeof(text)));
    }
    note(fake, name, argument);
}

static void command(struct fake_conn *conn, const char *name, struct vici_text body)
{
    struct fake *fake = conn->fake;

    note_command(fake, name, body);
    if (fake->on_command != NULL)
        fake->on_command(fake, name);
    if (is(fake->hang, name))
        return;
    if (is(fake->die, name)) {
        drop(conn);
    } else if (is(fake->half, name)) {
        (void)!write(conn->fd, (const uint8_t[]){0, 0, 0, 40, 1, 3}, 6);
        drop(conn);
    } else if (is(fake->refuse, name)) {
        put_result(conn, false);
    } else if (is(fake->unknown, name)) {
        put_bare(conn, VICI_CMD_UNKNOWN);
    } else {
        carry_out(conn, name, body);
    }
}

static void packet(struct fake_conn *conn, const uint8_t *bytes, size_t len)
{
    struct vici_packet p;
    char err[ERR_MAX], name[64];

    if (!vici_packet_parse(bytes, len, &p, err))
        abort(); /* the driver sent what is no VICI */
    vici_copy(p.name, name, sizeof(name));
    if (p.type == VICI_CMD_REQUEST) {
        command(conn, name, p.body);
        return;
    }
    note(conn->fake, "register", name);
    if (is(name, "ike-updown"))
        conn->sas_events = true;
    put_bare(conn, is(conn->fake->unknown, name) ? VICI_EVENT_UNKNOWN : VICI_EVENT_CONFIRM);
}

static void read_all(struct fake_conn *conn)
{
    ssize_t n =
        recv(conn->fd, conn->in + conn->in_len, sizeof(conn->in) - conn->in_len, MSG_DONTWAIT);

    if (n == 0 || (n < 0 && errno != EAGAIN)) {
        drop(conn);
        return;
    }
    conn->in_len += n > 0 ? (size_t)n : 0;
    while (conn->fd >= 0 && conn->in_len >= VICI_HEADER) {
        size_t len = vici_frame(conn->in);
        if (conn->in_len < VICI_HEADER + len)
            break;
        packet(conn, conn->in + VICI_HEADER, len);
        conn->in_len -= VICI_HEADER + len;
        memmove(conn->in, conn->in + VICI_HEADER + len, conn->in_len);
    }
}

static int32_t on_ready(int32_t fd, int32_t revents, void *data)
{
    struct fake_conn *conn = data;

    (void)fd;
    if (revents & POLLOUT)
        flush(conn);
    if (conn->fd >= 0 && (revents & (POLLIN | POLLHUP | POLLERR)))
        read_all(conn);
    return 0;
}

static int32_t on_connection(int32_t listener, int32_t revents, void *data)
{
    struct fake *fake = data;
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    (void)revents;
    for (unsigned i = 0; fd >= 0 && i < FAKE_CONNS; i++) {
        if (fake->conn[i].fd >= 0)
            continue;
        fake->conn[i] = (struct fake_conn){.fake = fake, .fd = fd};
        qb_loop_poll_add(fake->loop, QB_LOOP_MED, fd, POLLIN, &fake->conn[i], on_ready);
        return 0;
    }
    abort(); /* the driver leaks connections */
}

void fake_unmute(struct fake *fake)
{
    fake->mute = false;
    qb_loop_poll_add(fake->loop, QB_LOOP_MED, fake->fd, POLLIN, fake, on_connection);
}

void fake_listen(struct fake *fake)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    unlink(fake->path);
    strlcpy(address.sun_path, fake->path, sizeof(address.sun_path));
    fake->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (bind(fake->fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fake->fd, 5) < 0)
        abort();
    if (!fake->mute)
        fake_unmute(fake);
}

void fake_deafen(struct fake *fake)
{
    for (unsigned i = 0; i < FAKE_CONNS; i++) {
        if (fake->conn[i].fd >= 0)
            drop(&fake->conn[i]);
    }
    if (fake->fd < 0)
        return;
    if (!fake->mute)
        qb_loop_poll_del(fake->loop, fake->fd);
    close(fake->fd);
    fake->fd = -1;
}

void fake_start(struct fake *fake, qb_loop_t *loop)
{
    memset(fake, 0, sizeof(*fake));
    fake->loop = loop;
    fake->fd = -1;
    fake->configured = true;
    for (unsigned i = 0; i < FAKE_CONNS; i++)
        fake->conn[i].fd = -1;
    strlcpy(fake->dir, "/tmp/cgwha-test-XXXXXX", sizeof(fake->dir));
    if (mkdtemp(fake->dir) == NULL)
        abort();
    snprintf(fake->path, sizeof(fake->path), "%s/charon.vici", fake->dir);
}

void fake_stop(struct fake *fake)
{
    fake_deafen(fake);
    unlink(fake->path);
    rmdir(fake->dir);
}
