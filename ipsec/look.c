/* Looking: the link to charon, and snapshots of its SAs.  Events are registered before the first
 * listing, so nothing falls between.  A listing that is not complete must never reach the table. */
#include "ipsec/charon.h"

#include <qb/qblog.h>
#include <stdio.h>
#include <string.h>

#define NS_PER_MS UINT64_C(1000000)

/* Tags of requests. */
enum { TAG_REGISTER, TAG_VERSION, TAG_CONNS, TAG_SAS };

/* list-sa and list-conn carry the listings; the others say that a listing is due. */
static const char *const events_wanted[] = {
    "list-sa", "list-conn", "ike-updown", "child-updown", "ike-rekey", "child-rekey",
};

static void connect_now(void *data);

static void link_down(struct charon *d, const char *why)
{
    bool news = d->link == LINK_UP || strcmp(d->why, why) != 0;

    look_stop(d);
    strlcpy(d->why, why, sizeof(d->why));
    if (news)
        qb_log(LOG_WARNING, "IPsec: %s", d->why);
    act_on_link_down(d);
    charon_post_seen(d);
    alarm_set(d, &d->reconnect, d->reconnect_ms, connect_now);
    d->reconnect_ms = d->reconnect_ms * 2 < d->timing.reconnect_max ? d->reconnect_ms * 2
                                                                    : d->timing.reconnect_max;
}

void look_stop(struct charon *d)
{
    client_close(&d->look);
    client_close(&d->act);
    d->link = LINK_DOWN;
    d->looking = d->look_again = false;
}

static bool request(struct charon *d, enum vici_type type, const char *name, uint32_t tag)
{
    uint8_t bytes[CLIENT_REQUEST_MAX];
    struct vici_writer frame;

    vici_start(&frame, bytes, sizeof(bytes), type, name);
    return client_send(&d->look, &frame, name, tag);
}

static bool list_sas(struct charon *d, bool sure)
{
    uint8_t bytes[CLIENT_REQUEST_MAX];
    struct vici_writer frame;

    d->sure = sure;
    sa_begin(&d->table);
    vici_start(&frame, bytes, sizeof(bytes), VICI_CMD_REQUEST, "list-sas");
    if (!sure)
        vici_put(&frame, "noblock", "yes");
    return client_send(&d->look, &frame, "list-sas", TAG_SAS);
}

static bool conns_due(const struct charon *d)
{
    uint8_t all = (uint8_t)((1u << d->conf.count) - 1);

    return d->conns_stale || d->table.configured != all ||
           charon_now() - d->conns_ns >= d->timing.conns * NS_PER_MS;
}

static void look(struct charon *d, bool sure)
{
    bool sent = true;

    d->looking = true;
    d->look_again = false;
    d->relists = 0;
    d->looks++;
    if (conns_due(d)) {
        sa_conns_begin(&d->table);
        sent = request(d, VICI_CMD_REQUEST, "list-conns", TAG_CONNS);
    }
    if (!sent || !list_sas(d, sure))
        link_down(d, "charon's queue of requests is full"); /* not with one look at a time */
}

void look_now(struct charon *d)
{
    if (d->looking)
        d->look_again = true;
    else if (d->link == LINK_UP)
        look(d, false);
}

void look_surely(struct charon *d)
{
    if (d->looking)
        d->look_again = true;
    else if (d->link == LINK_UP)
        look(d, true);
}

/* Connected: register, ask for the version, take the first snapshot. */
static void greet(struct charon *d)
{
    bool sent = true;

    d->link = LINK_GREETING;
    d->conns_stale = true;
    for (unsigned i = 0; i < sizeof(events_wanted) / sizeof(events_wanted[0]); i++)
        sent = sent && request(d, VICI_EVENT_REGISTER, events_wanted[i], TAG_REGISTER);
    if (!sent || !request(d, VICI_CMD_REQUEST, "version", TAG_VERSION)) {
        link_down(d, "charon's queue of requests is full");
        return;
    }
    look(d, true);
}

static void connect_now(void *data)
{
    struct charon *d = data;
    char err[ERR_MAX];

    d->reconnect.set = false;
    if (client_open(&d->look, err))
        greet(d);
    else
        link_down(d, err);
}

static void complete(struct charon *d)
{
    bool first = d->link != LINK_UP;

    sa_commit(&d->table);
    d->seen_ns = charon_now();
    d->link = LINK_UP;
    d->looking = false;
    if (first) {
        d->reconnect_ms = d->timing.reconnect;
        d->why[0] = '\0';
        qb_log(LOG_INFO, "IPsec: charon (%s) answers at %s", d->version, d->conf.socket);
    }
    charon_post_seen(d);
    act_on_snapshot(d);
    if (d->look_again)
        look_now(d);
}

static void read_version(struct charon *d, struct vici_text body)
{
    struct vici_text version;
    char text[NAME_MAX_LEN - sizeof("strongSwan")];

    d->version[0] = '\0';
    if (vici_find(body, "version", &version))
        snprintf(d->version, sizeof(d->version), "strongSwan %s",
                 vici_copy(version, text, sizeof(text)));
}

/* A listing came to its end. What it lacks is asked for again before it is believed: an IKE_SA that
 * is replaced while charon walks its table can be missed in its old place and in its new one. */
static void listed(struct charon *d)
{
    static const unsigned enough[] = {
        [SA_NONE] = 0, [SA_GONE] = RELISTS_GONE, [SA_MOVED] = RELISTS_MOVED};

    if (d->relists >= enough[sa_loss(&d->table)])
        complete(d);
    else if (d->relists++, !list_sas(d, true))
        link_down(d, "charon's queue of requests is full");
}

static void on_answer(void *ctx, uint32_t tag, const struct vici_packet *packet)
{
    struct charon *d = ctx;

    if (packet->type != (tag == TAG_REGISTER ? VICI_EVENT_CONFIRM : VICI_CMD_RESPONSE)) {
        link_down(d, "charon does not know a VICI event or command that every strongSwan since "
                     "5.5 knows; which version is it? swanctl --version");
        return;
    }
    if (tag == TAG_VERSION)
        read_version(d, packet->body);
    if (tag == TAG_CONNS) {
        sa_conns_commit(&d->table);
        d->conns_stale = false;
        d->conns_ns = charon_now();
    }
    if (tag != TAG_SAS)
        return;
    listed(d);
}

static void on_event(void *ctx, const struct vici_packet *packet)
{
    struct charon *d = ctx;
    char err[ERR_MAX];
    bool whole = true;

    if (vici_is(packet->name, "list-sa"))
        whole = !d->looking || sa_add(&d->table, packet->body, err);
    else if (vici_is(packet->name, "list-conn"))
        whole = !d->looking || sa_conns_add(&d->table, packet->body, err);
    else if (sa_event_is_ours(&d->table, packet->body))
        look_now(d);
    if (!whole)
        link_down(d, err);
}

static void on_broken(void *ctx, const char *why)
{
    link_down(ctx, why);
}

static const struct client_events look_events = {on_answer, on_event, on_broken};

void look_start(struct charon *d)
{
    client_init(&d->look, d->loop, d->conf.socket, d->timing.answer, &look_events, d);
    client_init(&d->act, d->loop, d->conf.socket, d->timing.act_answer, &act_events, d);
    d->link = LINK_DOWN;
    d->reconnect_ms = d->timing.reconnect;
    snprintf(d->why, sizeof(d->why), "charon at %s has not been asked yet", d->conf.socket);
    alarm_set(d, &d->reconnect, 0, connect_now);
}
