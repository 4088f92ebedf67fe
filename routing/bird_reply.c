/* What BIRD says on its control socket: bytes in, lines and structs out. Pure. */
#include "routing/bird_reply.h"

#include <string.h>

/* Lines */

static bool four_digits(const char *s, size_t len, uint16_t *value)
{
    unsigned sum = 0;
    if (len < 4)
        return false;
    for (unsigned i = 0; i < 4; i++) {
        if (s[i] < '0' || s[i] > '9')
            return false;
        sum = sum * 10 + (unsigned)(s[i] - '0');
    }
    *value = (uint16_t)sum;
    return true;
}

/* The line without its newline; true if it has one of the forms of the control protocol. */
static bool line_parse(const char *s, size_t len, uint16_t code, struct reply_piece *out)
{
    *out = (struct reply_piece){.code = code, .text = s + 1, .len = len > 0 ? len - 1 : 0};
    if (len > 0 && s[0] == ' ')
        return true;
    if (len > 0 && s[0] == '+') {
        out->async = true;
        return true;
    }
    if (!four_digits(s, len, &out->code) || (len > 4 && s[4] != ' ' && s[4] != '-'))
        return false;
    out->last = len == 4 || s[4] == ' ';
    out->text = len > 4 ? s + 5 : s + 4;
    out->len = len > 4 ? len - 5 : 0;
    return true;
}

enum reply_read bird_line_read(const char *buf, size_t len, uint16_t *code, size_t *used,
                               struct reply_piece *out)
{
    const char *end = len > 0 ? memchr(buf, '\n', len) : NULL;
    *used = 0;
    if (end == NULL)
        return REPLY_MORE;
    if (!line_parse(buf, (size_t)(end - buf), *code, out))
        return REPLY_BAD;
    *used = (size_t)(end - buf) + 1;
    if (!out->async)
        *code = out->last ? 0 : out->code;
    return REPLY_PIECE;
}

/* Words: a piece of a line, with a cursor that eats it from the left. */

struct span {
    const char *s;
    size_t len;
};

static struct span span_of(const struct reply_piece *line)
{
    return (struct span){line->text, line->len};
}

static void eat(struct span *from, size_t n)
{
    from->s += n;
    from->len -= n;
}

static void eat_blanks(struct span *from)
{
    while (from->len > 0 && (*from->s == ' ' || *from->s == '\t'))
        eat(from, 1);
}

static struct span eat_word(struct span *from)
{
    eat_blanks(from);
    struct span word = {from->s, 0};
    while (from->len > 0 && *from->s != ' ' && *from->s != '\t') {
        eat(from, 1);
        word.len++;
    }
    return word;
}

/* Eats blanks and then the key if it stands there. */
static bool eat_key(struct span *from, const char *key)
{
    struct span rest = *from;
    size_t n = strlen(key);
    eat_blanks(&rest);
    if (rest.len < n || memcmp(rest.s, key, n) != 0)
        return false;
    eat(&rest, n);
    *from = rest;
    return true;
}

static bool is_word(struct span word, const char *text)
{
    return word.len == strlen(text) && memcmp(word.s, text, word.len) == 0;
}

static void copy_cut(struct span word, char *out, size_t size)
{
    struct reply_piece line = {.text = word.s, .len = word.len};
    reply_text(&line, out, size);
}

/* Eats decimal digits; false if there is none or the number does not fit. */
static bool eat_number(struct span *from, uint32_t *out)
{
    uint64_t sum = 0;
    size_t digits = 0;
    eat_blanks(from);
    while (from->len > 0 && *from->s >= '0' && *from->s <= '9' && sum <= UINT32_MAX) {
        sum = sum * 10 + (uint64_t)(*from->s - '0');
        eat(from, 1);
        digits++;
    }
    *out = (uint32_t)sum;
    return digits > 0 && sum <= UINT32_MAX;
}

void bird_banner_version(const struct reply_piece *line, char out[NAME_MAX_LEN])
{
    struct span rest = span_of(line);
    out[0] = '\0';
    if (line->code != BIRD_WELCOME || !is_word(eat_word(&rest), "BIRD"))
        return;
    struct span version = eat_word(&rest);
    struct span whole = {line->text, (size_t)(version.s + version.len - line->text)};
    copy_cut(whole, out, NAME_MAX_LEN);
}

/* Protocols */

/* Of all words but those that begin with a digit: the "since" of one and the same state differs by
 * a millisecond from one reply to the next, BIRD computes it anew from another clock. */
static uint64_t fingerprint(struct span rest)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (struct span word = eat_word(&rest); word.len > 0; word = eat_word(&rest)) {
        if (*word.s >= '0' && *word.s <= '9')
            continue;
        for (size_t i = 0; i < word.len; i++)
            hash = (hash ^ (unsigned char)word.s[i]) * UINT64_C(1099511628211);
        hash = (hash ^ ' ') * UINT64_C(1099511628211);
    }
    return hash;
}

/* "tun11      BGP        ---        up     15:40:10.524  Established" */
static void protocol_summary(struct bird_protocols *parser, struct span line)
{
    struct bird_protocol *p = &parser->current;
    struct span rest = line, word = eat_word(&rest);

    memset(p, 0, sizeof(*p));
    parser->channel = -1;
    p->fingerprint = fingerprint(line);
    if (word.len < sizeof(p->name))
        copy_cut(word, p->name, sizeof(p->name));
    p->ospf = is_word(eat_word(&rest), "OSPF");
    eat_word(&rest); /* table */
    copy_cut(eat_word(&rest), p->state, sizeof(p->state));
    for (word = eat_word(&rest); word.len > 0; word = eat_word(&rest))
        p->running = p->ospf && is_word(word, "Running"); /* "Alone" if no neighbour is Full */
}

/* "external route-server AS4" */
static void protocol_session(struct bird_protocol *p, struct span rest)
{
    for (struct span word = eat_word(&rest); word.len > 0; word = eat_word(&rest)) {
        p->internal |= is_word(word, "internal");
        p->route_server |= is_word(word, "route-server");
    }
}

/* "2 imported, 1 filtered, 2 exported, 0 preferred" */
static void protocol_routes(struct bird_protocol *p, struct span rest)
{
    uint32_t n;
    while (eat_number(&rest, &n)) {
        struct span what = eat_word(&rest);
        if (is_word(what, "imported,"))
            p->imported += n;
        else if (is_word(what, "exported,"))
            p->exported += n;
    }
}

static void protocol_detail(struct bird_protocols *parser, struct span rest)
{
    struct bird_protocol *p = &parser->current;

    if (eat_key(&rest, "BGP state:")) {
        copy_cut(eat_word(&rest), p->bgp_state, sizeof(p->bgp_state));
    } else if (eat_key(&rest, "Session:")) {
        protocol_session(p, rest);
    } else if (eat_key(&rest, "Channel ")) {
        struct span name = eat_word(&rest);
        parser->channel = is_word(name, "ipv4") ? 0 : is_word(name, "ipv6") ? 1 : -1;
        if (parser->channel >= 0)
            p->channel[parser->channel] = true;
    } else if (parser->channel >= 0 && eat_key(&rest, "State:")) {
        p->channel_up[parser->channel] = is_word(eat_word(&rest), "UP");
    } else if (parser->channel >= 0 && eat_key(&rest, "Routes:")) {
        protocol_routes(p, rest);
    }
}

bool bird_protocols_line(struct bird_protocols *parser, const struct reply_piece *line,
                         struct bird_protocol *out)
{
    bool complete = parser->open && (line->last || line->code == BIRD_PROTOCOL);

    if (line->async)
        return false;
    if (complete)
        *out = parser->current;
    if (line->last) {
        parser->open = false;
    } else if (line->code == BIRD_PROTOCOL) {
        protocol_summary(parser, span_of(line));
        parser->open = true;
    } else if (parser->open && line->code == BIRD_PROTOCOL_DETAIL) {
        protocol_detail(parser, span_of(line));
    }
    return complete;
}

/* Routes */

static void route_prefix(struct adj_route *route, struct span word)
{
    char text[PREFIX_TEXT], err[ERR_MAX];
    route->prefix = (struct prefix){0};
    if (word.len == 0 || word.len >= sizeof(text))
        return;
    copy_cut(word, text, sizeof(text));
    if (!prefix_parse(text, &route->prefix, err))
        route->prefix = (struct prefix){0};
}

/* Opens a route: a line that starts with a prefix, or with a space (another path of the same). */
static void route_open(struct bird_routes *parser, struct span line)
{
    struct prefix before = parser->current.prefix;
    bool same = line.len > 0 && *line.s == ' ' && parser->open;

    parser->current = (struct adj_route){0};
    parser->open = true;
    parser->in_community = false;
    if (same)
        parser->current.prefix = before;
    else
        route_prefix(&parser->current, eat_word(&line));
}

static void route_path(struct adj_route *route, struct span rest)
{
    uint32_t as;
    if (!eat_number(&rest, &route->first_as))
        return;
    route->first_runs = 1;
    while (eat_number(&rest, &as) && as == route->first_as)
        route->first_runs++;
}

static void route_communities(struct adj_route *route, struct span rest)
{
    for (struct span word = eat_word(&rest); word.len > 0; word = eat_word(&rest))
        route->gshut |= is_word(word, "(65535,0)");
}

static void route_attribute(struct bird_routes *parser, struct span rest)
{
    struct adj_route *route = &parser->current;
    bool goes_on = rest.len > 1 && rest.s[0] == '\t' && rest.s[1] == '\t';

    if (goes_on) {
        if (parser->in_community)
            route_communities(route, rest);
        return;
    }
    parser->in_community = eat_key(&rest, "BGP.community:");
    if (parser->in_community)
        route_communities(route, rest);
    else if (eat_key(&rest, "BGP.med:"))
        route->has_med = eat_number(&rest, &route->med);
    else if (eat_key(&rest, "BGP.as_path:"))
        route_path(route, rest);
}

bool bird_routes_line(struct bird_routes *parser, const struct reply_piece *line,
                      struct adj_route *out)
{
    struct span text = span_of(line);
    bool starts = line->code == BIRD_ROUTE && !line->last && text.len > 0 && *text.s != '\t' &&
                  !eat_key(&(struct span){text.s, text.len}, "Table ");
    bool complete = parser->open && (line->last || starts);

    if (line->async)
        return false;
    if (complete)
        *out = parser->current;
    if (line->last)
        parser->open = false;
    else if (starts)
        route_open(parser, text);
    else if (parser->open && line->code == BIRD_ROUTE_ATTRIBUTE)
        route_attribute(parser, text);
    return complete;
}

/* OSPF */

/* "external 10.0.0.0/16 metric2 100", and perhaps more */
static void flood_route(struct span rest, struct adj_route *out)
{
    *out = (struct adj_route){0};
    route_prefix(out, eat_word(&rest));
    if (eat_key(&rest, "metric2 "))
        out->has_med = eat_number(&rest, &out->med);
}

bool bird_flood_line(struct bird_flood *parser, const struct reply_piece *line,
                     struct adj_route *out)
{
    struct span rest = span_of(line);
    bool detail = rest.len > 1 && rest.s[0] == '\t' && rest.s[1] == '\t';

    if (line->async || line->code != BIRD_OSPF_STATE || rest.len == 0)
        return false;
    if (!detail) {
        parser->router = eat_key(&rest, "router ");
        parser->own = false;
        return false;
    }
    if (parser->router && eat_key(&rest, "distance ")) {
        parser->own = is_word(eat_word(&rest), "0");
        return false;
    }
    if (!parser->own || !eat_key(&rest, "external "))
        return false;
    flood_route(rest, out);
    return true;
}
