/* charon's connections, as charon has them, and the replay windows of the kernel's SAs. */
#include "agent/check_ipsec.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/check.h"

#define AWS_CHILD_S  3600 /* AWS: phase 2 lifetime, phase 1 lifetime, at most */
#define AWS_IKE_S    28800
#define DPD_SLOW_S   30
#define REPLAY_LEAST 128

/* ---- list-conn ---- */

static void take_number(uint64_t *out, struct vici_text value)
{
    uint64_t n;

    if (vici_u64(value, &n))
        *out = n;
}

static void take_item(char out[SELECTORS_LEN], struct vici_text value)
{
    char item[SELECTORS_LEN];

    if (out[0] != '\0')
        strlcat(out, " ", SELECTORS_LEN);
    strlcat(out, vici_copy(value, item, sizeof(item)), SELECTORS_LEN);
}

/* One child's keys and lists, to the end of its section. */
static bool read_child(struct vici_cursor *c, struct conn_facts *tunnel)
{
    unsigned depth = c->depth;
    enum vici_element e;
    char *selectors = NULL;

    tunnel->loaded = true;
    while ((e = vici_next(c)) != VICI_SECTION_END || c->depth >= depth) {
        if (e == VICI_BAD || e == VICI_END)
            return false;
        if (e == VICI_LIST_START)
            selectors = vici_is(c->name, "local-ts")    ? tunnel->local_ts
                        : vici_is(c->name, "remote-ts") ? tunnel->remote_ts
                                                        : NULL;
        else if (e == VICI_LIST_ITEM && selectors != NULL)
            take_item(selectors, c->value);
        else if (e == VICI_KEY_VALUE && vici_is(c->name, "rekey_time"))
            take_number(&tunnel->child_rekey_s, c->value);
        else if (e == VICI_KEY_VALUE && vici_is(c->name, "dpd_action"))
            vici_copy(c->value, tunnel->dpd_action, sizeof(tunnel->dpd_action));
        else if (e == VICI_KEY_VALUE && vici_is(c->name, "close_action"))
            vici_copy(c->value, tunnel->close_action, sizeof(tunnel->close_action));
    }
    return true;
}

static bool read_children(struct vici_cursor *c, const struct ipsec_tunnel *names,
                          struct conn_facts *tunnel)
{
    unsigned depth = c->depth;
    enum vici_element e;

    while ((e = vici_next(c)) != VICI_SECTION_END || c->depth >= depth) {
        if (e == VICI_BAD || e == VICI_END)
            return false;
        if (e != VICI_SECTION_START)
            continue;
        if (vici_is(c->name, names->child) ? !read_child(c, tunnel) : !vici_skip(c))
            return false;
    }
    return true;
}

static bool read_conn(struct vici_cursor *c, const struct ipsec_tunnel *names,
                      struct conn_facts *tunnel)
{
    unsigned depth = c->depth;
    enum vici_element e;

    while ((e = vici_next(c)) != VICI_SECTION_END || c->depth >= depth) {
        if (e == VICI_BAD || e == VICI_END)
            return false;
        if (e == VICI_KEY_VALUE && vici_is(c->name, "dpd_delay"))
            take_number(&tunnel->dpd_delay_s, c->value);
        else if (e == VICI_KEY_VALUE && vici_is(c->name, "rekey_time"))
            take_number(&tunnel->ike_rekey_s, c->value);
        else if (e == VICI_SECTION_START &&
                 (vici_is(c->name, "children") ? !read_children(c, names, tunnel) : !vici_skip(c)))
            return false;
    }
    return true;
}

bool ipsec_facts_conn(struct ipsec_facts *facts, const struct ipsec_conf *conf,
                      struct vici_text message, char err[ERR_MAX])
{
    for (unsigned t = 0; t < conf->count; t++) {
        struct vici_cursor c = vici_cursor(message);
        enum vici_element e;
        while ((e = vici_next(&c)) != VICI_END) {
            bool good = e != VICI_BAD;
            if (e == VICI_SECTION_START)
                good = vici_is(c.name, conf->tunnel[t].ike)
                           ? read_conn(&c, &conf->tunnel[t], &facts->tunnel[t])
                           : vici_skip(&c);
            if (!good) {
                snprintf(err, ERR_MAX, "charon's list of connections cannot be understood");
                return false;
            }
        }
    }
    return true;
}

void ipsec_facts_stats(struct ipsec_facts *facts, struct vici_text message)
{
    struct vici_cursor c = vici_cursor(message);
    enum vici_element e;

    while ((e = vici_next(&c)) != VICI_END && e != VICI_BAD) {
        if (e == VICI_LIST_ITEM && vici_is(c.value, "kernel-libipsec"))
            facts->overlay = true;
    }
}

/* ---- what is wrong with it ---- */

/* All of each family that a shared prefix has, and no part of any. charon writes 0.0.0.0/0 and ::/0
 * so, and "dynamic" for what is not fixed. */
static bool is_all(const char *selectors, const struct conf *conf)
{
    bool all[2] = {strcmp(selectors, "0.0.0.0/0") == 0, strcmp(selectors, "::/0") == 0};

    if (strcmp(selectors, "0.0.0.0/0 ::/0") == 0 || strcmp(selectors, "::/0 0.0.0.0/0") == 0)
        all[0] = all[1] = true;
    for (unsigned p = 0; p < conf->router.prefixes.count; p++) {
        if (!all[conf->router.prefixes.item[p].family == 6])
            return false;
    }
    return all[0] || all[1];
}

static void judge_dpd(const struct conn_facts *f, const char *name, struct findings *list)
{
    if (f->dpd_delay_s == 0)
        found(list, FINDING_DPD_OFF, name, "dead peer detection is off: dpd_delay is 0");
    else if (f->dpd_delay_s > DPD_SLOW_S)
        found(list, FINDING_DPD_SLOW, name, "a silent peer is asked only after %llu s",
              (unsigned long long)f->dpd_delay_s);
    if (f->dpd_delay_s != 0 && (strcmp(f->dpd_action, "none") == 0 ||
                                strcmp(f->dpd_action, "clear") == 0 || f->dpd_action[0] == '\0'))
        found(list, FINDING_DPD_ACTION, name, "dpd_action is clear");
    if (strcmp(f->close_action, "none") != 0 && strcmp(f->close_action, "clear") != 0 &&
        f->close_action[0] != '\0')
        found(list, FINDING_CLOSE_ACTION, name, "close_action is %s", f->close_action);
}

static void judge_rekey(const struct conn_facts *f, const struct conf *conf, const char *name,
                        struct findings *list)
{
    const struct {
        const char *what;
        uint64_t is, most;
    } both[] = {{"CHILD_SA", f->child_rekey_s, AWS_CHILD_S}, {"IKE_SA", f->ike_rekey_s, AWS_IKE_S}};

    for (unsigned i = 0; i < 2; i++) {
        if (both[i].is == 0)
            found(list, FINDING_REKEY_OFF, name, "its %s is never rekeyed: rekey_time is 0",
                  both[i].what);
        else if (both[i].is > both[i].most)
            found(list, FINDING_REKEY_LATE, name,
                  "its %s is rekeyed after %llu s, AWS's ends at %llu", both[i].what,
                  (unsigned long long)both[i].is, (unsigned long long)both[i].most);
        else if (both[i].is <= conf->freshen_horizon_s)
            found(list, FINDING_REKEY_HORIZON, name,
                  "its %s is rekeyed every %llu s, and freshen-horizon is %u s", both[i].what,
                  (unsigned long long)both[i].is, conf->freshen_horizon_s);
    }
}

void ipsec_judge(const struct ipsec_facts *facts, const struct conf *conf, struct findings *list)
{
    for (unsigned t = 0; t < conf->tunnels; t++) {
        const struct conn_facts *f = &facts->tunnel[t];
        const char *name = conf->tunnel_name[t];

        if (!f->loaded) {
            found(list, FINDING_NOT_LOADED, name, "charon has no connection %s with a child %s",
                  conf->ipsec.tunnel[t].ike, conf->ipsec.tunnel[t].child);
            continue;
        }
        if (!facts->overlay && (!is_all(f->local_ts, conf) || !is_all(f->remote_ts, conf)))
            found(list, FINDING_SELECTORS, name, "its selectors are %.100s === %.100s", f->local_ts,
                  f->remote_ts);
        judge_dpd(f, name, list);
        judge_rekey(f, conf, name, list);
    }
    if (facts->replayed > 0 && facts->least_replay < REPLAY_LEAST)
        found(list, FINDING_REPLAY, "", "the smallest replay window of an SA in the kernel is %u",
              facts->least_replay);
}

/* ---- asking charon ---- */

struct asked {
    int fd;
    uint8_t *packet; /* VICI_PACKET_MAX bytes */
    struct vici_packet got;
};

static bool read_whole(int fd, uint8_t *to, size_t size)
{
    while (size > 0) {
        ssize_t n = read(fd, to, size);
        if (n <= 0 && !(n < 0 && errno == EINTR))
            return false;
        if (n > 0) {
            to += n;
            size -= (size_t)n;
        }
    }
    return true;
}

static bool next_packet(struct asked *a, char err[ERR_MAX])
{
    uint8_t header[VICI_HEADER];
    size_t size;

    if (!read_whole(a->fd, header, sizeof(header)) || (size = vici_frame(header)) == 0 ||
        !read_whole(a->fd, a->packet, size)) {
        snprintf(err, ERR_MAX, "charon does not answer within %d s", CHECK_WAIT_MS / 1000);
        return false;
    }
    return vici_packet_parse(a->packet, size, &a->got, err);
}

static bool say(struct asked *a, enum vici_type type, const char *name, char err[ERR_MAX])
{
    struct vici_writer w;
    uint8_t bytes[128];
    size_t size;

    vici_start(&w, bytes, sizeof(bytes), type, name);
    size = vici_finish(&w);
    if (size != 0 && send(a->fd, bytes, size, MSG_NOSIGNAL) == (ssize_t)size)
        return true;
    snprintf(err, ERR_MAX, "charon takes no request");
    return false;
}

static bool ask(struct asked *a, const struct conf *conf, struct ipsec_facts *facts,
                char err[ERR_MAX])
{
    if (!say(a, VICI_EVENT_REGISTER, "list-conn", err) || !next_packet(a, err) ||
        !say(a, VICI_CMD_REQUEST, "list-conns", err))
        return false;
    do {
        if (!next_packet(a, err))
            return false;
        if (a->got.type == VICI_EVENT && !ipsec_facts_conn(facts, &conf->ipsec, a->got.body, err))
            return false;
    } while (a->got.type == VICI_EVENT);
    if (!say(a, VICI_CMD_REQUEST, "stats", err) || !next_packet(a, err))
        return false;
    ipsec_facts_stats(facts, a->got.body);
    return true;
}

/* ---- asking the kernel ---- */

/* One SA of the kernel's dump; the window is in the old place, or in an attribute of its own. */
static void take_state(struct ipsec_facts *facts, struct nlmsghdr *h)
{
    const struct xfrm_usersa_info *sa = NLMSG_DATA(h);
    unsigned window = sa->replay_window;
    size_t at = NLMSG_LENGTH(sizeof(*sa));

    facts->states++;
    while (at + sizeof(struct nlattr) <= h->nlmsg_len) {
        const struct nlattr *attr = (const void *)((const char *)h + at);
        const struct xfrm_replay_state_esn *esn = (const void *)(attr + 1);
        if (attr->nla_len < sizeof(*attr))
            break;
        if (attr->nla_type == XFRMA_REPLAY_ESN_VAL && attr->nla_len >= sizeof(*attr) + sizeof(*esn))
            window = esn->replay_window;
        at += (size_t)NLA_ALIGN(attr->nla_len);
    }
    if (window == 0)
        return; /* an outbound one */
    if (facts->replayed == 0 || window < facts->least_replay)
        facts->least_replay = window;
    facts->replayed++;
}

/* A kernel without xfrm, or without SAs, has none to judge. */
static void ask_kernel(struct ipsec_facts *facts)
{
    struct {
        struct nlmsghdr head;
        struct xfrm_usersa_id id;
    } request = {.head = {.nlmsg_len = sizeof(request),
                          .nlmsg_type = XFRM_MSG_GETSA,
                          .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP}};
    struct timeval wait = {.tv_sec = CHECK_WAIT_MS / 1000};
    _Alignas(struct nlmsghdr) char reply[32768];
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_XFRM);
    ssize_t n = -1;
    bool more = true;

    if (fd < 0)
        return;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    if (send(fd, &request, sizeof(request), 0) < 0)
        more = false;
    while (more && (n = recv(fd, reply, sizeof(reply), 0)) > 0) {
        unsigned left = (unsigned)n;
        for (struct nlmsghdr *h = (void *)reply; NLMSG_OK(h, left); h = NLMSG_NEXT(h, left)) {
            if (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR)
                more = false;
            else if (h->nlmsg_type == XFRM_MSG_NEWSA &&
                     h->nlmsg_len >= NLMSG_LENGTH(sizeof(struct xfrm_usersa_info)))
                take_state(facts, h);
        }
    }
    close(fd);
}

void check_ipsec(struct findings *list, const struct conf *conf)
{
    struct ipsec_facts facts = {.overlay = false};
    struct asked a = {.packet = malloc(VICI_PACKET_MAX)};
    char err[ERR_MAX] = "no memory";

    a.fd = a.packet != NULL ? check_connect(conf->ipsec.socket, err) : -1;
    if (a.fd < 0 || !ask(&a, conf, &facts, err)) {
        found(list, FINDING_CHARON_SILENT, "", "%.250s", err);
    } else {
        ask_kernel(&facts);
        ipsec_judge(&facts, conf, list);
    }
    if (a.fd >= 0)
        close(a.fd);
    free(a.packet);
}
