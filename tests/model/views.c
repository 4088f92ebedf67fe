/* Views and the total order of messages, with the guarantees of CPG and no more.
 *
 * All nodes of a view deliver a prefix of one order; each sender's messages stay in its order; the
 * order between senders is decided no earlier than at the first delivery.  A node leaves a view
 * after any prefix, and what it has not delivered by then is lost to it. */
#include "tests/model/world.h"

#include <string.h>

static bool same_mail(const struct mail *x, const struct mail *y)
{
    return x->type == y->type && x->from == y->from && x->op == y->op && x->a == y->a &&
           x->b == y->b;
}

/* Node i is in view v, or will be. */
static bool receives(const struct world *w, unsigned i, unsigned v)
{
    return w->node[i].cur == v || w->node[i].next == v;
}

bool matters(const struct world *w, unsigned i, const struct mail *mail)
{
    switch (mail->type) {
    case MESSAGE_RECORD:
    case MESSAGE_GUARD:
    case MESSAGE_REFUSE:
        return mail->from != i; /* a node does not listen to itself */
    case MESSAGE_ASK:
        if ((mail->b & 3u) == ASK_ABORT || mail->a == i)
            return true;
        /* The asker answers for a node that is not there. */
        return mail->from == i && !(w->node[i].e.members & BITMASK(mail->a));
    default:
        return true;
    }
}

/* A record that says what its sender's last one said, if that is still on its way, or what everyone
 * already holds. */
static bool told_already(const struct model *m, const struct world *w, unsigned i,
                         const struct mail *mail)
{
    unsigned index = w->node[i].cur;
    const struct view *v = &w->view[index];

    for (unsigned k = v->waiting[i]; k-- > 0;) {
        if (v->out[i][k].type == MESSAGE_RECORD)
            return same_mail(&v->out[i][k], mail);
    }
    for (unsigned k = v->logged; k-- > 0;) {
        if (v->log[k].from == i && v->log[k].type == MESSAGE_RECORD)
            return same_mail(&v->log[k], mail);
    }
    for (unsigned j = 0; j < m->n; j++) {
        const struct engine *e = &w->node[j].e;
        const struct record *r = &e->rec[i];

        if (j == i)
            continue;
        if (w->node[j].next == index)
            return false;
        if (w->node[j].cur != index)
            continue;
        if (!(e->known & BITMASK(i)) || (e->awaited & BITMASK(i)) || r->phase != mail->a ||
            r->level != MAIL_LEVEL(mail->b) || r->covers != MAIL_COVERS(mail->b) ||
            (r->target >= LEVEL_NORMAL) != MAIL_AIMS(mail->b) ||
            ((r->sick & SICK_UNREAD) != 0) != MAIL_UNREAD(mail->b) ||
            ((r->sick & SICK_TRACK) != 0) != MAIL_UNFIT(mail->b) ||
            (r->tunnels_up != 0) != MAIL_WHOLE(mail->b))
            return false;
    }
    return true;
}

/* An END of an operation that nobody in the view takes for the lock's, nor will. */
static bool frees_nothing(const struct model *m, const struct world *w, unsigned i,
                          const struct mail *mail)
{
    unsigned index = w->node[i].cur;
    const struct view *v = &w->view[index];

    for (unsigned k = 0; k < v->logged; k++) {
        if (v->log[k].type == MESSAGE_REQUEST && v->log[k].op == mail->op)
            return false;
    }
    for (unsigned j = 0; j < m->n; j++) {
        if (w->node[j].cur == index && OP_SERIAL(w->node[j].e.lock) == mail->op)
            return false;
        for (unsigned k = 0; k < v->waiting[j]; k++) {
            if (v->out[j][k].type == MESSAGE_REQUEST && v->out[j][k].op == mail->op)
                return false;
        }
    }
    return true;
}

void send_mail(struct model *m, struct world *w, unsigned i, const struct mail *mail)
{
    struct view *v = &w->view[w->node[i].cur];

    if (mail->type == MESSAGE_RECORD && told_already(m, w, i, mail))
        return;
    if (!m->plain && mail->type == MESSAGE_END && frees_nothing(m, w, i, mail))
        return;
    if (v->waiting[i] == OUT_MAX) {
        violated(m, MODEL, "the model's outbox of %u messages is full", OUT_MAX);
        return;
    }
    v->out[i][v->waiting[i]++] = *mail;
}

static bool matters_to_any(const struct model *m, const struct world *w, unsigned index,
                           const struct mail *mail, unsigned k)
{
    for (unsigned i = 0; i < m->n; i++) {
        if (!receives(w, i, index))
            continue;
        if (w->node[i].cur == index && w->view[index].pos[i] > k)
            continue;
        if (m->plain || matters(w, i, mail))
            return true;
    }
    return false;
}

static void tidy_log(const struct model *m, struct world *w, unsigned index)
{
    struct view *v = &w->view[index];
    unsigned k = 0;

    while (k < v->logged) {
        if (matters_to_any(m, w, index, &v->log[k], k)) {
            k++;
            continue;
        }
        for (unsigned i = 0; i < m->n; i++) {
            if (v->pos[i] > k)
                v->pos[i]--;
        }
        v->logged--;
        memmove(&v->log[k], &v->log[k + 1], (v->logged - k) * sizeof(v->log[0]));
    }
    memset(&v->log[v->logged], 0, (LOG_MAX - v->logged) * sizeof(v->log[0]));
}

static void tidy_view(const struct model *m, struct world *w, unsigned index)
{
    struct view *v = &w->view[index];

    for (unsigned i = 0; i < m->n; i++) {
        if (!receives(w, i, index))
            v->pos[i] = 0;
        else
            while (!m->plain && w->node[i].cur == index && v->pos[i] < v->logged &&
                   !matters(w, i, &v->log[v->pos[i]]))
                v->pos[i]++;
    }
    tidy_log(m, w, index);
    for (unsigned j = 0; j < m->n; j++) {
        unsigned kept = 0;
        for (unsigned k = 0; k < v->waiting[j]; k++) {
            if (matters_to_any(m, w, index, &v->out[j][k], LOG_MAX))
                v->out[j][kept++] = v->out[j][k];
        }
        v->waiting[j] = (uint8_t)kept;
    }
}

void tidy(const struct model *m, struct world *w)
{
    for (unsigned v = 0; v < VIEWS_MAX; v++) {
        bool wanted = false;

        if (!w->view[v].used)
            continue;
        for (unsigned i = 0; i < m->n; i++)
            wanted = wanted || receives(w, i, v);
        if (wanted)
            tidy_view(m, w, v);
        else
            memset(&w->view[v], 0, sizeof(w->view[v]));
    }
}

static unsigned new_view(struct world *w, uint8_t members, uint8_t ring)
{
    for (unsigned v = 0; v < VIEWS_MAX; v++) {
        if (w->view[v].used)
            continue;
        memset(&w->view[v], 0, sizeof(w->view[v]));
        w->view[v].used = 1;
        w->view[v].members = members;
        w->view[v].ring = ring;
        return v;
    }
    return NO_VIEW; /* cannot be: a node holds two at most */
}

/* Gives every component whose members or ring have changed a new view, which each of its nodes
 * will take when it does; one that was waiting and was taken by nobody is skipped. */
void reconfigure(struct model *m, struct world *w)
{
    for (unsigned c = 0; c < m->n; c++) {
        uint8_t members = 0, ring = 0;
        unsigned latest = NO_VIEW;
        bool same = true, first = true;

        for (unsigned i = 0; i < m->n; i++) {
            const struct node *n = &w->node[i];
            unsigned has = n->next != NO_VIEW ? n->next : n->cur;

            if (w->comp[i] != c || !n->power)
                continue;
            ring |= BITMASK(i);
            if (!n->agent)
                continue;
            members |= BITMASK(i);
            same = same && (first || has == latest);
            latest = has;
            first = false;
        }
        if (members == 0 || (same && latest != NO_VIEW && w->view[latest].members == members &&
                             w->view[latest].ring == ring))
            continue;
        latest = NO_VIEW;
        for (unsigned i = 0; i < m->n; i++) {
            if (members & BITMASK(i))
                w->node[i].next = NO_VIEW;
        }
        tidy(m, w);
        latest = new_view(w, members, ring);
        for (unsigned i = 0; i < m->n; i++) {
            if (members & BITMASK(i))
                w->node[i].next = (uint8_t)latest;
        }
    }
    tidy(m, w);
}

/* Messages of node i's view that somebody in it has not delivered yet. */
unsigned lag(const struct model *m, const struct world *w, unsigned i)
{
    const struct view *v = &w->view[w->node[i].cur];
    unsigned count = v->logged;

    for (unsigned j = 0; j < m->n; j++)
        count += v->waiting[j];
    return count;
}

bool has_mail(const struct model *m, const struct world *w, unsigned i, unsigned source)
{
    const struct view *v = &w->view[w->node[i].cur];

    if (v->pos[i] < v->logged)
        return source == 0;
    if (source == 0)
        return false;
    for (unsigned k = 0; k < v->waiting[source - 1]; k++) {
        if (m->plain || matters(w, i, &v->out[source - 1][k]))
            return true;
    }
    return false;
}

bool take_mail(const struct model *m, struct world *w, unsigned i, unsigned source,
               struct mail *out)
{
    struct view *v = &w->view[w->node[i].cur];

    if (!has_mail(m, w, i, source))
        return false;
    if (source == 0) {
        *out = v->log[v->pos[i]++];
        return true;
    }
    for (;;) { /* what does not matter here goes into the order before what does */
        struct mail *from = v->out[source - 1];
        struct mail mail = from[0];

        memmove(from, from + 1, --v->waiting[source - 1] * sizeof(*from));
        if (v->logged == LOG_MAX)
            return false;
        v->log[v->logged++] = mail;
        v->pos[i] = v->logged;
        *out = mail;
        if (m->plain || matters(w, i, &mail))
            return true;
    }
}
