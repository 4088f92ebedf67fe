/* The process that runs the hooks: one thread, one hook at a time. */
#include "agent/hook_run.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/hooks.h" /* HOOK_MESSAGE_MAX */

#define NAME_LEN 64
#define ENV_MAX  32

struct runner {
    const char *dir;
    uint32_t limit_ms;
    int sock, signals;
    bool stop;
    unsigned named; /* what was found unfit, and is not named again while it stays so */
    char unfit[HOOKS_MAX][NAME_LEN];
    /* the event */
    char *env[ENV_MAX];
    const char *json;
};

/* ---- saying ---- */

static void complain(const struct runner *r, const char *sentence)
{
    char text[800];
    int n = snprintf(text, sizeof(text), "W%s", sentence);

    send(r->sock, text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1, MSG_NOSIGNAL);
}

static void name_once(struct runner *r, const char *name, const char *what)
{
    char text[700];

    for (unsigned i = 0; i < r->named; i++) {
        if (strcmp(r->unfit[i], name) == 0)
            return;
    }
    if (r->named < HOOKS_MAX)
        snprintf(r->unfit[r->named++], NAME_LEN, "%.*s", NAME_LEN - 1, name);
    snprintf(text, sizeof(text), "%s/%.255s is not called: %s", r->dir, name, what);
    complain(r, text);
}

static void forget(struct runner *r, const char *name)
{
    for (unsigned i = 0; i < r->named; i++) {
        if (strcmp(r->unfit[i], name) == 0)
            memmove(r->unfit[i], r->unfit[--r->named], NAME_LEN);
    }
}

/* ---- which ---- */

/* As run-parts(8) has it: letters, digits, '_' and '-'. */
static bool good_name(const char *name)
{
    return name[0] != '\0' && strlen(name) < NAME_LEN &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
               strlen(name);
}

/* What others than root may write, others than root would run as root. */
static const char *untrusted(const struct stat *st)
{
    if (st->st_uid != geteuid())
        return "it belongs to another user than root";
    if (st->st_mode & (S_IWGRP | S_IWOTH))
        return "its group or others may write to it";
    return NULL;
}

static const char *unfit(int dir, const char *name)
{
    const char *why;
    struct stat st;

    if (!good_name(name))
        return "its name has more than letters, digits, '_' and '-', or is too long";
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return "it cannot be looked at";
    if (!S_ISREG(st.st_mode))
        return "it is no plain file";
    why = untrusted(&st);
    if (why == NULL && (st.st_mode & S_IXUSR) == 0)
        why = "it is not executable";
    return why;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* The names of the hooks, in order; returns how many. A directory that is not there has none. */
static unsigned find_hooks(struct runner *r, char names[HOOKS_MAX][NAME_LEN])
{
    int fd = open(r->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *entry;
    const char *why = NULL;
    unsigned count = 0;
    struct stat st;

    if (dir == NULL) {
        if (errno != ENOENT)
            name_once(r, "", strerror(errno));
        return 0;
    }
    if (fstat(fd, &st) != 0 || (why = untrusted(&st)) != NULL)
        name_once(r, "", why != NULL ? why : strerror(errno));
    while (why == NULL && (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        const char *no = unfit(fd, entry->d_name);
        if (no == NULL && count == HOOKS_MAX)
            no = "there are too many";
        if (no != NULL) {
            name_once(r, entry->d_name, no);
        } else {
            forget(r, entry->d_name);
            snprintf(names[count++], NAME_LEN, "%.*s", NAME_LEN - 1, entry->d_name);
        }
    }
    closedir(dir);
    qsort(names, count, NAME_LEN, by_name);
    return count;
}

/* ---- one hook ---- */

static uint64_t now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* The event's JSON as a file, so that nobody waits for a hook that does not read. */
static int stdin_of(const char *json)
{
    int fd = memfd_create("event", MFD_CLOEXEC);
    size_t size = strlen(json);

    if (fd < 0)
        return open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (write(fd, json, size) == (ssize_t)size && write(fd, "\n", 1) == 1)
        lseek(fd, 0, SEEK_SET);
    return fd;
}

static void become(const struct runner *r, const char *path, int in, int out)
{
    char *argv[] = {(char *)(uintptr_t)path, NULL};
    struct sigaction plain = {.sa_handler = SIG_DFL};
    sigset_t none;

    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* if we are killed ourselves */
    for (int s = 1; s < NSIG; s++)
        sigaction(s, &plain, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    dup2(in, 0);
    dup2(out, 1);
    dup2(out, 2);
    close_range(3, ~0u, 0);
    umask(022);
    if (chdir("/") == 0)
        execve(path, argv, r->env);
    dprintf(2, "%s\n", strerror(errno));
    _exit(127);
}

struct child {
    pid_t pid;
    int pidfd, out;
    uint64_t deadline;
    bool asked, killed;       /* SIGTERM, SIGKILL were sent */
    char line[HOOK_LINE_MAX]; /* it has printed last */
    size_t length;
    bool ended_line;
};

static void take_output(struct child *c)
{
    char text[4096];
    ssize_t n = read(c->out, text, sizeof(text));

    if (n <= 0) {
        close(c->out);
        c->out = -1;
        return;
    }
    for (ssize_t i = 0; i < n; i++) {
        if (text[i] == '\n') {
            c->ended_line = true;
            continue;
        }
        if (c->ended_line)
            c->length = 0;
        c->ended_line = false;
        if (c->length + 1 < sizeof(c->line))
            c->line[c->length++] = (unsigned char)text[i] < 0x20 || text[i] == 0x7f ? ' ' : text[i];
    }
    c->line[c->length] = '\0';
}

static void end_group(struct child *c)
{
    kill(-c->pid, c->asked ? SIGKILL : SIGTERM);
    c->killed = c->asked;
    c->asked = true;
    c->deadline = now_ms() + HOOK_TERM_MS;
}

static void tell_to_stop(struct runner *r, struct child *c)
{
    if (r->stop)
        return;
    r->stop = true;
    if (!c->asked)
        end_group(c);
}

/* Until it has ended; then its group is killed, before its number can be another's. */
static void wait_for(struct runner *r, struct child *c)
{
    for (;;) {
        struct pollfd p[4] = {{.fd = c->pidfd, .events = POLLIN},
                              {.fd = c->out, .events = POLLIN},
                              {.fd = r->stop ? -1 : r->sock, .events = 0},
                              {.fd = r->stop ? -1 : r->signals, .events = POLLIN}};
        uint64_t now = now_ms();
        int left = c->killed ? -1 : c->deadline > now ? (int)(c->deadline - now) : 0;
        int rc = poll(p, 4, left);

        if (rc == 0)
            end_group(c);
        if (rc <= 0)
            continue;
        if (p[1].revents)
            take_output(c);
        if (p[2].revents || p[3].revents)
            tell_to_stop(r, c);
        if (p[0].revents)
            break;
    }
    kill(-c->pid, SIGKILL);
}

static void say_how_it_ended(struct runner *r, const struct child *c, const char *name, int status)
{
    char text[700];

    if (c->asked && r->stop)
        snprintf(text, sizeof(text), "the hook %.63s was ended, for cgwhad stops", name);
    else if (c->asked)
        snprintf(text, sizeof(text), "the hook %.63s was %s after %.1f s%s%s", name,
                 c->killed ? "killed" : "ended", r->limit_ms / 1e3, c->length > 0 ? ": " : "",
                 c->line);
    else if (WIFSIGNALED(status))
        snprintf(text, sizeof(text), "the hook %.63s died of signal %d%s%s", name, WTERMSIG(status),
                 c->length > 0 ? ": " : "", c->line);
    else if (WEXITSTATUS(status) != 0)
        snprintf(text, sizeof(text), "the hook %.63s failed with status %d%s%s", name,
                 WEXITSTATUS(status), c->length > 0 ? ": " : "", c->line);
    else
        return;
    complain(r, text);
}

static void run_hook(struct runner *r, const char *name)
{
    struct child c = {.deadline = now_ms() + r->limit_ms};
    int in = stdin_of(r->json), out[2] = {-1, -1}, status = 0;
    char path[PATH_LEN + NAME_LEN + 2], text[300];

    snprintf(path, sizeof(path), "%s/%.63s", r->dir, name);
    c.pid = in >= 0 && pipe2(out, O_CLOEXEC) == 0 ? fork() : -1;
    if (c.pid == 0)
        become(r, path, in, out[1]);
    if (c.pid < 0) {
        snprintf(text, sizeof(text), "the hook %.63s cannot be started: %s", name, strerror(errno));
        complain(r, text);
    }
    if (in >= 0)
        close(in);
    if (out[1] >= 0)
        close(out[1]);
    c.out = out[0];
    if (c.pid > 0) {
        setpgid(c.pid, c.pid); /* whichever of us comes first */
        fcntl(c.out, F_SETFL, O_NONBLOCK);
        c.pidfd = pidfd_open(c.pid, 0);
        wait_for(r, &c);
        waitpid(c.pid, &status, 0);
        if (c.out >= 0)
            take_output(&c); /* what it said with its last breath */
        close(c.pidfd);
        say_how_it_ended(r, &c, name, status);
    }
    if (c.out >= 0)
        close(c.out);
}

/* Orphans of hooks are ours; true while there are some. */
static bool bury(void)
{
    pid_t pid;

    do
        pid = waitpid(-1, NULL, WNOHANG);
    while (pid > 0);
    return pid == 0;
}

/* ---- one event ---- */

static bool read_event(struct runner *r, char *text, size_t size)
{
    static char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    static char lang[] = "LANG=C.UTF-8";
    char *at = text, *end = text + size;
    unsigned n = 0;

    if (size < 2 || end[-1] != '\0')
        return false;
    r->env[n++] = path;
    r->env[n++] = lang;
    while (at < end && *at != '\0' && n + 1 < ENV_MAX) {
        r->env[n++] = at;
        at += strlen(at) + 1;
    }
    r->env[n] = NULL;
    if (at + 1 >= end)
        return false;
    r->json = at + 1;
    return true;
}

static void run_event(struct runner *r)
{
    char names[HOOKS_MAX][NAME_LEN];
    unsigned count = find_hooks(r, names);

    for (unsigned i = 0; i < count && !r->stop; i++)
        run_hook(r, names[i]);
}

static void serve(struct runner *r)
{
    static char text[HOOK_MESSAGE_MAX];
    struct pollfd p[2] = {{.fd = r->sock, .events = POLLIN}, {.fd = r->signals, .events = POLLIN}};

    while (!r->stop) {
        ssize_t n;
        if (poll(p, 2, bury() ? 100 : -1) <= 0)
            continue;
        if (p[1].revents)
            return;
        n = recv(r->sock, text, sizeof(text), 0);
        if (n <= 0)
            return; /* the agent has gone */
        if (read_event(r, text, (size_t)n))
            run_event(r);
        send(r->sock, HOOK_RUN_DONE, 1, MSG_NOSIGNAL);
    }
}

int hook_run_main(int argc, char **argv)
{
    struct runner r = {.sock = HOOK_RUN_FD};
    sigset_t set;

    if (argc != 3)
        return EXIT_FAILURE;
    r.dir = argv[1];
    r.limit_ms = (uint32_t)strtoul(argv[2], NULL, 10);
    prctl(PR_SET_NAME, HOOK_RUN_NAME);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    fcntl(r.sock, F_SETFD, FD_CLOEXEC);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    r.signals = signalfd(-1, &set, SFD_CLOEXEC);
    serve(&r);
    return EXIT_SUCCESS;
}
