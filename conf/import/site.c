/* Makes the pair of what the files say, or says why they are none. Pure. */
#include "conf/import/site.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool fail(char err[SITE_ERR], const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool fail(char err[SITE_ERR], const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(err, SITE_ERR, format, args);
    va_end(args);
    return false;
}

/* ---- which two are meant ---- */

#define FILE_WIDTH PATH_LEN /* of a file's name in a sentence */

/* "vpn-1, vpn-2": all there are. */
static const char *ids_of(const struct sources *sources, char out[ERR_MAX])
{
    out[0] = '\0';
    for (unsigned i = 0; i < sources->count; i++) {
        strlcat(out, i > 0 ? ", " : "", ERR_MAX);
        strlcat(out, sources->item[i].connection.id, ERR_MAX);
    }
    return out;
}

static bool choose_by_id(const struct sources *sources, const struct wish *wish,
                         const struct source *pair[PAIR], char err[SITE_ERR])
{
    char ids[ERR_MAX];

    if (wish->connections != PAIR)
        return fail(err, "--connection is given %u time%s: give it twice, for both gateways",
                    wish->connections, wish->connections == 1 ? "" : "s");
    for (unsigned n = 0; n < PAIR; n++) {
        for (unsigned i = 0; i < sources->count && pair[n] == NULL; i++) {
            if (strcmp(sources->item[i].connection.id, wish->connection[n]) == 0)
                pair[n] = &sources->item[i];
        }
        if (pair[n] == NULL)
            return fail(err, "there is no connection %s in the files; there are: %s",
                        wish->connection[n], ids_of(sources, ids));
    }
    return true;
}

static bool choose(const struct sources *sources, const struct wish *wish,
                   const struct source *pair[PAIR], char err[SITE_ERR])
{
    char ids[ERR_MAX];

    pair[0] = pair[1] = NULL;
    if (wish->connections > 0)
        return choose_by_id(sources, wish, pair, err);
    if (sources->count == 1)
        return fail(err,
                    "%.*s: it holds one connection, %s; the other gateway's is needed too, as a "
                    "second file",
                    FILE_WIDTH, sources->item[0].file, sources->item[0].connection.id);
    if (sources->count != PAIR)
        return fail(err,
                    "there are %u connections: say with --connection ID, twice, which are meant, "
                    "the first gateway's first; there are: %s",
                    sources->count, ids_of(sources, ids));
    for (unsigned n = 0; n < PAIR; n++)
        pair[n] = &sources->item[n];
    return true;
}

/* ---- whether they are a pair ---- */

/* What one connection alone must be. */
static bool check_one(const struct source *source, char err[SITE_ERR])
{
    const struct aws_connection *c = &source->connection;
    const struct aws_tunnel *a = &c->tunnel[0], *b = &c->tunnel[1];

    if (source->wrong[0] != '\0')
        return fail(err, "%.*s: %s: %s", FILE_WIDTH, source->file, c->id, source->wrong);
    if (c->routed)
        return fail(err,
                    "%.*s: %s has static routes: without BGP nothing can be moved from one "
                    "gateway to the other; make a connection with dynamic routing (BGP)",
                    FILE_WIDTH, source->file, c->id);
    if (strcmp(a->gateway.outside, b->gateway.outside) != 0)
        return fail(err,
                    "%.*s: %s: its tunnels have two customer gateway addresses, %s and %s; one "
                    "connection has one: get the file again",
                    FILE_WIDTH, source->file, c->id, a->gateway.outside, b->gateway.outside);
    if (strcmp(a->cloud.outside, b->cloud.outside) == 0 ||
        strcmp(a->cloud.outside, a->gateway.outside) == 0 ||
        strcmp(b->cloud.outside, a->gateway.outside) == 0)
        return fail(err,
                    "%.*s: %s: both ends of a tunnel, or both tunnels, have the same outside "
                    "address (%s); were the addresses made anonymous? Get the file again",
                    FILE_WIDTH, source->file, c->id, a->cloud.outside);
    for (unsigned t = 0; t < AWS_TUNNELS; t++) {
        if (address_is_v4(c->tunnel[t].gateway.inside) != address_is_v4(a->gateway.inside))
            return fail(err,
                        "%.*s: %s: one of its tunnels has IPv4 inside and the other IPv6; get the "
                        "file again",
                        FILE_WIDTH, source->file, c->id);
        if (c->tunnel[t].gateway.asn != a->gateway.asn || c->tunnel[t].cloud.asn != a->cloud.asn)
            return fail(err,
                        "%.*s: %s: its two tunnels have different AS numbers; get the file again",
                        FILE_WIDTH, source->file, c->id);
    }
    return true;
}

static bool inside_overlap(const struct aws_tunnel *a, const struct aws_tunnel *b)
{
    unsigned x = a->gateway.inside_bits, y = b->gateway.inside_bits;

    return address_same_net(a->gateway.inside, b->gateway.inside, x < y ? x : y);
}

static unsigned family_of(const struct source *source)
{
    return address_is_v4(source->connection.tunnel[0].gateway.inside) ? 4 : 6;
}

/* A connection of AWS carries one family, and the pair has to carry the same prefixes. */
static bool check_inside_family(const struct source *a, const struct source *b, char err[SITE_ERR])
{
    if (family_of(a) == family_of(b))
        return true;
    return fail(err,
                "%.*s: %s carries IPv%u, and %.*s: %s IPv%u; both gateways advertise the same "
                "prefixes, so both connections have to be of one family",
                FILE_WIDTH, a->file, a->connection.id, family_of(a), FILE_WIDTH, b->file,
                b->connection.id, family_of(b));
}

/* AWS chooses the inside nets for each connection by itself, and may choose the same twice. */
static bool check_inside(const struct source *const pair[PAIR], char err[SITE_ERR])
{
    for (unsigned i = 0; i < PAIR * AWS_TUNNELS; i++) {
        for (unsigned j = 0; j < i; j++) {
            const struct source *a = pair[j / AWS_TUNNELS], *b = pair[i / AWS_TUNNELS];
            const struct aws_tunnel *x = &a->connection.tunnel[j % AWS_TUNNELS];
            const struct aws_tunnel *y = &b->connection.tunnel[i % AWS_TUNNELS];
            if (inside_overlap(x, y))
                return fail(err,
                            "%.*s: %s: the inside net of tunnel %u, %s/%u, is that of tunnel %u of "
                            "%s too; choose another at AWS (aws ec2 modify-vpn-tunnel-options "
                            "--tunnel-options %s=...), and get the file again",
                            FILE_WIDTH, b->file, b->connection.id, y->place, y->gateway.inside,
                            y->gateway.inside_bits, x->place, a->connection.id,
                            address_is_v4(y->gateway.inside) ? "TunnelInsideCidr"
                                                             : "TunnelInsideIpv6Cidr");
        }
    }
    return true;
}

static bool check_asn(const struct source *a, const struct source *b, char err[SITE_ERR])
{
    const struct aws_tunnel *x = &a->connection.tunnel[0], *y = &b->connection.tunnel[0];

    if (x->gateway.asn != y->gateway.asn)
        return fail(
            err,
            "%.*s: %s is of a customer gateway with AS %lu, and %.*s: %s of one with AS %lu; "
            "AWS compares MEDs within one AS only: make both customer gateways with the same",
            FILE_WIDTH, a->file, a->connection.id, (unsigned long)x->gateway.asn, FILE_WIDTH,
            b->file, b->connection.id, (unsigned long)y->gateway.asn);
    if (x->cloud.asn != y->cloud.asn ||
        (a->connection.cloud[0] != '\0' && b->connection.cloud[0] != '\0' &&
         strcmp(a->connection.cloud, b->connection.cloud) != 0))
        return fail(err,
                    "%.*s: %s ends at %s, AS %lu, and %.*s: %s at %s, AS %lu; both have to be "
                    "connections to the same gateway of the cloud",
                    FILE_WIDTH, a->file, a->connection.id, a->connection.cloud,
                    (unsigned long)x->cloud.asn, FILE_WIDTH, b->file, b->connection.id,
                    b->connection.cloud, (unsigned long)y->cloud.asn);
    return true;
}

static bool check_pair(const struct source *const pair[PAIR], char err[SITE_ERR])
{
    const struct source *a = pair[0], *b = pair[1];
    const struct aws_connection *x = &a->connection, *y = &b->connection;

    if (strcmp(x->id, y->id) == 0)
        return fail(err,
                    "%.*s: %s again, which is in %.*s; each gateway has a connection of its own: "
                    "give the other one's",
                    FILE_WIDTH, b->file, y->id, FILE_WIDTH, a->file);
    if (!check_one(a, err) || !check_one(b, err))
        return false;
    if (strcmp(x->tunnel[0].gateway.outside, y->tunnel[0].gateway.outside) == 0)
        return fail(err,
                    "%.*s: %s is of the customer gateway %s, as %s in %.*s is; each gateway has "
                    "an address and a customer gateway of its own: make a second one at AWS",
                    FILE_WIDTH, b->file, y->id, y->tunnel[0].gateway.outside, x->id, FILE_WIDTH,
                    a->file);
    return check_asn(a, b, err) && check_inside_family(a, b, err) && check_inside(pair, err);
}

/* ---- the site ---- */

/* The range of what goes over the tunnels, and what the tunnels themselves are made of. */
static bool check_prefixes(const struct wish *wish, char err[SITE_ERR])
{
    char text[PREFIX_TEXT];

    for (unsigned i = 0; i < wish->shared.count; i++) {
        if (prefix_list_find(&wish->cloud, &wish->shared.item[i]) >= 0)
            return fail(err,
                        "%s is both --prefix and --cloud-prefix; it is either this site's or the "
                        "cloud's",
                        prefix_text(&wish->shared.item[i], text));
    }
    return true;
}

static bool right_family(const char *option, const char *text, unsigned family, unsigned wanted,
                         char err[SITE_ERR])
{
    if (family == wanted)
        return true;
    return fail(err,
                "--%s: %s is IPv%u, and the tunnels carry IPv%u: a connection of AWS carries one "
                "family",
                option, text, family, wanted);
}

/* What is routed through the tunnels is of the family that they carry. */
static bool check_families(const struct wish *wish, unsigned family, char err[SITE_ERR])
{
    const struct prefix_list *lists[] = {&wish->shared, &wish->cloud};
    const struct {
        const char *option, *address;
    } others[] = {{"lan-address", wish->lan[0]}, {"lan-router", wish->router}};
    char text[PREFIX_TEXT];

    for (unsigned i = 0; i < 2; i++) {
        for (unsigned p = 0; p < lists[i]->count; p++) {
            const struct prefix *prefix = &lists[i]->item[p];
            if (!right_family(i == 0 ? "prefix" : "cloud-prefix", prefix_text(prefix, text),
                              prefix->family, family, err))
                return false;
        }
        if (others[i].address[0] != '\0' &&
            !right_family(others[i].option, others[i].address,
                          address_is_v4(others[i].address) ? 4 : 6, family, err))
            return false;
    }
    return true;
}

static bool make_tunnel(const struct site *site, const struct source *source, unsigned node,
                        unsigned t, struct site_tunnel *out, char err[SITE_ERR])
{
    char why[ERR_MAX];

    out->number = (node + 1) * 10 + t + 1;
    snprintf(out->name, sizeof(out->name), "tun%u", out->number % 100);
    out->aws = source->connection.tunnel[t];
    strlcpy(out->ike, CIPHER_IKE, sizeof(out->ike));
    strlcpy(out->esp, CIPHER_ESP, sizeof(out->esp));
    if (!site->wish.file_ciphers || (cipher_proposal(&out->aws.ike, true, out->ike, why) &&
                                     cipher_proposal(&out->aws.esp, false, out->esp, why)))
        return true;
    return fail(err, "%.*s: %s: tunnel %u: %s", FILE_WIDTH, source->file, source->connection.id,
                out->aws.place, why);
}

static bool make_node(struct site *site, const struct source *source, unsigned n,
                      char err[SITE_ERR])
{
    struct site_node *node = &site->node[n];
    const struct wish *wish = &site->wish;

    if (n < wish->names)
        strlcpy(node->name, wish->name[n], sizeof(node->name));
    else
        snprintf(node->name, sizeof(node->name), "gw%u", n + 1);
    node->file = source->file;
    strlcpy(node->id, source->connection.id, sizeof(node->id));
    strlcpy(node->outside, source->connection.tunnel[0].gateway.outside, sizeof(node->outside));
    strlcpy(node->local, wish->local[n][0] != '\0' ? wish->local[n] : node->outside,
            sizeof(node->local));
    for (unsigned t = 0; t < AWS_TUNNELS; t++) {
        if (!make_tunnel(site, source, n, t, &node->tunnel[t], err))
            return false;
    }
    return true;
}

/* By the id of either, for they end at the same gateway. */
static enum profile_id profile_of(const struct source *const pair[PAIR])
{
    for (unsigned n = 0; n < PAIR; n++) {
        if (strncmp(pair[n]->connection.cloud, "vgw-", 4) == 0)
            return PROFILE_AWS_VGW;
        if (strncmp(pair[n]->connection.cloud, "tgw-", 4) == 0)
            return PROFILE_AWS_TGW;
    }
    return PROFILE_GENERIC;
}

bool site_make(const struct sources *sources, const struct wish *wish, struct site *out,
               char err[SITE_ERR])
{
    const struct source *pair[PAIR];

    memset(out, 0, sizeof(*out));
    out->wish = *wish;
    if (!choose(sources, wish, pair, err) || !check_pair(pair, err) || !check_prefixes(wish, err))
        return false;
    out->family = family_of(pair[0]);
    if (!check_families(wish, out->family, err))
        return false;
    const struct aws_tunnel *first = &pair[0]->connection.tunnel[0];
    out->profile = profile_of(pair);
    out->asn = first->gateway.asn;
    out->cloud_asn = first->cloud.asn;
    out->hold_s = first->hold_s;
    for (unsigned n = 0; n < PAIR; n++) {
        if (!make_node(out, pair[n], n, err))
            return false;
    }
    if (strcmp(out->node[0].name, out->node[1].name) == 0)
        return fail(err, "both gateways are called %s; give --name twice, differently",
                    out->node[0].name);
    return true;
}
