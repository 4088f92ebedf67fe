/* The SA table: what a listing means, counters over rekeys and restarts, and what the plans read
 * off it. */
#include "ipsec/plan.h"
#include "ipsec/sa.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct ipsec_conf conf = {
    .count = 2,
    .tunnel = {{.ike = "tun11", .child = "tun11"}, {.ike = "tun12", .child = "net"}},
};

struct fixture {
    struct sa_table table;
    struct ipsec_seen seen;
    struct vici_writer w;
    uint8_t bytes[4096];
};

static struct fixture f;

static int set_up(void **state)
{
    (void)state;
    memset(&f, 0, sizeof(f));
    sa_init(&f.table, &conf);
    return 0;
}

static struct vici_text body(void)
{
    struct vici_packet packet;
    char err[ERR_MAX];
    size_t len = vici_finish(&f.w);

    assert_true(len > 0);
    assert_true(vici_packet_parse(f.bytes + VICI_HEADER, len - VICI_HEADER, &packet, err));
    return packet.body;
}

/* A list-sa event: ike(), then any number of child(), then end(). */
static void ike(const char *name, int id, const char *state, int rekey)
{
    vici_start(&f.w, f.bytes, sizeof(f.bytes), VICI_EVENT, "list-sa");
    vici_open(&f.w, name);
    vici_put_int(&f.w, "uniqueid", id);
    vici_put(&f.w, "state", state);
    if (rekey != 0)
        vici_put_int(&f.w, "rekey-time", rekey);
}

static void children(void)
{
    vici_open(&f.w, "child-sas");
}

static void child(const char *name, int id, const char *state, unsigned spi, int64_t packets)
{
    char section[64], text[16];

    snprintf(section, sizeof(section), "%s-%d", name, id);
    snprintf(text, sizeof(text), "%08x", spi);
    vici_open(&f.w, section);
    vici_put(&f.w, "name", name);
    vici_put_int(&f.w, "uniqueid", id);
    vici_put(&f.w, "state", state);
    if (packets >= 0) {
        vici_put(&f.w, "spi-in", text);
        vici_put_int(&f.w, "bytes-in", packets * 100);
        vici_put_int(&f.w, "packets-in", packets);
        vici_put_int(&f.w, "bytes-out", packets * 200);
        vici_put_int(&f.w, "packets-out", packets * 2);
        vici_put_int(&f.w, "rekey-time", 1000 + id);
    }
    vici_list(&f.w, "local-ts");
    vici_item(&f.w, "0.0.0.0/0");
    vici_list_close(&f.w);
    vici_close(&f.w);
}

static void tasks(const char *list, const char *task)
{
    vici_list(&f.w, list);
    vici_item(&f.w, task);
    vici_list_close(&f.w);
}

static void end(void)
{
    char err[ERR_MAX];
    if (f.w.depth == 2)
        vici_close(&f.w);
    vici_close(&f.w);
    assert_true(sa_add(&f.table, body(), err));
}

static const struct ipsec_tunnel_seen *commit(unsigned tunnel)
{
    sa_commit(&f.table);
    sa_seen(&f.table, &f.seen);
    return &f.seen.tunnel[tunnel];
}

/* A snapshot of one tunnel with one CHILD_SA. */
static const struct ipsec_tunnel_seen *one(int id, const char *state, unsigned spi, int64_t packets)
{
    sa_begin(&f.table);
    ike("tun11", 1, "ESTABLISHED", 5000);
    children();
    child("tun11", id, state, spi, packets);
    end();
    return commit(0);
}

static void empty_listing_is_down(void **state)
{
    (void)state;
    sa_begin(&f.table);
    const struct ipsec_tunnel_seen *t = commit(0);
    assert_false(t->installed);
    assert_false(t->connecting);
    assert_int_equal(t->ike_sas, 0);
    assert_int_equal(t->rekey_in_s, -1);
}

static void installed_child_is_up(void **state)
{
    (void)state;
    const struct ipsec_tunnel_seen *t = one(1, "INSTALLED", 0xc0ffee01, 10);
    assert_true(t->installed);
    assert_int_equal(t->ike_sas, 1);
    assert_int_equal(t->children, 1);
    assert_int_equal(t->packets_in, 10);
    assert_int_equal(t->packets_out, 20);
    assert_int_equal(t->bytes_in, 1000);
    assert_int_equal(t->bytes_out, 2000);
    assert_int_equal(t->rekey_in_s, 1001);
    assert_int_equal(f.seen.tunnel[1].ike_sas, 0);
}

static void states_that_carry_traffic(void **state)
{
    static const struct {
        const char *state;
        bool installed;
    } want[] = {
        {"CREATED", false},  {"ROUTED", false},  {"INSTALLING", false}, {"INSTALLED", true},
        {"UPDATING", true},  {"REKEYING", true}, {"REKEYED", false},    {"RETRYING", false},
        {"DELETING", false}, {"DELETED", false}, {"DESTROYING", false}, {"NEWSTATE", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
        assert_int_equal(one(1, want[i].state, 1, 0)->installed, want[i].installed);
}

static void children_match_by_name_and_connection(void **state)
{
    (void)state;
    sa_begin(&f.table);
    ike("tun12", 1, "ESTABLISHED", 0);
    children();
    child("tun11", 1, "INSTALLED", 1, 5); /* not the child of tun12 that is configured */
    end();
    ike("other", 2, "ESTABLISHED", 0);
    children();
    child("net", 2, "INSTALLED", 2, 7); /* the child's name, of a connection not ours */
    end();
    const struct ipsec_tunnel_seen *t = commit(1);
    assert_int_equal(t->ike_sas, 1);
    assert_int_equal(t->children, 0);
    assert_false(t->installed);
    assert_int_equal(t->packets_in, 0);
    assert_int_equal(f.seen.tunnel[0].children, 0);
    assert_int_equal(f.table.now.ikes, 1);
}

/* Older strongSwan names the section as the configuration, with no key for it. */
static void section_name_is_the_name_without_a_key(void **state)
{
    (void)state;
    sa_begin(&f.table);
    ike("tun12", 1, "ESTABLISHED", 0);
    children();
    vici_open(&f.w, "net");
    vici_put_int(&f.w, "uniqueid", 1);
    vici_put(&f.w, "state", "INSTALLED");
    vici_close(&f.w);
    end();
    assert_true(commit(1)->installed);
}

static void rekey_adds_deltas_only(void **state)
{
    (void)state;
    one(1, "INSTALLED", 0xa, 100);
    sa_begin(&f.table);
    ike("tun11", 1, "ESTABLISHED", 0);
    children();
    child("tun11", 1, "REKEYED", 0xa, 110);
    child("tun11", 2, "INSTALLED", 0xb, 3);
    end();
    const struct ipsec_tunnel_seen *t = commit(0);
    assert_true(t->installed);
    assert_int_equal(t->children, 2);
    assert_int_equal(t->packets_in, 113);
    /* DELETED lingers in the list, without counters or with its last ones. */
    for (int64_t shown = -1; shown <= 110; shown += 111) {
        sa_begin(&f.table);
        ike("tun11", 1, "ESTABLISHED", 0);
        children();
        child("tun11", 1, "DELETED", 0xa, shown);
        child("tun11", 2, "INSTALLED", 0xb, 5);
        end();
        assert_int_equal(commit(0)->packets_in, 115);
    }
    assert_int_equal(one(2, "INSTALLED", 0xb, 6)->packets_in, 116);
    assert_int_equal(f.seen.tunnel[0].packets_out, 232);
}

static void restarted_charon_goes_on_counting(void **state)
{
    (void)state;
    assert_int_equal(one(1, "INSTALLED", 0xa, 1000)->packets_in, 1000);
    /* The same unique id with another SPI is another SA, be its counters smaller or larger. */
    assert_int_equal(one(1, "INSTALLED", 0xb, 4)->packets_in, 1004);
    assert_int_equal(one(1, "INSTALLED", 0xb, 9)->packets_in, 1009);
    assert_int_equal(one(1, "INSTALLED", 0xc, 2000)->packets_in, 3009);
}

static void counters_never_fall(void **state)
{
    (void)state;
    one(1, "INSTALLED", 0xa, 50);
    assert_int_equal(one(1, "INSTALLED", 0xa, 20)->packets_in, 50);
    assert_int_equal(one(1, "INSTALLED", 0xa, 51)->packets_in, 51);
}

static void sa_out_of_sight_is_not_counted_anew(void **state)
{
    (void)state;
    one(1, "INSTALLED", 0xa, 50);
    sa_begin(&f.table);
    assert_int_equal(commit(0)->packets_in, 50);
    assert_int_equal(one(1, "INSTALLED", 0xa, 52)->packets_in, 52);
}

/* Many rekeys: the memory's places are used again, the oldest first. */
static void memory_is_bounded(void **state)
{
    (void)state;
    for (int id = 1; id <= 3 * SA_MEMORY_MAX; id++)
        assert_int_equal(one(id, "INSTALLED", (unsigned)id, 10)->packets_in, 10 * id);
    assert_int_equal(one(3 * SA_MEMORY_MAX, "INSTALLED", 3 * SA_MEMORY_MAX, 11)->packets_in,
                     30 * SA_MEMORY_MAX + 1);
}

/* strongswan#2477: two IKE_SAs and two CHILD_SAs for one tunnel. */
static void duplicates_are_counted_and_summed(void **state)
{
    (void)state;
    sa_begin(&f.table);
    ike("tun11", 1, "ESTABLISHED", 700);
    children();
    child("tun11", 1, "INSTALLED", 0xa, 10);
    end();
    ike("tun11", 2, "CONNECTING", 0);
    end();
    ike("tun11", 3, "ESTABLISHED", 800);
    children();
    child("tun11", 2, "INSTALLED", 0xb, 4);
    end();
    const struct ipsec_tunnel_seen *t = commit(0);
    assert_int_equal(t->ike_sas, 3);
    assert_int_equal(t->children, 2);
    assert_int_equal(t->packets_in, 14);
    assert_true(t->connecting);
    assert_true(t->installed);
    assert_int_equal(t->rekey_in_s, 700);
}

static void deleting_ike_carries_nothing(void **state)
{
    (void)state;
    sa_begin(&f.table);
    ike("tun11", 1, "DELETING", 0);
    children();
    child("tun11", 1, "INSTALLED", 0xa, 10);
    end();
    const struct ipsec_tunnel_seen *t = commit(0);
    assert_false(t->installed);
    assert_int_equal(t->rekey_in_s, -1);
}

static void overdue_rekey_is_zero(void **state)
{
    (void)state;
    sa_begin(&f.table);
    ike("tun11", 1, "ESTABLISHED", -30);
    end();
    assert_int_equal(commit(0)->rekey_in_s, 0);
}

static void loss_is_noticed(void **state)
{
    (void)state;
    one(1, "INSTALLED", 0xa, 1);
    sa_begin(&f.table);
    assert_int_equal(sa_loss(&f.table), SA_GONE);
    ike("tun11", 1, "ESTABLISHED", 0);
    end();
    assert_int_equal(sa_loss(&f.table), SA_GONE); /* the IKE_SA is there, its CHILD_SA is not */
    sa_begin(&f.table);
    ike("tun11", 1, "REKEYED", 0); /* its CHILD_SA went to a new one, not listed */
    end();
    assert_int_equal(sa_loss(&f.table), SA_MOVED);
    ike("tun11", 2, "ESTABLISHED", 0);
    children();
    child("tun11", 1, "INSTALLED", 0xa, 2);
    end();
    assert_int_equal(sa_loss(&f.table), SA_NONE);
    sa_commit(&f.table);
    sa_begin(&f.table);
    ike("tun11", 2, "ESTABLISHED", 0);
    children();
    child("tun11", 1, "INSTALLED", 0xa, 2);
    end();
    assert_int_equal(sa_loss(&f.table), SA_GONE); /* the old IKE_SA */
}

/* The same CHILD_SA below the old and the new IKE_SA in one listing. */
static void child_on_its_way_is_counted_once(void **state)
{
    (void)state;
    one(1, "INSTALLED", 0xa, 10);
    sa_begin(&f.table);
    ike("tun11", 1, "REKEYED", 0);
    children();
    child("tun11", 1, "INSTALLED", 0xa, 12);
    end();
    ike("tun11", 2, "ESTABLISHED", 0);
    children();
    child("tun11", 1, "INSTALLED", 0xa, 13);
    end();
    assert_int_equal(commit(0)->packets_in, 13);
}

static void refuses_what_makes_no_sense(void **state)
{
    static const char *const bad[][2] = {
        {"uniqueid", "x"},
        {"uniqueid", "0"},
        {"uniqueid", "4294967296"},
        {"rekey-time", "soon"},
    };
    char err[ERR_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        sa_begin(&f.table);
        vici_start(&f.w, f.bytes, sizeof(f.bytes), VICI_EVENT, "list-sa");
        vici_open(&f.w, "tun11");
        vici_put(&f.w, bad[i][0], bad[i][1]);
        vici_close(&f.w);
        err[0] = '\0';
        assert_false(sa_add(&f.table, body(), err));
        assert_non_null(strstr(err, bad[i][0]));
    }
    vici_start(&f.w, f.bytes, sizeof(f.bytes), VICI_EVENT, "list-sa");
    vici_open(&f.w, "tun11"); /* and no unique id at all */
    vici_close(&f.w);
    assert_false(sa_add(&f.table, body(), err));
    vici_start(&f.w, f.bytes, sizeof(f.bytes), VICI_EVENT, "list-sa");
    vici_open(&f.w, "theirs"); /* not ours: whatever it says */
    vici_put(&f.w, "uniqueid", "x");
    vici_close(&f.w);
    assert_true(sa_add(&f.table, body(), err));
}

/* sa_add is given checked messages; cut ones must not send it round for ever all the same. */
static void ends_on_cut_messages(void **state)
{
    struct vici_text message;
    char err[ERR_MAX];

    (void)state;
    ike("tun11", 1, "ESTABLISHED", 0);
    children();
    child("tun11", 1, "INSTALLED", 0xa, 1);
    vici_close(&f.w);
    tasks("tasks-active", "IKE_DPD");
    vici_close(&f.w);
    message = body();
    while (message.len-- > 1) {
        sa_begin(&f.table);
        assert_false(sa_add(&f.table, message, err));
        assert_false(sa_conns_add(&f.table, message, err));
    }
}

static void too_many_are_left_out_not_written_over(void **state)
{
    (void)state;
    sa_begin(&f.table);
    for (int i = 1; i <= SA_IKES_MAX + 1; i++) {
        ike("tun11", i, "ESTABLISHED", 0);
        children();
        for (int k = 0; k < 3; k++)
            child("tun11", 3 * i + k, "INSTALLED", (unsigned)(3 * i + k), 1);
        end();
    }
    sa_commit(&f.table);
    assert_true(f.table.now.crowded);
    assert_int_equal(f.table.now.ikes, SA_IKES_MAX);
    assert_int_equal(f.table.now.children, SA_CHILDREN_MAX);
}

static void conn(const char *name, const char *one_child, const char *other_child)
{
    char err[ERR_MAX];
    vici_start(&f.w, f.bytes, sizeof(f.bytes), VICI_EVENT, "list-conn");
    vici_open(&f.w, name);
    vici_put(&f.w, "version", "IKEv2");
    vici_open(&f.w, "net"); /* not below children: no CHILD_SA's configuration */
    vici_open(&f.w, "net");
    vici_close(&f.w);
    vici_close(&f.w);
    vici_open(&f.w, "children");
    vici_open(&f.w, one_child);
    vici_put(&f.w, "mode", "TUNNEL");
    vici_close(&f.w);
    vici_open(&f.w, other_child);
    vici_close(&f.w);
    vici_close(&f.w);
    vici_close(&f.w);
    assert_true(sa_conns_add(&f.table, body(), err));
}

static void configured_needs_connection_and_child(void **state)
{
    (void)state;
    sa_conns_begin(&f.table);
    conn("tun11", "a", "tun11");
    conn("tun12", "a", "b");
    conn("other", "tun11", "net");
    sa_conns_commit(&f.table);
    sa_seen(&f.table, &f.seen);
    assert_true(f.seen.tunnel[0].configured);
    assert_false(f.seen.tunnel[1].configured);
    sa_conns_begin(&f.table);
    conn("tun12", "net", "b");
    sa_conns_commit(&f.table);
    sa_seen(&f.table, &f.seen);
    assert_false(f.seen.tunnel[0].configured);
    assert_true(f.seen.tunnel[1].configured);
}

static void events_of_others_are_not_ours(void **state)
{
    (void)state;
    vici_start(&f.w, f.bytes, sizeof(f.bytes), VICI_EVENT, "ike-updown");
    vici_put(&f.w, "up", "yes");
    vici_open(&f.w, "other");
    vici_open(&f.w, "tun11");
    vici_close(&f.w);
    vici_close(&f.w);
    assert_false(sa_event_is_ours(&f.table, body()));
    vici_start(&f.w, f.bytes, sizeof(f.bytes), VICI_EVENT, "ike-updown");
    vici_open(&f.w, "tun12");
    vici_close(&f.w);
    assert_true(sa_event_is_ours(&f.table, body()));
}

/* Plans. */

static enum plan_act up(void)
{
    return plan_up(&f.table, 0).act;
}

static void initiates_only_what_is_down_and_idle(void **state)
{
    (void)state;
    sa_begin(&f.table);
    sa_commit(&f.table);
    assert_int_equal(up(), PLAN_NOTHING); /* not configured: nothing to initiate */
    f.table.configured = 3;
    assert_int_equal(up(), PLAN_INITIATE);
    one(1, "INSTALLED", 1, 1);
    assert_int_equal(up(), PLAN_NOTHING);
    one(1, "DELETED", 1, -1);
    assert_int_equal(up(), PLAN_INITIATE); /* an IKE_SA without its CHILD_SA */
    sa_begin(&f.table);
    ike("tun11", 2, "CONNECTING", 0);
    end();
    sa_commit(&f.table);
    assert_int_equal(up(), PLAN_WAIT);
    sa_begin(&f.table);
    ike("tun11", 2, "ESTABLISHED", 0);
    tasks("tasks-queued", "CHILD_CREATE");
    end();
    sa_commit(&f.table);
    assert_int_equal(up(), PLAN_WAIT);
}

static void freshens_ike_then_child_until_new_ones_stand(void **state)
{
    struct plan_stale stale;
    struct plan plan;

    (void)state;
    f.table.configured = 3;
    one(7, "INSTALLED", 1, 1); /* IKE_SA 1 rekeys in 5000 s, CHILD_SA 7 in 1007 s */
    plan_mark_stale(&f.table, 1000, &stale);
    assert_int_equal(plan_freshen(&f.table, 0, &stale).act, PLAN_NOTHING);
    plan_mark_stale(&f.table, 2000, &stale);
    plan = plan_freshen(&f.table, 0, &stale);
    assert_int_equal(plan.act, PLAN_REKEY_CHILD);
    assert_int_equal(plan.id, 7);
    plan_mark_stale(&f.table, 100000, &stale);
    plan = plan_freshen(&f.table, 0, &stale);
    assert_int_equal(plan.act, PLAN_REKEY_IKE);
    assert_int_equal(plan.id, 1);

    sa_begin(&f.table); /* the IKE_SA is replaced, its CHILD_SA adopted */
    ike("tun11", 2, "ESTABLISHED", 9000);
    children();
    child("tun11", 7, "INSTALLED", 1, 1);
    end();
    sa_commit(&f.table);
    assert_int_equal(plan_freshen(&f.table, 0, &stale).act, PLAN_REKEY_CHILD);

    sa_begin(&f.table); /* both: within the horizon still, but new */
    ike("tun11", 2, "ESTABLISHED", 9000);
    children();
    child("tun11", 7, "DELETED", 1, -1);
    child("tun11", 8, "INSTALLED", 2, 1);
    end();
    sa_commit(&f.table);
    assert_int_equal(plan_freshen(&f.table, 0, &stale).act, PLAN_NOTHING);
    assert_int_equal(plan_freshen(&f.table, 1, &stale).act, PLAN_INITIATE);

    sa_begin(&f.table); /* one that never rekeys is never stale */
    ike("tun11", 9, "ESTABLISHED", 0);
    children();
    child("tun11", 9, "INSTALLED", 9, -1);
    end();
    sa_commit(&f.table);
    plan_mark_stale(&f.table, 100000, &stale);
    assert_int_equal(plan_freshen(&f.table, 0, &stale).act, PLAN_NOTHING);
}

static enum plan_act release(bool patient)
{
    sa_commit(&f.table);
    return plan_release(&f.table, &f.table.now.ike[0], patient).act;
}

static void releases_never_inside_a_rekey(void **state)
{
    static const struct {
        const char *ike, *child, *task;
        enum plan_act patient, later;
    } want[] = {
        {"ESTABLISHED", "INSTALLED", NULL, PLAN_TERMINATE, PLAN_TERMINATE},
        {"ESTABLISHED", "DELETED", NULL, PLAN_TERMINATE, PLAN_TERMINATE},
        {"ESTABLISHED", "REKEYING", NULL, PLAN_WAIT, PLAN_WAIT},
        {"ESTABLISHED", "REKEYED", NULL, PLAN_WAIT, PLAN_TERMINATE},
        {"REKEYING", "INSTALLED", NULL, PLAN_WAIT, PLAN_WAIT},
        {"ESTABLISHED", "INSTALLED", "CHILD_REKEY", PLAN_WAIT, PLAN_WAIT},
        {"ESTABLISHED", "INSTALLED", "IKE_REKEY", PLAN_WAIT, PLAN_WAIT},
        {"ESTABLISHED", "INSTALLED", "IKE_DPD", PLAN_TERMINATE, PLAN_TERMINATE},
        {"ESTABLISHED", "INSTALLED", "IKE_DELETE", PLAN_WAIT, PLAN_WAIT},
        {"DELETING", "INSTALLED", NULL, PLAN_WAIT, PLAN_WAIT},
        {"CONNECTING", "CREATED", NULL, PLAN_WAIT, PLAN_TERMINATE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        sa_begin(&f.table);
        ike("tun11", 1, want[i].ike, 0);
        if (want[i].task != NULL)
            tasks("tasks-active", want[i].task);
        children();
        child("tun11", 1, want[i].child, 1, -1);
        end();
        assert_int_equal(release(true), want[i].patient);
        assert_int_equal(release(false), want[i].later);
    }
}

static void says_what_is_wrong(void **state)
{
    char words[ERR_MAX];

    (void)state;
    sa_begin(&f.table);
    sa_commit(&f.table);
    assert_string_equal(plan_words(&f.table, 1, NULL, words, sizeof(words)),
                        "charon has no connection tun12 with a child net (swanctl --load-conns)");
    f.table.configured = 3;
    assert_string_equal(plan_words(&f.table, 1, NULL, words, sizeof(words)), "tun12 has no IKE_SA");
    sa_begin(&f.table);
    ike("tun12", 1, "DELETING", 0);
    end();
    sa_commit(&f.table);
    assert_string_equal(plan_words(&f.table, 1, NULL, words, sizeof(words)),
                        "tun12 has its IKE_SA DELETING, the peer has not answered");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup(name, set_up)
    const struct CMUnitTest tests[] = {
        T(empty_listing_is_down),
        T(installed_child_is_up),
        T(states_that_carry_traffic),
        T(children_match_by_name_and_connection),
        T(section_name_is_the_name_without_a_key),
        T(rekey_adds_deltas_only),
        T(restarted_charon_goes_on_counting),
        T(counters_never_fall),
        T(sa_out_of_sight_is_not_counted_anew),
        T(memory_is_bounded),
        T(duplicates_are_counted_and_summed),
        T(deleting_ike_carries_nothing),
        T(overdue_rekey_is_zero),
        T(loss_is_noticed),
        T(child_on_its_way_is_counted_once),
        T(refuses_what_makes_no_sense),
        T(ends_on_cut_messages),
        T(too_many_are_left_out_not_written_over),
        T(configured_needs_connection_and_child),
        T(events_of_others_are_not_ours),
        T(initiates_only_what_is_down_and_idle),
        T(freshens_ike_then_child_until_new_ones_stand),
        T(releases_never_inside_a_rekey),
        T(says_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
