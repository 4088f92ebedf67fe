/* Steps of the pair as text that a reviewer reads: the event, then what the engine asked for. */
#include "tests/unit/pair_inner.h"

static const char *node_name(uint32_t id)
{
    static const char *const names[] = {"gw1", "gw2", "gw3"};
    unsigned n = id / 10u - 1u;

    return id != 0 && n < PAIR_NODES ? names[n] : "nobody";
}

static void write_op(FILE *out, const char *before, op_t op)
{
    if (op != OP_NONE)
        fprintf(out, "%s%s:%u", before, node_name(OP_NODE(op)), OP_SERIAL(op));
}

static void write_bits(FILE *out, const char *before, uint64_t bits, unsigned count)
{
    fputs(before, out);
    for (unsigned i = 0; i < count; i++)
        fputc(bits >> i & 1u ? '1' : '0', out);
}

static void write_record(FILE *out, const struct record *r)
{
    fprintf(out, " %s (%s), level %s", phase_name(r->phase), reason_name(r->reason),
            level_name(r->level));
    if (r->target != r->level)
        fprintf(out, " to %s", level_name(r->target));
    write_bits(out, ", covers ", r->covers, 2);
    if (r->intent != INTENT_IN_SERVICE)
        fprintf(out, ", intent %s", intent_name(r->intent));
    write_op(out, ", op ", r->op);
}

static void write_ask(FILE *out, const struct message *m)
{
    fprintf(out, " %s %s", ask_name(m->ask.kind), node_name(m->ask.target));
    write_op(out, ", op ", m->ask.op);
    if (m->ask.flags & ASK_FLAG_FORCE)
        fputs(", force", out);
    if (m->ask.flags & ASK_FLAG_DRY_RUN)
        fputs(", dry-run", out);
    if (m->ask.timeout_s != 0)
        fprintf(out, ", within %u s", m->ask.timeout_s);
}

static void write_end(FILE *out, const struct message *m)
{
    write_op(out, " ", m->end.op);
    fprintf(out, " of %s: %s (%s) in %s", node_name(m->end.target), result_name(m->end.result),
            reason_name(m->end.reason), phase_name(m->end.phase));
    if (m->end.node != 0)
        fprintf(out, ", see %s", node_name(m->end.node));
    write_op(out, ", held by ", m->end.holder);
    if (m->end.prefixes != 0)
        write_bits(out, ", prefixes ", m->end.prefixes, 2);
    if (m->end.tunnels != 0)
        write_bits(out, ", tunnels down ", m->end.tunnels, PAIR_TUNNELS);
    if (m->end.sessions != 0)
        write_bits(out, ", sessions down ", m->end.sessions, PAIR_TUNNELS);
}

static void write_message(FILE *out, const struct message *m)
{
    static const char *const names[] = {"record", "ask", "request", "guard", "refuse", "end", "?"};

    fputs(names[m->type < MESSAGE_INFO ? m->type : MESSAGE_INFO], out);
    switch (m->type) {
    case MESSAGE_RECORD:
        write_record(out, &m->record);
        break;
    case MESSAGE_ASK:
        write_ask(out, m);
        break;
    case MESSAGE_REQUEST:
        write_op(out, " ", m->request.op);
        break;
    case MESSAGE_GUARD:
        write_op(out, " ", m->guard.op);
        write_bits(out, ", covers ", m->guard.covers, 2);
        break;
    default:
        write_end(out, m);
        break;
    }
}

static void write_names(FILE *out, uint8_t bits)
{
    for (unsigned n = 0; n < PAIR_NODES; n++) {
        if (bits & PAIR_BIT(n))
            fprintf(out, " %s", node_name(PAIR_ID(n)));
    }
}

static void write_event(FILE *out, const struct event *ev)
{
    switch (ev->type) {
    case EVENT_START:
        fprintf(out, "start, intent %s, level %s", intent_name(ev->start.intent),
                level_name(ev->start.level));
        break;
    case EVENT_VIEW:
        fputs("view of", out);
        write_names(out, ev->view.members);
        fputs("; in the ring", out);
        write_names(out, ev->view.ring);
        break;
    case EVENT_MESSAGE:
        fprintf(out, "from %s ", node_name(ev->message.from));
        write_message(out, &ev->message);
        break;
    case EVENT_OBSERVE:
        fprintf(out, "sees level %s",
                ev->observe.level < LEVELS ? level_name(ev->observe.level) : "mixed");
        write_bits(out, ", covers ", ev->observe.covers, 2);
        write_bits(out, ", tunnels ", ev->observe.tunnels_up, PAIR_TUNNELS);
        write_bits(out, ", sessions ", ev->observe.sessions_up, PAIR_TUNNELS);
        break;
    case EVENT_QUIET:
        fputs(ev->quiet.quiet ? "traffic is quiet" : "traffic is back", out);
        break;
    case EVENT_TIMER:
        fprintf(out, "timer %s", timer_name(ev->timer.timer));
        break;
    case EVENT_DONE:
        fprintf(out, "%s %s", order_name(ev->done.order), ev->done.ok ? "done" : "failed");
        break;
    default:
        fputs("stood still", out);
        break;
    }
}

static void write_order(FILE *out, const struct effect *f)
{
    fprintf(out, "order %s", order_name(f->order.order));
    if (f->order.order == ORDER_LEVEL)
        fprintf(out, " %s", level_name(f->order.level));
    if (f->order.order == ORDER_SAVE)
        fprintf(out, " %s", intent_name(f->order.intent));
}

static void write_effect(FILE *out, const struct effect *f)
{
    switch (f->type) {
    case EFFECT_SEND:
        fputs("send ", out);
        write_message(out, &f->send);
        break;
    case EFFECT_ORDER:
        write_order(out, f);
        break;
    case EFFECT_KEEP_UP:
        fprintf(out, "keep up %s", f->keep_up.on ? "on" : "off");
        break;
    case EFFECT_WATCH:
        fprintf(out, "watch %s", f->watch.on ? "on" : "off");
        break;
    case EFFECT_TIMER_START:
        fprintf(out, "start timer %s", timer_name(f->timer.timer));
        if (f->timer.seconds != 0)
            fprintf(out, " %u s", f->timer.seconds);
        break;
    case EFFECT_TIMER_STOP:
        fprintf(out, "stop timer %s", timer_name(f->timer.timer));
        break;
    default:
        fprintf(out, "%s %s -> %s (%s)", f->type == EFFECT_PHASE ? "PHASE" : "IMPOSSIBLE",
                phase_name(f->phase.from), phase_name(f->phase.to), reason_name(f->phase.reason));
        break;
    }
}

void trace_step(struct pair *p, unsigned n, const struct event *ev, const struct effects *out)
{
    if (out->count == 0)
        return; /* nothing followed: nothing to review */
    fprintf(p->trace, "%s: ", node_name(PAIR_ID(n)));
    write_event(p->trace, ev);
    fputc('\n', p->trace);
    for (unsigned i = 0; i < out->count; i++) {
        fputs("    ", p->trace);
        write_effect(p->trace, &out->item[i]);
        fputc('\n', p->trace);
    }
}

void pair_note(struct pair *p, const char *text)
{
    fprintf(p->trace, "# %s\n", text);
}

const char *pair_trace(struct pair *p)
{
    fflush(p->trace);
    return p->trace_text;
}

void pair_trace_clear(struct pair *p)
{
    if (p->trace != NULL)
        fclose(p->trace);
    free(p->trace_text);
    p->trace_text = NULL;
    p->trace = open_memstream(&p->trace_text, &p->trace_size);
    if (p->trace == NULL)
        abort();
}
