/*
 * flow: one end of a stream of numbered UDP packets both ways. It sends numbers at a steady rate,
 * counts the peer's numbers, and says exactly what was lost. It must never count as delivered what
 * was not: a packet that could not be sent is lost, and what it cannot know it reports as null.
 *
 * Both ends say HELLO until they hear each other, so that no packet is lost only because the other
 * end was not there yet. After the last number each says END with the total, and waits for the
 * tail.
 */
#include <endian.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>

#include "tests/lab/tally.h"

#define NS_PER_MS    INT64_C(1000000)
#define NS_PER_S     INT64_C(1000000000)
#define GAP_NS       (10 * NS_PER_MS)
#define SAY_EVERY_NS (20 * NS_PER_MS) /* HELLO and END, so one lost of them does not matter */
#define PEER_END_NS  (10 * NS_PER_S)  /* how long the other end may go on after we ended */
#define RCVBUF_BYTES (16 << 20)
#define WIRE_BYTES   104
#define WIRE_MAGIC   UINT32_C(0x43474657) /* "CGFW" */
#define RATE_MAX     50000
#define PORTS_MAX    256
#define CATCH_UP                                                                                   \
    4 /* after a stall: at most so many times the rate, or the burst itself is lost                \
       */

enum kind { KIND_HELLO = 1, KIND_DATA, KIND_END };

/* On the wire, big-endian. END: seq is the total, errors how many of them could not be sent. */
struct wire {
    uint32_t magic;
    uint32_t kind;
    uint64_t run;
    uint64_t seq;
    uint64_t sent_ns;
    uint64_t errors;
    uint8_t pad[WIRE_BYTES - 40];
};
_Static_assert(sizeof(struct wire) == WIRE_BYTES, "no holes on the wire");

struct options {
    const char *listen;
    const char *peer;
    const char *report;
    uint64_t rate;
    unsigned ports;
    uint64_t duration_s; /* 0: until a signal */
    uint64_t run;
    int64_t wait_ns;
    int64_t drain_ns;
};

struct flow {
    const struct options *opt;
    int sock;
    int send[PORTS_MAX]; /* from which numbers go out, in turn; the first is sock */
    unsigned sends;
    int sigs;
    struct sockaddr_storage to;
    socklen_t to_len;
    struct tally tally;
    int64_t started_ns; /* wall clock, first data packet sent */
    int64_t ended_ns;   /* wall clock, sending ended; 0 while it goes on */
    int peer_seen;
    int peer_ended;
    uint64_t peer_sent;
    uint64_t peer_errors;
    uint64_t strangers; /* packets not of this run, and numbers out of bounds */
    uint32_t overflow;  /* dropped at our own socket: then the count blames us, not the path */
    pthread_t sender;
    atomic_bool stop;
    atomic_bool sender_done;
    atomic_uint_fast64_t sent;
    atomic_uint_fast64_t errors;
    atomic_int_fast64_t late_max_ns; /* how late the sender ever was: a stall of this machine */
};

static int64_t now_ns(clockid_t clock)
{
    struct timespec ts;

    clock_gettime(clock, &ts);
    return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static void __attribute__((format(printf, 1, 2))) complain(const char *fmt, ...)
{
    va_list ap;

    fputs("flow: ", stderr);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
}

/* ---- sending ---- */

/* 0, or -1 when the kernel did not take it. The socket is not connected, so an ICMP error for an
 * earlier packet is never reported here in place of sending this one. */
static int say_from(struct flow *f, int sock, enum kind kind, uint64_t seq, uint64_t errors)
{
    struct wire w = {
        .magic = htobe32(WIRE_MAGIC),
        .kind = htobe32((uint32_t)kind),
        .run = htobe64(f->opt->run),
        .seq = htobe64(seq),
        .sent_ns = htobe64((uint64_t)now_ns(CLOCK_REALTIME)),
        .errors = htobe64(errors),
    };
    ssize_t n;

    do {
        n = sendto(sock, &w, sizeof(w), 0, (struct sockaddr *)&f->to, f->to_len);
    } while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof(w) ? 0 : -1;
}

static int say(struct flow *f, enum kind kind, uint64_t seq, uint64_t errors)
{
    return say_from(f, f->sock, kind, seq, errors);
}

/* When number n is due, without drift: whole seconds apart from the rest. */
static int64_t due_ns(int64_t t0, uint64_t n, uint64_t rate)
{
    return t0 + (int64_t)(n / rate) * NS_PER_S + (int64_t)(n % rate * (uint64_t)NS_PER_S / rate);
}

static void sleep_until(int64_t at_ns)
{
    struct timespec ts = {.tv_sec = at_ns / NS_PER_S, .tv_nsec = at_ns % NS_PER_S};

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
        ;
}

static void *send_numbers(void *arg)
{
    struct flow *f = arg;
    uint64_t rate = f->opt->rate;
    uint64_t limit = f->opt->duration_s ? f->opt->duration_s * rate : TALLY_SEQ_MAX;
    int64_t least_ns = NS_PER_S / (int64_t)rate / CATCH_UP;
    int64_t t0 = now_ns(CLOCK_MONOTONIC);
    int64_t last = t0 - NS_PER_S;

    for (uint64_t n = 0; n < limit && !atomic_load(&f->stop); n++) {
        int64_t due = due_ns(t0, n, rate);
        int64_t late;

        sleep_until(due > last + least_ns ? due : last + least_ns);
        last = now_ns(CLOCK_MONOTONIC);
        late = last - due;
        if (late > atomic_load(&f->late_max_ns))
            atomic_store(&f->late_max_ns, late);
        if (say_from(f, f->send[n % f->sends], KIND_DATA, n, 0) < 0)
            atomic_fetch_add(&f->errors, 1);
        atomic_store(&f->sent, n + 1);
    }
    atomic_store(&f->sender_done, true);
    return NULL;
}

/* ---- receiving ---- */

static void heard(struct flow *f, const struct wire *w, int64_t arrived_ns)
{
    uint64_t seq = be64toh(w->seq);

    f->peer_seen = 1;
    switch (be32toh(w->kind)) {
    case KIND_HELLO:
        break;
    case KIND_DATA:
        if (tally_add(&f->tally, seq, (int64_t)be64toh(w->sent_ns), arrived_ns) < 0)
            f->strangers++;
        break;
    case KIND_END:
        f->peer_ended = 1;
        f->peer_sent = seq;
        f->peer_errors = be64toh(w->errors);
        break;
    default:
        f->strangers++;
    }
}

/* The kernel's stamp of arrival, so that our own late wake-up is not taken for a gap. */
static int64_t read_stamps(struct flow *f, struct msghdr *mh)
{
    int64_t at = 0;

    for (struct cmsghdr *c = CMSG_FIRSTHDR(mh); c; c = CMSG_NXTHDR(mh, c)) {
        if (c->cmsg_level != SOL_SOCKET)
            continue;
        if (c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec ts;

            memcpy(&ts, CMSG_DATA(c), sizeof(ts));
            at = ts.tv_sec * NS_PER_S + ts.tv_nsec;
        } else if (c->cmsg_type == SO_RXQ_OVFL) {
            memcpy(&f->overflow, CMSG_DATA(c), sizeof(f->overflow));
        }
    }
    return at ? at : now_ns(CLOCK_REALTIME);
}

/* Takes all that waits in the socket. */
static void receive(struct flow *f)
{
    for (;;) {
        struct wire w;
        union {
            struct cmsghdr align;
            char bytes[256];
        } control;
        struct iovec iov = {.iov_base = &w, .iov_len = sizeof(w)};
        struct msghdr mh = {
            .msg_iov = &iov,
            .msg_iovlen = 1,
            .msg_control = &control,
            .msg_controllen = sizeof(control),
        };
        ssize_t n = recvmsg(f->sock, &mh, MSG_DONTWAIT);
        int64_t at;

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return;
        at = read_stamps(f, &mh);
        if (n != (ssize_t)sizeof(w) || be32toh(w.magic) != WIRE_MAGIC ||
            be64toh(w.run) != f->opt->run) {
            f->strangers++;
            continue;
        }
        heard(f, &w, at);
    }
}

/* ---- the report ---- */

static void put(struct json_object *o, const char *key, uint64_t value)
{
    json_object_object_add(o, key, json_object_new_uint64(value));
}

/* Milliseconds to three places, written so: a reader need not wade through digits of noise. */
static void put_ms(struct json_object *o, const char *key, int64_t ns)
{
    double ms = (double)(ns / 1000) / 1000.0;
    char text[64];

    snprintf(text, sizeof(text), "%.3f", ms);
    json_object_object_add(o, key, json_object_new_double_s(ms, text));
}

static void put_null_or(struct json_object *o, const char *key, int known, uint64_t value)
{
    json_object_object_add(o, key, known ? json_object_new_uint64(value) : NULL);
}

static struct json_object *gap_json(const struct tally *t, const struct tally_gap *g)
{
    struct json_object *o = json_object_new_object();

    put_ms(o, "start_ms", g->start_ns);
    put_ms(o, "ms", g->length_ns);
    put(o, "lost", tally_missing(t, g->first, g->end));
    put(o, "first", g->first);
    put(o, "end", g->end);
    if (g->sent_apart_ns >= 0)
        put_ms(o, "sent_apart_ms", g->sent_apart_ns);
    else
        json_object_object_add(o, "sent_apart_ms", NULL);
    json_object_object_add(o, "open", json_object_new_boolean(g->open));
    return o;
}

static struct json_object *gaps_json(const struct tally *t, uint64_t *lost_in_gaps)
{
    struct json_object *list = json_object_new_array();

    *lost_in_gaps = 0;
    for (size_t i = 0; i < t->gap_count; i++) {
        const struct tally_gap *g = &t->gaps[i];

        *lost_in_gaps += tally_missing(t, g->first, g->end);
        json_object_array_add(list, gap_json(t, g));
    }
    return list;
}

/* Of the numbers known to have been sent: all of them after END, else up to the highest seen. */
static uint64_t known_sent(const struct flow *f)
{
    return f->peer_ended && f->peer_sent > f->tally.next ? f->peer_sent : f->tally.next;
}

static struct json_object *report_json(struct flow *f)
{
    struct json_object *o = json_object_new_object();
    struct json_object *tx = json_object_new_object();
    struct json_object *rx = json_object_new_object();
    const struct tally *t = &f->tally;
    uint64_t lost_in_gaps;
    struct json_object *gaps = gaps_json(t, &lost_in_gaps);

    json_object_object_add(o, "listen", json_object_new_string(f->opt->listen));
    json_object_object_add(o, "peer", json_object_new_string(f->opt->peer));
    put(o, "rate", f->opt->rate);
    put(o, "run", f->opt->run);
    put_ms(o, "started_ms", f->started_ns);
    put_ms(o, "ended_ms", f->ended_ns ? f->ended_ns : now_ns(CLOCK_REALTIME));
    json_object_object_add(o, "running", json_object_new_boolean(f->ended_ns == 0));

    json_object_object_add(o, "tx", tx);
    put(tx, "sent", atomic_load(&f->sent));
    put(tx, "errors", atomic_load(&f->errors));
    put_ms(tx, "late_max_ms", atomic_load(&f->late_max_ns));

    json_object_object_add(o, "rx", rx);
    put_null_or(rx, "peer_sent", f->peer_ended, f->peer_sent);
    put_null_or(rx, "peer_errors", f->peer_ended, f->peer_errors);
    put(rx, "received", t->received);
    put(rx, "lost", tally_missing(t, 0, known_sent(f)));
    put(rx, "lost_in_gaps", lost_in_gaps);
    put(rx, "reordered", t->reordered);
    put(rx, "duplicated", t->duplicated);
    put(rx, "strangers", f->strangers);
    put(rx, "overflow", f->overflow);
    put_ms(rx, "silent_ms", now_ns(CLOCK_REALTIME) - t->arrived_ns);
    json_object_object_add(rx, "gaps", gaps);
    return o;
}

/* Written aside and renamed, so that a reader finds a whole report or none. */
static int write_report(struct flow *f)
{
    char aside[4096];
    struct json_object *o;
    int rc;

    if (!f->opt->report)
        return 0;
    if (snprintf(aside, sizeof(aside), "%s.new", f->opt->report) >= (int)sizeof(aside)) {
        complain("The name of the report is too long.");
        return -1;
    }
    o = report_json(f);
    rc = json_object_to_file_ext(aside, o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED);
    json_object_put(o);
    if (rc < 0 || rename(aside, f->opt->report) < 0) {
        complain("Cannot write the report %s: %s.", f->opt->report, strerror(errno));
        return -1;
    }
    return 0;
}

static void print_summary(struct flow *f)
{
    const struct tally *t = &f->tally;
    int64_t longest = 0;
    uint64_t sent = known_sent(f);

    for (size_t i = 0; i < t->gap_count; i++)
        if (t->gaps[i].length_ns > longest)
            longest = t->gaps[i].length_ns;
    printf("sent %" PRIu64 " (%" PRIu64 " errors); of the peer's %s%" PRIu64 ": received %" PRIu64
           ", lost %" PRIu64 ", reordered %" PRIu64 ", duplicated %" PRIu64
           ", gaps over 10 ms %zu, longest %.1f ms\n",
           (uint64_t)atomic_load(&f->sent), (uint64_t)atomic_load(&f->errors),
           f->peer_ended ? "" : "at least ", sent, t->received, tally_missing(t, 0, sent),
           t->reordered, t->duplicated, t->gap_count, (double)longest / (double)NS_PER_MS);
    fflush(stdout);
}

/* ---- the run ---- */

static void read_signal(struct flow *f)
{
    struct signalfd_siginfo si;

    if (read(f->sigs, &si, sizeof(si)) != (ssize_t)sizeof(si))
        return;
    if (si.ssi_signo == SIGUSR1)
        write_report(f);
    else
        atomic_store(&f->stop, true);
}

/* Receives, and heeds signals, until `until_ns` (monotonic) at the latest. */
static void turn(struct flow *f, int64_t until_ns)
{
    struct pollfd fds[] = {
        {.fd = f->sock, .events = POLLIN},
        {.fd = f->sigs, .events = POLLIN},
    };
    int64_t left = until_ns - now_ns(CLOCK_MONOTONIC);
    struct timespec ts = {0};

    if (left > 0)
        ts = (struct timespec){.tv_sec = left / NS_PER_S, .tv_nsec = left % NS_PER_S};
    if (ppoll(fds, 2, &ts, NULL) <= 0)
        return;
    if (fds[1].revents)
        read_signal(f);
    if (fds[0].revents)
        receive(f);
}

/* Turns until `until_ns` or until *done; says `kind` every SAY_EVERY_NS meanwhile. Whoever is told
 * to stop while nobody answers its HELLO gives up. */
static void say_until(struct flow *f, enum kind kind, int64_t until_ns, const int *done)
{
    int64_t next = 0;

    while (now_ns(CLOCK_MONOTONIC) < until_ns && !(done && *done)) {
        if (kind == KIND_HELLO && atomic_load(&f->stop))
            return;
        if (now_ns(CLOCK_MONOTONIC) >= next) {
            next = now_ns(CLOCK_MONOTONIC) + SAY_EVERY_NS;
            say(f, kind, atomic_load(&f->sent), atomic_load(&f->errors));
        }
        turn(f, next < until_ns ? next : until_ns);
    }
}

static int meet(struct flow *f)
{
    say_until(f, KIND_HELLO, now_ns(CLOCK_MONOTONIC) + f->opt->wait_ns, &f->peer_seen);
    if (f->peer_seen)
        return 0;
    complain("Nothing heard from %s in %" PRId64 " ms: is the other end started, and is there a "
             "path both ways?",
             f->opt->peer, f->opt->wait_ns / NS_PER_MS);
    return -1;
}

static int run(struct flow *f)
{
    int rc;

    if (meet(f) < 0)
        return -1;
    say(f, KIND_HELLO, 0, 0); /* our first number may be slow to come; let the peer begin now */
    f->started_ns = now_ns(CLOCK_REALTIME);
    if (write_report(f) < 0) /* the first one says that the stream has begun */
        return -1;
    rc = pthread_create(&f->sender, NULL, send_numbers, f);
    if (rc) {
        complain("Cannot start the sender: %s.", strerror(rc));
        return -1;
    }
    while (!atomic_load(&f->stop) && !atomic_load(&f->sender_done))
        turn(f, now_ns(CLOCK_MONOTONIC) + SAY_EVERY_NS);
    pthread_join(f->sender, NULL);
    f->ended_ns = now_ns(CLOCK_REALTIME);

    /* The tail counts from the end of both: on a busy machine they end apart. */
    say_until(f, KIND_END, now_ns(CLOCK_MONOTONIC) + PEER_END_NS, &f->peer_ended);
    say_until(f, KIND_END, now_ns(CLOCK_MONOTONIC) + f->opt->drain_ns, NULL);
    receive(f);
    if (f->peer_ended && tally_close(&f->tally, f->peer_sent, now_ns(CLOCK_REALTIME)) < 0) {
        complain("Out of memory.");
        return -1;
    }
    if (write_report(f) < 0)
        return -1;
    print_summary(f);
    return 0;
}

/* ---- starting ---- */

/* Splits ADDR:PORT or [ADDR]:PORT; no names, so that nothing waits for a resolver. */
static struct addrinfo *resolve(const char *text)
{
    struct addrinfo hints = {
        .ai_socktype = SOCK_DGRAM,
        .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
    };
    struct addrinfo *found = NULL;
    char copy[128];
    char *host = copy;
    char *colon;
    int rc = EAI_NONAME;

    if (strlen(text) < sizeof(copy)) {
        memcpy(copy, text, strlen(text) + 1);
        colon = strrchr(copy, ':');
        if (colon) {
            *colon = '\0';
            if (copy[0] == '[' && colon[-1] == ']') {
                colon[-1] = '\0';
                host++;
            }
            rc = getaddrinfo(host, colon + 1, &hints, &found);
        }
    }
    if (rc) {
        complain("'%s' is not ADDR:PORT.", text);
        return NULL;
    }
    return found;
}

static int open_socket(const struct addrinfo *ai, const char *text)
{
    int bytes = RCVBUF_BYTES;
    int one = 1;
    int fd = socket(ai->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, ai->ai_addr, ai->ai_addrlen) < 0) {
        complain("Cannot listen on %s: %s.", text, strerror(errno));
        if (fd >= 0)
            close(fd);
        return -1;
    }
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
    (void)setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one));
    (void)setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &one, sizeof(one));
    return fd;
}

static void set_port(struct sockaddr *address, unsigned port)
{
    if (address->sa_family == AF_INET6)
        ((struct sockaddr_in6 *)(void *)address)->sin6_port = htons((uint16_t)port);
    else
        ((struct sockaddr_in *)(void *)address)->sin_port = htons((uint16_t)port);
}

/* More ports to send from, which only send: to a router that shares by flow, each is a flow. */
static int open_sends(struct flow *f, const struct addrinfo *here)
{
    struct sockaddr_storage at;
    unsigned first;

    memcpy(&at, here->ai_addr, here->ai_addrlen);
    first = ntohs(at.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)(void *)&at)->sin6_port
                                           : ((struct sockaddr_in *)(void *)&at)->sin_port);
    f->send[f->sends++] = f->sock;
    while (f->sends < f->opt->ports) {
        int fd = socket(here->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        set_port((struct sockaddr *)&at, first + f->sends);
        if (fd < 0 || bind(fd, (struct sockaddr *)&at, here->ai_addrlen) < 0) {
            complain("Cannot send from port %u: %s.", first + f->sends, strerror(errno));
            if (fd >= 0)
                close(fd);
            return -1;
        }
        f->send[f->sends++] = fd;
    }
    return 0;
}

static int open_addresses(struct flow *f)
{
    struct addrinfo *here = resolve(f->opt->listen);
    struct addrinfo *there = resolve(f->opt->peer);
    int ok = here && there;

    if (ok && here->ai_family != there->ai_family) {
        complain("--listen and --peer are not of one family.");
        ok = 0;
    }
    if (ok) {
        memcpy(&f->to, there->ai_addr, there->ai_addrlen);
        f->to_len = there->ai_addrlen;
        f->sock = open_socket(here, f->opt->listen);
        ok = f->sock >= 0 && open_sends(f, here) == 0;
    }
    if (here)
        freeaddrinfo(here);
    if (there)
        freeaddrinfo(there);
    return ok ? 0 : -1;
}

/* Signals come by a descriptor; blocked before the sender starts, so it never gets one. */
static int open_signals(struct flow *f)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGUSR1);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
        return -1;
    f->sigs = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return f->sigs < 0 ? -1 : 0;
}

static const char usage_text[] =
    "usage: flow --listen ADDR:PORT --peer ADDR:PORT [--rate PPS] [--duration S|until-signal]\n"
    "            [--report FILE] [--run N] [--wait S] [--drain MS] [--ports N]\n"
    "\n"
    "One end of a stream of numbered UDP packets both ways; start one such at each end.\n"
    "  --rate PPS      packets per second to send (1000; 1 to 50000)\n"
    "  --duration S    seconds to send; until-signal (default): to SIGTERM or SIGINT\n"
    "  --report FILE   write the count there as JSON at the start, at each SIGUSR1, and at the "
    "end\n"
    "  --ports N       send from so many ports in turn, from that of --listen upwards (1)\n"
    "  --run N         only packets of the same run are counted (0)\n"
    "  --wait S        how long to wait for the other end before the start (10)\n"
    "  --drain MS      how long to wait for the tail after both have ended (1000)\n"
    "Exit: 0 counted (lost or not), 1 failed, 2 usage.\n";

static uint64_t number(const char *option, const char *text, long long least, long long most)
{
    const char *why;
    long long n = strtonum(text, least, most, &why);

    if (why) {
        complain("--%s %s is %s: from %lld to %lld.", option, text, why, least, most);
        exit(2);
    }
    return (uint64_t)n;
}

static const struct option long_options[] = {
    {"listen", required_argument, NULL, 'l'},
    {"peer", required_argument, NULL, 'p'},
    {"rate", required_argument, NULL, 'r'},
    {"duration", required_argument, NULL, 'd'},
    {"report", required_argument, NULL, 'o'},
    {"run", required_argument, NULL, 'n'},
    {"wait", required_argument, NULL, 'w'},
    {"drain", required_argument, NULL, 't'},
    {"ports", required_argument, NULL, 's'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static void set_option(struct options *o, int c)
{
    switch (c) {
    case 'l':
        o->listen = optarg;
        break;
    case 'p':
        o->peer = optarg;
        break;
    case 'r':
        o->rate = number("rate", optarg, 1, RATE_MAX);
        break;
    case 'd':
        o->duration_s = strcmp(optarg, "until-signal") ? number("duration", optarg, 1, 1000000) : 0;
        break;
    case 'o':
        o->report = optarg;
        break;
    case 'n':
        o->run = number("run", optarg, 0, INT64_MAX);
        break;
    case 'w':
        o->wait_ns = (int64_t)number("wait", optarg, 0, 3600) * NS_PER_S;
        break;
    case 't':
        o->drain_ns = (int64_t)number("drain", optarg, 0, 60000) * NS_PER_MS;
        break;
    case 's':
        o->ports = (unsigned)number("ports", optarg, 1, PORTS_MAX);
        break;
    case 'h':
        fputs(usage_text, stdout);
        exit(0);
    default:
        fputs(usage_text, stderr);
        exit(2);
    }
}

static void read_options(struct options *o, int argc, char **argv)
{
    int c;

    while ((c = getopt_long(argc, argv, "h", long_options, NULL)) != -1)
        set_option(o, c);
    if (optind == argc && o->listen && o->peer)
        return;
    fputs(usage_text, stderr);
    exit(2);
}

int main(int argc, char **argv)
{
    struct options opt = {.rate = 1000, .ports = 1, .wait_ns = 10 * NS_PER_S, .drain_ns = NS_PER_S};
    struct flow f = {.opt = &opt, .sock = -1, .sigs = -1};
    int rc = 1;

    read_options(&opt, argc, argv);
    tally_init(&f.tally, GAP_NS, now_ns(CLOCK_REALTIME));
    if (open_signals(&f) == 0 && open_addresses(&f) == 0 && run(&f) == 0)
        rc = 0;
    tally_free(&f.tally);
    for (unsigned i = 1; i < f.sends; i++)
        close(f.send[i]);
    if (f.sock >= 0)
        close(f.sock);
    if (f.sigs >= 0)
        close(f.sigs);
    return rc;
}
