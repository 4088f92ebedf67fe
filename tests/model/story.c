/* A counterexample as a story: who did what, what the engine made of it, how both nodes stand. */
#include "tests/model/world.h"

#include <stdarg.h>
#include <string.h>

void tell(struct model *m, const char *format, ...)
{
    va_list args;

    if (!m->story)
        return;
    va_start(args, format);
    vfprintf(m->story, format, args);
    va_end(args);
}

const char *node_text(const struct model *m, unsigned i)
{
    static const char *const names[N_MAX] = {"gw1", "gw2", "gw3"};

    return names[m->name[i]];
}

static const char *command_text(unsigned command)
{
    static const char *const names[COMMANDS] = {
        [COMMAND_DRAIN] = "drain",
        [COMMAND_FORCE] = "drain --force",
        [COMMAND_TIMED] = "drain --timeout",
        [COMMAND_DRY] = "drain --dry-run",
        [COMMAND_SAFE] = "drain --when-safe",
        [COMMAND_UNDRAIN] = "undrain",
        [COMMAND_UNTIMED] = "undrain --timeout",
        [COMMAND_ABORT] = "abort",
    };

    return names[command];
}

void mail_text(const struct model *m, const struct mail *mail, char out[64])
{
    static const char *const types[MESSAGES] = {"RECORD", "ASK", "REQUEST", "GUARD",
                                                "REFUSE", "END", "INFO"};
    const char *from = node_text(m, mail->from), *type = types[mail->type];

    if (mail->type == MESSAGE_RECORD)
        snprintf(out, 64, "%s of %s: %s, %s, covers %#x", type, from, phase_name(mail->a),
                 level_name(MAIL_LEVEL(mail->b)), MAIL_COVERS(mail->b));
    else if (mail->type == MESSAGE_ASK)
        snprintf(out, 64, "%s of %s: %s%s for %s (op %u)", type, from, ask_name(mail->b & 3u),
                 mail->b >> 2 & ASK_FLAG_FORCE ? " --force" : "", node_text(m, mail->a), mail->op);
    else
        snprintf(out, 64, "%s of %s (op %u)", type, from, mail->op);
}

void tell_move(struct model *m, const struct world *w, move_t move)
{
    static const char *const texts[MOVES] = {
#define MODEL_MOVE_TEXT(id, text) text,
        MOVE_LIST(MODEL_MOVE_TEXT)};
    unsigned kind = MOVE_KIND(move), i = MOVE_NODE(move), arg = MOVE_ARG(move);

    if (!m->story)
        return;
    tell(m, "\n%3u. %s %s", ++m->line, node_text(m, i), texts[kind]);
    switch (kind) {
    case MOVE_VIEW: {
        const struct view *v = &w->view[w->node[i].next];
        tell(m, ": members %#x ring %#x", v->members, v->ring);
        break;
    }
    case MOVE_TIMER:
        tell(m, " %s fires", timer_name(arg));
        break;
    case MOVE_EFFECT:
    case MOVE_DONE:
    case MOVE_SKIP:
    case MOVE_FAIL: {
        const struct router_order *o = &w->node[i].router[0];
        tell(m, ": %s", order_name(o->order));
        if (o->order == ORDER_LEVEL)
            tell(m, " %s", level_name(o->level));
        break;
    }
    case MOVE_IPSEC:
    case MOVE_IPSEC_FAIL:
        tell(m, ": %s", order_name(arg));
        break;
    case MOVE_QUIET:
        tell(m, " %s", arg ? "falls quiet" : "rises");
        break;
    case MOVE_ASK:
        tell(m, ": %s %s", command_text(arg >> 2), node_text(m, arg & 3u));
        break;
    case MOVE_BREAK:
        tell(m, " %u breaks", arg);
        break;
    default:
        break;
    }
}

void tell_effect(struct model *m, unsigned i, const struct effect *f)
{
    static const char *const types[MESSAGES] = {"RECORD", "ASK", "REQUEST", "GUARD",
                                                "REFUSE", "END", "INFO"};

    if (!m->story)
        return;
    tell(m, "\n        %s: ", node_text(m, i));
    switch (f->type) {
    case EFFECT_SEND:
        tell(m, "sends %s", types[f->send.type]);
        if (f->send.type == MESSAGE_RECORD)
            tell(m, ": %s, %s, covers %#x", phase_name(f->send.record.phase),
                 level_name(f->send.record.level), (unsigned)f->send.record.covers);
        else if (f->send.type == MESSAGE_END || f->send.type == MESSAGE_REFUSE)
            tell(m, " (op %u): %s, %s", OP_SERIAL(f->send.end.op), result_name(f->send.end.result),
                 reason_name(f->send.end.reason));
        else if (f->send.type == MESSAGE_REQUEST || f->send.type == MESSAGE_GUARD)
            tell(m, " (op %u)", OP_SERIAL(f->send.request.op));
        break;
    case EFFECT_ORDER:
        tell(m, "orders %s", order_name(f->order.order));
        if (f->order.order == ORDER_LEVEL)
            tell(m, " %s", level_name(f->order.level));
        if (f->order.order == ORDER_SAVE)
            tell(m, " %s", intent_name(f->order.intent));
        break;
    case EFFECT_PHASE:
    case EFFECT_IMPOSSIBLE:
        tell(m, "%s %s -> %s (%s)", effect_name(f->type), phase_name(f->phase.from),
             phase_name(f->phase.to), reason_name(f->phase.reason));
        break;
    case EFFECT_TIMER_START:
    case EFFECT_TIMER_STOP:
        tell(m, "%s %s", effect_name(f->type), timer_name(f->timer.timer));
        break;
    default:
        tell(m, "%s %s", effect_name(f->type), f->keep_up.on ? "on" : "off");
        break;
    }
}

static void tell_node(struct model *m, const struct world *w, unsigned i)
{
    static const char *const tunnels[] = {"down", "SA", "up"};
    const struct node *n = &w->node[i];

    tell(m, "\n      | %s ", node_text(m, i));
    if (!n->power) {
        tell(m, "powered off, intent on disk %s", intent_name(n->disk));
        return;
    }
    tell(m, "%-12s exports %-9s", n->agent ? phase_name(n->e.phase) : "(no agent)",
         level_name(n->x));
    for (unsigned t = 0; t < m->tunnels; t++)
        tell(m, " tunnel %s%s", tunnels[n->tunnel[t]], n->fault[t] ? "!" : "");
    tell(m, " disk %s%s%s", intent_name(n->disk), n->closed ? " closed" : "",
         covers_really(m, n) ? " COVERS" : "");
    if (n->e.lock != OP_NONE)
        tell(m, " lock op %u of %s", OP_SERIAL(n->e.lock), node_text(m, n->e.lock_node));
    for (unsigned k = 0; k < n->orders; k++)
        tell(m, " [%s %s%s]", order_name(n->router[k].order),
             n->router[k].order == ORDER_LEVEL ? level_name(n->router[k].level) : "",
             n->router[k].superseded ? " superseded"
             : n->router[k].taken    ? " taken"
                                     : "");
}

void tell_world(struct model *m, const struct world *w)
{
    if (!m->story)
        return;
    for (unsigned place = 0; place < m->n; place++) {
        for (unsigned i = 0; i < m->n; i++) {
            if (m->name[i] == place)
                tell_node(m, w, i);
        }
    }
}
