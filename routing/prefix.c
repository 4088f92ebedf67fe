/* IP prefixes in canonical form. Pure: no I/O, no allocation. */
#include "routing/prefix.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned family_bits(uint8_t family)
{
    return family == 4 ? 32 : 128;
}

static int family_af(uint8_t family)
{
    return family == 4 ? AF_INET : AF_INET6;
}

/* Clears the bits behind len; true if any was set. */
static bool clear_host_bits(struct prefix *p)
{
    bool any = false;
    for (unsigned bit = p->len; bit < family_bits(p->family); bit++) {
        uint8_t mask = (uint8_t)(0x80u >> (bit % 8));
        any |= (p->addr[bit / 8] & mask) != 0;
        p->addr[bit / 8] = (uint8_t)(p->addr[bit / 8] & ~mask);
    }
    return any;
}

bool prefix_parse(const char *text, struct prefix *out, char err[ERR_MAX])
{
    char addr[PREFIX_TEXT], canonical[PREFIX_TEXT];
    const char *slash = strchr(text, '/'), *bad = NULL;
    struct prefix p = {0};

    if (slash == NULL || (size_t)(slash - text) >= sizeof(addr)) {
        snprintf(err, ERR_MAX, "\"%.64s\" is not a prefix; write ADDRESS/LENGTH, as 10.20.0.0/16",
                 text);
        return false;
    }
    memcpy(addr, text, (size_t)(slash - text));
    addr[slash - text] = '\0';
    p.family = strchr(addr, ':') != NULL ? 6 : 4;
    if (inet_pton(family_af(p.family), addr, p.addr) != 1) {
        snprintf(err, ERR_MAX, "\"%.64s\" holds no valid address before the slash", text);
        return false;
    }
    p.len = (uint8_t)strtonum(slash + 1, 0, (long long)family_bits(p.family), &bad);
    if (bad != NULL || slash[1] < '0' || slash[1] > '9') {
        snprintf(err, ERR_MAX, "\"%.64s\": the length is a number from 0 to %u", text,
                 family_bits(p.family));
        return false;
    }
    if (clear_host_bits(&p)) {
        snprintf(err, ERR_MAX, "\"%.64s\" has bits set behind its length; write %s", text,
                 prefix_text(&p, canonical));
        return false;
    }
    *out = p;
    return true;
}

const char *prefix_text(const struct prefix *p, char out[PREFIX_TEXT])
{
    char addr[INET6_ADDRSTRLEN] = "?";
    inet_ntop(family_af(p->family), p->addr, addr, sizeof(addr));
    snprintf(out, PREFIX_TEXT, "%s/%u", addr, p->len);
    return out;
}

int prefix_compare(const struct prefix *a, const struct prefix *b)
{
    if (a->family != b->family)
        return a->family < b->family ? -1 : 1;
    int order = memcmp(a->addr, b->addr, sizeof(a->addr));
    if (order != 0)
        return order;
    return (a->len > b->len) - (a->len < b->len);
}

bool prefix_list_add(struct prefix_list *list, const struct prefix *p, char err[ERR_MAX])
{
    char text[PREFIX_TEXT];
    unsigned at = 0;

    if (prefix_list_find(list, p) >= 0) {
        snprintf(err, ERR_MAX, "%s stands there twice", prefix_text(p, text));
        return false;
    }
    if (list->count >= PREFIXES_MAX) {
        snprintf(err, ERR_MAX, "more than %d shared prefixes", PREFIXES_MAX);
        return false;
    }
    while (at < list->count && prefix_compare(&list->item[at], p) < 0)
        at++;
    memmove(&list->item[at + 1], &list->item[at], (list->count - at) * sizeof(list->item[0]));
    list->item[at] = *p;
    list->count++;
    return true;
}

int prefix_list_find(const struct prefix_list *list, const struct prefix *p)
{
    for (int i = 0; i < list->count; i++) {
        if (prefix_compare(&list->item[i], p) == 0)
            return i;
    }
    return -1;
}

uint64_t prefix_list_mask(const struct prefix_list *list)
{
    return list->count >= 64 ? UINT64_MAX : (UINT64_C(1) << list->count) - 1;
}

uint64_t prefix_list_digest(const struct prefix_list *list)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (unsigned i = 0; i < list->count; i++) {
        const struct prefix *p = &list->item[i];
        uint8_t bytes[18] = {p->family, p->len};
        memcpy(bytes + 2, p->addr, sizeof(p->addr));
        for (unsigned k = 0; k < sizeof(bytes); k++)
            hash = (hash ^ bytes[k]) * UINT64_C(1099511628211);
    }
    return hash != 0 ? hash : 1;
}
