/* What FRR's daemons say on their vty sockets. */
#include "routing/frr_reply.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the wire: text, three NULs, a code */

enum reply_read frr_piece_read(const char *buf, size_t len, uint16_t *code, size_t *used,
                               struct reply_piece *out)
{
    const char *nul = len > 0 ? memchr(buf, '\0', len) : NULL;
    size_t text = nul != NULL ? (size_t)(nul - buf) : len;

    (void)code;
    *used = 0;
    if (text > 0) {
        *out = (struct reply_piece){.text = buf, .len = text};
        *used = text;
        return REPLY_PIECE;
    }
    if (len < 4)
        return REPLY_MORE;
    if (buf[1] != '\0' || buf[2] != '\0')
        return REPLY_BAD;
    *out = (struct reply_piece){.code = (unsigned char)buf[3], .last = true, .text = buf};
    *used = 4;
    return REPLY_PIECE;
}

void frr_version(const struct reply_piece *greeting, char out[NAME_MAX_LEN])
{
    static const char name[] = "FRRouting ";
    const char *number = greeting->text + sizeof(name) - 1;
    size_t n = 0;

    out[0] = '\0';
    if (greeting->len < sizeof(name) || strncmp(greeting->text, name, sizeof(name) - 1) != 0)
        return;
    while (sizeof(name) - 1 + n < greeting->len && number[n] > ' ')
        n++;
    if (n > 0)
        snprintf(out, NAME_MAX_LEN, "FRR %.*s", (int)(n < 20 ? n : 20), number);
}

/* ---- JSON, piece by piece */

#define DEPTH 16 /* FRR's is 6 */

struct frr_json {
    struct json_tokener *tokener;
    struct json_object *root;
    size_t octets;
    bool bad;
};

struct frr_json *frr_json_new(void)
{
    struct frr_json *json = calloc(1, sizeof(*json));

    if (json == NULL)
        return NULL;
    json->tokener = json_tokener_new_ex(DEPTH);
    if (json->tokener == NULL) {
        free(json);
        return NULL;
    }
    return json;
}

void frr_json_free(struct frr_json *json)
{
    if (json == NULL)
        return;
    json_object_put(json->root);
    json_tokener_free(json->tokener);
    free(json);
}

void frr_json_begin(struct frr_json *json)
{
    json_object_put(json->root);
    json_tokener_reset(json->tokener);
    json->root = NULL;
    json->octets = 0;
    json->bad = false;
}

static bool is_blank(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (strchr(" \t\r\n", s[i]) == NULL)
            return false;
    }
    return true;
}

void frr_json_take(struct frr_json *json, const struct reply_piece *piece)
{
    size_t used = 0;

    json->octets += piece->len;
    json->bad |= json->octets > FRR_JSON_MAX;
    if (json->bad || piece->len == 0)
        return;
    if (json->root == NULL) {
        json->root = json_tokener_parse_ex(json->tokener, piece->text, (int)piece->len);
        enum json_tokener_error error = json_tokener_get_error(json->tokener);
        json->bad |= error != json_tokener_success && error != json_tokener_continue;
        used = json->root != NULL ? json_tokener_get_parse_end(json->tokener) : piece->len;
    }
    json->bad |= used > piece->len || !is_blank(piece->text + used, piece->len - used);
}

bool frr_json_whole(const struct frr_json *json)
{
    return !json->bad && json_object_is_type(json->root, json_type_object);
}

/* ---- what a value is, or something harmless */

static struct json_object *member(struct json_object *object, const char *key, enum json_type type)
{
    struct json_object *value = NULL;

    if (!json_object_is_type(object, json_type_object) ||
        !json_object_object_get_ex(object, key, &value) || !json_object_is_type(value, type))
        return NULL;
    return value;
}

static bool number(struct json_object *object, const char *key, uint32_t *out)
{
    struct json_object *value = member(object, key, json_type_int);
    int64_t n = json_object_get_int64(value);

    if (value == NULL || n < 0 || n > UINT32_MAX)
        return false;
    *out = (uint32_t)n;
    return true;
}

/* Never NULL. */
static const char *string(struct json_object *object, const char *key)
{
    struct json_object *value = member(object, key, json_type_string);
    return value != NULL ? json_object_get_string(value) : "";
}

/* Copies a whole text or none, for a name cut short is another name. */
static void copy_name(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", strlen(text) < size ? text : "");
}

/* ---- sessions */

static void hash(uint64_t *sum, const char *text)
{
    for (; *text != '\0'; text++)
        *sum = (*sum ^ (unsigned char)*text) * UINT64_C(1099511628211);
    *sum = (*sum ^ 0xff) * UINT64_C(1099511628211);
}

static struct session_said session_of(const char *address, struct json_object *peer, uint32_t as,
                                      unsigned family)
{
    const char *state = string(peer, "state");
    struct session_said said = {.established = strcmp(state, "Established") == 0, .trusted = true};
    uint32_t remote = 0, local = as, times = 0;
    char counts[32];

    copy_name(said.at, sizeof(said.at), address);
    copy_name(said.name, sizeof(said.name), string(peer, "desc"));
    snprintf(said.state, sizeof(said.state), "%s", state);
    number(peer, "remoteAs", &remote);
    number(peer, "localAs", &local);
    number(peer, "pfxRcd", &said.routes_in);
    said.disabled = strcmp(string(peer, "peerState"), "Admin") == 0;
    said.internal = remote == local;
    said.family_up[family] = said.established;
    said.fingerprint = UINT64_C(14695981039346656037);
    hash(&said.fingerprint, address);
    hash(&said.fingerprint, state);
    hash(&said.fingerprint, string(peer, "peerState"));
    number(peer, "connectionsEstablished", &times);
    snprintf(counts, sizeof(counts), "%u", times);
    hash(&said.fingerprint, counts);
    return said;
}

uint32_t frr_sessions(const struct frr_json *json,
                      void (*take)(void *ctx, const struct session_said *said), void *ctx)
{
    static const char *const families[] = {"ipv4Unicast", "ipv6Unicast"};
    uint32_t as = 0;

    for (unsigned family = 0; family < 2; family++) {
        struct json_object *of = member(json->root, families[family], json_type_object);
        struct json_object *peers = member(of, "peers", json_type_object);
        number(of, "as", &as);
        if (peers == NULL)
            continue;
        json_object_object_foreach(peers, address, peer)
        {
            struct session_said said = session_of(address, peer, as, family);
            take(ctx, &said);
        }
    }
    return as;
}

/* ---- routes */

/* "65000 65000 64512", or a set "{1,2}" that nobody prepends. */
static void read_path(const char *path, struct adj_route *out)
{
    char *end;
    unsigned long first = strtoul(path, &end, 10);

    if (end == path || first > UINT32_MAX)
        return;
    out->first_as = (uint32_t)first;
    do {
        out->first_runs++;
        path = end;
    } while (*path == ' ' && strtoul(path, &end, 10) == first && end != path);
}

bool frr_routes(const struct frr_json *json, void (*take)(void *ctx, const struct adj_route *route),
                void *ctx, char warning[ERR_MAX])
{
    struct json_object *routes = member(json->root, "advertisedRoutes", json_type_object);

    snprintf(warning, ERR_MAX, "%.200s", string(json->root, "warning"));
    if (routes == NULL)
        return false;
    json_object_object_foreach(routes, prefix, value)
    {
        struct adj_route route = {0};
        char err[ERR_MAX];
        if (!prefix_parse(prefix, &route.prefix, err))
            route.prefix = (struct prefix){0};
        route.has_med = number(value, "metric", &route.med);
        read_path(string(value, "path"), &route);
        take(ctx, &route);
    }
    return true;
}

/* ---- route-maps */

const char *frr_map_name(bool lan, unsigned level)
{
    static const char *const names[2][LEVELS + 1] = {
        {"CGWHA-CLOUD-WITHDRAWN", "CGWHA-CLOUD-LOW", "CGWHA-CLOUD-NORMAL", "CGWHA-CLOUD-HIGH",
         "CGWHA-CLOUD"},
        {"CGWHA-LAN-WITHDRAWN", "CGWHA-LAN-LOW", "CGWHA-LAN-NORMAL", "CGWHA-LAN-HIGH",
         "CGWHA-LAN"}};

    return names[lan][level <= LEVELS ? level : LEVELS];
}

/* The one entry of a map; NULL if it has more, or none. */
static struct json_object *only_rule(struct json_object *map)
{
    struct json_object *rules = member(map, "rules", json_type_array);

    if (rules == NULL || json_object_array_length(rules) != 1)
        return NULL;
    return json_object_array_get_idx(rules, 0);
}

static void take_switch(struct json_object *map, bool lan, struct frr_maps *out)
{
    struct json_object *rule = only_rule(map);
    const char *calls = string(rule, "callClause");
    uint32_t sequence = 0;

    out->level[lan] = LEVELS;
    out->has[lan] = number(rule, "sequenceNumber", &sequence) && sequence == 10 &&
                    strcmp(string(rule, "type"), "permit") == 0;
    for (unsigned level = 0; level < LEVELS && out->has[lan]; level++) {
        if (strcmp(calls, frr_map_name(lan, level)) == 0)
            out->level[lan] = level;
    }
    if (!lan)
        copy_name(out->mark, sizeof(out->mark), string(rule, "description"));
}

/* The map of a level: withdrawn denies, the others permit. */
static bool is_leaf(struct json_object *map, unsigned level)
{
    const char *type = level == LEVEL_WITHDRAWN ? "deny" : "permit";
    return strcmp(string(only_rule(map), "type"), type) == 0;
}

bool frr_maps(const struct frr_json *json, struct frr_maps *out)
{
    struct json_object *maps = member(json->root, "BGP", json_type_object);

    *out = (struct frr_maps){.level = {LEVELS, LEVELS}};
    if (maps == NULL)
        return false;
    for (unsigned lan = 0; lan < 2; lan++) {
        struct json_object *map = member(maps, frr_map_name(lan, LEVELS), json_type_object);
        if (map != NULL)
            take_switch(map, lan, out);
        for (unsigned level = 0; level < LEVELS; level++) {
            map = member(maps, frr_map_name(lan, level), json_type_object);
            if (map != NULL && is_leaf(map, level))
                out->leaf[lan] |= (uint8_t)(1u << level);
        }
    }
    out->gshut = member(maps, "CGWHA-GSHUT", json_type_object) != NULL;
    return true;
}
