/* One look at a router: its sessions, and what each of them really exports. */
#include "routing/look.h"

#include <stdio.h>
#include <string.h>

#include "routing/backend.h"

static bool look_begin(struct router_look *look);
static void ask_stage(struct router_look *look);

static void look_end(struct router_look *look, bool ok, const char *why)
{
    look->busy = false;
    look->done(look->ctx, ok, why);
}

static bool family_shared(const struct router_conf *conf, unsigned family)
{
    for (unsigned i = 0; i < conf->prefixes.count; i++) {
        if (conf->prefixes.item[i].family == (family == 0 ? 4 : 6))
            return true;
    }
    return false;
}

/* ---- what the backend has read */

/* The session of ours that is meant: by the router's name for it, or by a person's. */
static int session_of(const struct router_look *look, const struct session_said *said)
{
    int found = -1;

    for (unsigned i = 0; i < look->conf->count; i++) {
        const char *name = look->conf->session[i].name;
        if (strcmp(name, said->at) == 0)
            return (int)i;
        if (strcmp(name, said->name) == 0)
            found = (int)i;
    }
    return found;
}

static void take_read(struct router_look *look, unsigned i, const struct session_said *said)
{
    struct session_read *read = &look->read[i];

    read->internal = said->internal;
    read->trusted = said->trusted;
    read->seen.known = true;
    read->seen.disabled = said->disabled;
    read->seen.established |= said->established;
    read->seen.table = read->seen.established; /* until an adj-out of it cannot be read */
    read->seen.routes_in += said->routes_in;
    snprintf(read->seen.state, sizeof(read->seen.state), "%s", said->state);
    snprintf(look->at[i], sizeof(look->at[i]), "%s", said->at);
    for (unsigned family = 0; family < 2; family++)
        look->table[i][family] |=
            said->established && said->family_up[family] && family_shared(look->conf, family);
}

void router_look_take_session(struct router_look *look, const struct session_said *said)
{
    unsigned again = look->stage == LOOK_AGAIN;
    int i = session_of(look, said);

    if (i < 0 || said->ospf != router_session_is_ospf(&look->conf->session[i]))
        return;
    if (!again) {
        look->twice[i] |= look->listed[0][i] && strcmp(look->at[i], said->at) != 0;
        take_read(look, (unsigned)i, said);
    }
    look->listed[again][i] = true;
    look->fingerprint[again][i] = look->fingerprint[again][i] * 31 + said->fingerprint;
}

void router_look_take_route(struct router_look *look, const struct adj_route *route)
{
    readback_route(look->conf, look->backend->manner, look->session, look->level,
                   &look->read[look->session], route);
}

void router_look_no_table(struct router_look *look)
{
    look->read[look->session].seen.table = false;
}

/* ---- one stage after the other */

/* Two sessions of one name: which of them is meant cannot be known, so none is. */
static void forget_twice(struct router_look *look)
{
    for (unsigned i = 0; i < look->conf->count; i++) {
        if (!look->twice[i])
            continue;
        look->read[i] = (struct session_read){0};
        snprintf(look->read[i].seen.state, sizeof(look->read[i].seen.state), "named twice");
        look->table[i][0] = look->table[i][1] = false;
    }
}

/* The next adj-out to read; false if there is none. */
static bool next_table(struct router_look *look)
{
    for (unsigned i = 0; i < look->conf->count; i++) {
        for (unsigned family = 0; family < 2; family++) {
            if (!look->table[i][family])
                continue;
            look->session = i;
            look->family = family;
            look->pass = 0;
            return true;
        }
    }
    return false;
}

static bool changed_meanwhile(const struct router_look *look)
{
    for (unsigned i = 0; i < look->conf->count; i++) {
        if (look->listed[0][i] != look->listed[1][i] ||
            look->fingerprint[0][i] != look->fingerprint[1][i])
            return true;
    }
    return false;
}

static void look_compare(struct router_look *look)
{
    char why[ERR_MAX];

    if (!changed_meanwhile(look)) {
        look_end(look, true, "");
    } else if (++look->tries >= LOOK_TRIES) {
        snprintf(why, sizeof(why), "%s's sessions change faster than they can be read",
                 look->backend->name);
        look_end(look, false, why);
    } else if (!look_begin(look)) {
        look_end(look, false, control_why(look->control));
    }
}

/* What has been asked is answered, or need not be asked. False: the look is over. */
static bool next_stage(struct router_look *look)
{
    switch (look->stage) {
    case LOOK_LEVEL:
        look->stage = LOOK_SESSIONS;
        return true;
    case LOOK_SESSIONS:
        forget_twice(look);
        look->stage = next_table(look) ? LOOK_TABLE : LOOK_AGAIN;
        return true;
    case LOOK_TABLE:
        if (++look->pass < look->backend->passes && look->read[look->session].seen.table)
            return true;
        look->table[look->session][look->family] = false;
        look->stage = next_table(look) ? LOOK_TABLE : LOOK_AGAIN;
        return true;
    case LOOK_AGAIN:
        break;
    }
    look_compare(look);
    return false;
}

static void on_piece(void *arg, const struct reply_piece *piece)
{
    struct router_look *look = arg;
    look->backend->piece(look->inside, look, piece);
}

static void on_end(void *arg, int code, const char *text)
{
    struct router_look *look = arg;
    char why[ERR_MAX];

    if (code < 0)
        look_end(look, false, text);
    else if (!look->backend->reply(look->inside, look, code, text, why))
        look_end(look, false, why);
    else if (next_stage(look))
        ask_stage(look);
}

/* False if it could not be asked. */
static bool ask_one(struct router_look *look)
{
    struct control_command command = {.piece = on_piece, .end = on_end, .arg = look};
    char text[COMMAND_SIZE];

    while (!look->backend->ask(look->inside, look, text))
        next_stage(look); /* only the first stage may be nothing to ask */
    return control_send(look->control, &command, text);
}

static void ask_stage(struct router_look *look)
{
    if (!ask_one(look))
        look_end(look, false,
                 control_is_up(look->control) ? "too many commands wait for the router"
                                              : control_why(look->control));
}

static bool look_begin(struct router_look *look)
{
    memset(look->read, 0, sizeof(look->read));
    memset(look->at, 0, sizeof(look->at));
    memset(look->table, 0, sizeof(look->table));
    memset(look->twice, 0, sizeof(look->twice));
    memset(look->listed, 0, sizeof(look->listed));
    memset(look->fingerprint, 0, sizeof(look->fingerprint));
    look->stage = LOOK_LEVEL;
    look->level = LEVELS;
    look->busy = ask_one(look);
    return look->busy;
}

bool router_look_start(struct router_look *look)
{
    look->tries = 0;
    return control_is_up(look->control) && look_begin(look);
}
