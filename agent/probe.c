/* An interface, a route, a command: tried without waiting. */
#include "agent/probe.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUTE_SEQ 1

/* ---- an interface ---- */

bool probe_interface(const char *name, char why[ERR_MAX])
{
    struct ifreq request;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc; /* any socket will do */
    short want = IFF_UP | IFF_RUNNING;

    memset(&request, 0, sizeof(request));
    snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
    rc = fd < 0 ? -1 : ioctl(fd, SIOCGIFFLAGS, &request);
    if (rc != 0)
        snprintf(why, ERR_MAX, "interface %s: %s", name, strerror(errno));
    if (fd >= 0)
        close(fd);
    if (rc != 0)
        return false;
    if ((request.ifr_flags & want) == want)
        return true;
    snprintf(why, ERR_MAX, "interface %s is %s", name,
             request.ifr_flags & IFF_UP ? "without a carrier" : "down");
    return false;
}

/* ---- a route ---- */

struct found {
    bool answered;
    uint8_t type, len;
};

static int on_route(const struct nlmsghdr *h, void *data)
{
    const struct rtmsg *route = mnl_nlmsg_get_payload(h);
    struct found *found = data;

    if (h->nlmsg_type != RTM_NEWROUTE)
        return MNL_CB_OK;
    found->answered = true;
    found->type = route->rtm_type;
    found->len = route->rtm_dst_len;
    return MNL_CB_OK;
}

/* The kernel answers before sendto() returns, so nothing is waited for. */
static bool ask_kernel(struct mnl_socket *nl, const struct prefix *prefix, struct found *found,
                       char why[ERR_MAX])
{
    char buffer[4096];
    struct nlmsghdr *h = mnl_nlmsg_put_header(buffer);
    struct rtmsg *route;
    ssize_t got;

    h->nlmsg_type = RTM_GETROUTE;
    h->nlmsg_flags = NLM_F_REQUEST;
    h->nlmsg_seq = ROUTE_SEQ;
    route = mnl_nlmsg_put_extra_header(h, sizeof(*route));
    route->rtm_family = prefix->family == 4 ? AF_INET : AF_INET6;
    route->rtm_dst_len = prefix->family == 4 ? 32 : 128;
    route->rtm_flags = RTM_F_FIB_MATCH; /* the route, not what it does for this address */
    mnl_attr_put(h, RTA_DST, prefix->family == 4 ? 4 : 16, prefix->addr);
    if (mnl_socket_sendto(nl, h, h->nlmsg_len) < 0 ||
        (got = recv(mnl_socket_get_fd(nl), buffer, sizeof(buffer), MSG_DONTWAIT)) < 0 ||
        mnl_cb_run(buffer, (size_t)got, ROUTE_SEQ, mnl_socket_get_portid(nl), on_route, found) <
            0) {
        snprintf(why, ERR_MAX, "%s", strerror(errno));
        return false;
    }
    return found->answered;
}

bool probe_route(const struct prefix *prefix, char why[ERR_MAX])
{
    struct mnl_socket *nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    struct found found = {.answered = false};
    char text[PREFIX_TEXT], error[ERR_MAX] = "no answer";
    bool asked = nl != NULL && mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) == 0 &&
                 ask_kernel(nl, prefix, &found, error);

    if (nl != NULL)
        mnl_socket_close(nl);
    if (asked && found.len >= prefix->len && found.type == RTN_UNICAST)
        return true;
    prefix_text(prefix, text);
    if (asked || errno == ENETUNREACH || errno == EHOSTUNREACH)
        snprintf(why, ERR_MAX, "no route to %s", text);
    else
        snprintf(why, ERR_MAX, "route to %s: %.120s", text, error);
    return false;
}

/* ---- a command ---- */

static void forget(struct probe_command *c)
{
    qb_loop_poll_del(c->loop, c->fd);
    close(c->fd);
    c->pid = 0;
}

/* The process has ended, so that waiting for it does not block; what it has left in its group is
 * killed. */
static int on_end(int32_t fd, int32_t revents, void *data)
{
    struct probe_command *c = data;
    char why[ERR_MAX] = "";
    int status = -1;

    (void)fd;
    (void)revents;
    kill(-c->pid, SIGKILL);
    waitpid(c->pid, &status, WNOHANG);
    forget(c);
    if (WIFSIGNALED(status))
        snprintf(why, sizeof(why), "the command was ended by signal %d", WTERMSIG(status));
    else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        snprintf(why, sizeof(why), "the command's exit status is %d", WEXITSTATUS(status));
    c->ended(c->ctx, why[0] == '\0', why);
    return 0;
}

static int spawn(pid_t *pid, const char *command)
{
    static char shell[] = "/bin/sh", option[] = "-c", path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
    char *argv[] = {shell, option, (char *)(uintptr_t)command, NULL}, *envp[] = {path, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    sigset_t none, all;
    int rc;

    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attr);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&files, 1, 2);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF |
                                        POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setpgroup(&attr, 0);
    posix_spawnattr_setsigdefault(&attr, &all);
    posix_spawnattr_setsigmask(&attr, &none);
    rc = posix_spawn(pid, shell, &files, &attr, argv, envp);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&files);
    return rc;
}

bool probe_command_start(struct probe_command *c, const char *command, char why[ERR_MAX])
{
    int rc = spawn(&c->pid, command);

    if (rc != 0) {
        c->pid = 0;
        snprintf(why, ERR_MAX, "the command cannot be run: %s", strerror(rc));
        return false;
    }
    c->fd = pidfd_open(c->pid, 0);
    if (c->fd >= 0 && qb_loop_poll_add(c->loop, QB_LOOP_LOW, c->fd, POLLIN, c, on_end) == 0)
        return true;
    snprintf(why, ERR_MAX, "the command cannot be watched: %s", strerror(errno));
    kill(-c->pid, SIGKILL); /* a zombie is left, which is better than to wait for it */
    if (c->fd >= 0)
        close(c->fd);
    c->pid = 0;
    return false;
}

bool probe_command_runs(const struct probe_command *c)
{
    return c->pid > 0;
}

void probe_command_kill(struct probe_command *c)
{
    if (c->pid > 0)
        kill(-c->pid, SIGKILL);
}

void probe_command_end(struct probe_command *c)
{
    if (c->pid <= 0)
        return;
    kill(-c->pid, SIGKILL);
    forget(c);
}
