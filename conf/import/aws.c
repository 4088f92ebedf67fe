/* Reads the XML of a customer gateway with libxml2.
 *
 * A document type is refused at its first word, so that no entity is ever declared, let alone
 * followed; libxml2's own messages are not passed on, for they may quote what they stumble over. */
#include "conf/import/aws.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What AWS sets where a file does not say. */
#define HOLD_S         30
#define DPD_S          10
#define IKE_LIFETIME   28800
#define ESP_LIFETIME   3600
#define LIFETIME_LEAST 900 /* the least that AWS allows, for either phase */

struct cursor {
    const xmlNode *at; /* the element in which paths begin */
    unsigned tunnel;   /* its place in the file; 0: not in a tunnel */
    char *err;
};

static bool fail(const struct cursor *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool fail(const struct cursor *c, const char *format, ...)
{
    size_t at = 0;
    va_list args;

    if (c->tunnel != 0)
        at = (size_t)snprintf(c->err, ERR_MAX, "tunnel %u: ", c->tunnel);
    va_start(args, format);
    vsnprintf(c->err + at, ERR_MAX - at, format, args);
    va_end(args);
    return false;
}

/* ---- elements ---- */

/* The n-th element of this name (its first `length` bytes) among the children; NULL if there are
 * not so many. */
static const xmlNode *child(const xmlNode *node, const char *name, size_t length, unsigned n)
{
    for (const xmlNode *c = node->children; c != NULL; c = c->next) {
        if (c->type == XML_ELEMENT_NODE && strlen((const char *)c->name) == length &&
            memcmp(c->name, name, length) == 0 && n-- == 0)
            return c;
    }
    return NULL;
}

/* The element at a path such as "vpn_gateway/bgp/asn". *found is NULL if a part is not there; false
 * if one stands there twice, for then nobody knows which is meant. */
static bool find(const struct cursor *c, const char *path, const xmlNode **found)
{
    const xmlNode *node = c->at;

    for (const char *name = path; node != NULL && *name != '\0';) {
        size_t length = strcspn(name, "/");
        if (child(node, name, length, 1) != NULL)
            return fail(c, "%.*s stands there twice", (int)(name + length - path), path);
        node = child(node, name, length, 0);
        name += length + (name[length] == '/');
    }
    *found = node;
    return true;
}

/* The text of an element without the blanks around it. False, and nothing is said of the text, if
 * it is longer than its place, or no plain text. */
static bool text_of(const xmlNode *node, char *out, size_t size)
{
    size_t n = 0;

    for (const xmlNode *c = node->children; c != NULL; c = c->next) {
        if (c->type == XML_COMMENT_NODE || c->type == XML_PI_NODE)
            continue;
        if (c->type != XML_TEXT_NODE && c->type != XML_CDATA_SECTION_NODE)
            return false;
        for (const char *s = (const char *)c->content; s != NULL && *s != '\0'; s++) {
            if (n == 0 && strchr(" \t\r\n", *s) != NULL)
                continue;
            if (n + 1 >= size && strchr(" \t\r\n", *s) == NULL)
                return false;
            if (n + 1 < size)
                out[n++] = *s;
        }
    }
    while (n > 0 && strchr(" \t\r\n", out[n - 1]) != NULL)
        n--;
    out[n] = '\0';
    return true;
}

/* The text at a path; empty if it is not there. */
static bool optional(const struct cursor *c, const char *path, char *out, size_t size)
{
    const xmlNode *node = NULL;

    out[0] = '\0';
    if (!find(c, path, &node))
        return false;
    if (node != NULL && !text_of(node, out, size))
        return fail(c, "%s holds no plain text of up to %zu characters", path, size - 1);
    return true;
}

static bool required(const struct cursor *c, const char *path, char *out, size_t size)
{
    if (!optional(c, path, out, size))
        return false;
    return out[0] != '\0' || fail(c, "%s is missing: was the file cut short or edited?", path);
}

/* A whole number at a path; `fallback` if it is not there, which is an error if that is 0. */
static bool number(const struct cursor *c, const char *path, uint32_t least, uint32_t most,
                   uint32_t fallback, uint32_t *out)
{
    const char *wrong = NULL;
    char text[AWS_WORD_LEN];

    if (!(fallback != 0 ? optional : required)(c, path, text, sizeof(text)))
        return false;
    *out = fallback;
    if (text[0] == '\0')
        return true;
    *out = (uint32_t)strtonum(text, least, most, &wrong);
    if (wrong == NULL && strspn(text, "0123456789") == strlen(text))
        return true;
    return fail(c, "%s is \"%s\", not a number from %lu to %lu", path, text, (unsigned long)least,
                (unsigned long)most);
}

static bool address(const struct cursor *c, const char *path, char out[ADDRESS_LEN])
{
    char text[ADDRESS_LEN];

    if (!required(c, path, text, sizeof(text)))
        return false;
    return address_parse(text, out) || fail(c, "%s is \"%s\", not an address", path, text);
}

/* Ids stand in what is written, so they are of harmless characters. */
static bool id(const struct cursor *c, const char *what, const char *text)
{
    if (text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")] ==
        '\0')
        return true;
    return fail(c, "%s is no id of AWS: it has characters other than letters, digits and \"-\"",
                what);
}

void aws_cloud_id(const char *text, char out[AWS_ID_LEN])
{
    char err[ERR_MAX];
    const struct cursor nowhere = {.err = err};

    if (text[0] != '\0' && strlen(text) < AWS_ID_LEN && id(&nowhere, "the gateway's id", text))
        strlcpy(out, text, AWS_ID_LEN);
}

/* ---- a tunnel ---- */

static bool read_phase(const struct cursor *c, const char *const path[4], uint32_t lifetime,
                       struct aws_phase *out)
{
    return optional(c, path[0], out->encryption, sizeof(out->encryption)) &&
           optional(c, path[1], out->integrity, sizeof(out->integrity)) &&
           optional(c, path[2], out->group, sizeof(out->group)) &&
           number(c, path[3], LIFETIME_LEAST, 86400, lifetime, &out->lifetime_s);
}

/* 8 to 64 of A-Z a-z 0-9 . _, not beginning with 0, which strongSwan takes for another notation. */
static bool read_key(const struct cursor *c, char key[AWS_KEY_LEN])
{
    static const char path[] = "ike/pre_shared_key";

    if (!optional(c, path, key, AWS_KEY_LEN))
        return false;
    if (key[0] == '\0')
        return fail(c, "%s is missing: authentication by certificate is not imported", path);
    if (strlen(key) >= 8 && key[0] != '0' &&
        strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._") ==
            strlen(key))
        return true;
    return fail(c,
                "%s (not shown) is not as AWS takes it: 8 to 64 letters, digits, \".\" and "
                "\"_\", not beginning with 0",
                path);
}

static bool read_ends(const struct cursor *c, bool routed, struct aws_tunnel *out)
{
    uint32_t bits;

    if (!address(c, "customer_gateway/tunnel_outside_address/ip_address", out->gateway.outside) ||
        !address(c, "vpn_gateway/tunnel_outside_address/ip_address", out->cloud.outside))
        return false;
    if (routed)
        return true;
    if (!address(c, "customer_gateway/tunnel_inside_address/ip_address", out->gateway.inside) ||
        !address(c, "vpn_gateway/tunnel_inside_address/ip_address", out->cloud.inside) ||
        !number(c, "customer_gateway/tunnel_inside_address/network_cidr", 1, 126,
                address_is_v4(out->gateway.inside) ? 30 : 126, &bits))
        return false;
    out->gateway.inside_bits = out->cloud.inside_bits = (uint8_t)bits;
    if (!address_same_net(out->gateway.inside, out->cloud.inside, bits) ||
        strcmp(out->gateway.inside, out->cloud.inside) == 0)
        return fail(c, "the inside addresses %s and %s are not two of one net of /%lu",
                    out->gateway.inside, out->cloud.inside, (unsigned long)bits);
    return number(c, "customer_gateway/bgp/asn", 1, UINT32_MAX - 1, 0, &out->gateway.asn) &&
           number(c, "vpn_gateway/bgp/asn", 1, UINT32_MAX - 1, 0, &out->cloud.asn) &&
           number(c, "customer_gateway/bgp/hold_time", 3, 3600, HOLD_S, &out->hold_s);
}

static bool read_tunnel(const struct cursor *c, bool routed, struct aws_tunnel *out)
{
    static const char *const ike[] = {"ike/encryption_protocol", "ike/authentication_protocol",
                                      "ike/perfect_forward_secrecy", "ike/lifetime"};
    static const char *const esp[] = {"ipsec/encryption_protocol", "ipsec/authentication_protocol",
                                      "ipsec/perfect_forward_secrecy", "ipsec/lifetime"};

    out->place = c->tunnel;
    return read_ends(c, routed, out) && read_phase(c, ike, IKE_LIFETIME, &out->ike) &&
           read_phase(c, esp, ESP_LIFETIME, &out->esp) && read_key(c, out->key) &&
           number(c, "ipsec/dead_peer_detection/interval", 1, 3600, DPD_S, &out->dpd_s) &&
           number(c, "ipsec/tcp_mss_adjustment", 536, 1460, 1379, &out->mss);
}

/* The order in the file is AWS's whim. */
static int by_address(const void *a, const void *b)
{
    const struct aws_tunnel *x = a, *y = b;
    int order = address_compare(x->cloud.outside, y->cloud.outside);

    return order != 0 ? order : address_compare(x->cloud.inside, y->cloud.inside);
}

/* ---- the connection ---- */

static bool read_ids(struct cursor *c, struct aws_connection *out)
{
    xmlChar *text = xmlGetNoNsProp(c->at, (const xmlChar *)"id");
    bool fits = text != NULL &&
                strlcpy(out->id, (const char *)text, sizeof(out->id)) < sizeof(out->id) &&
                out->id[0] != '\0';

    xmlFree(text);
    if (!fits || !id(c, "the id of vpn_connection", out->id)) {
        out->id[0] = '\0';
        return fail(c, "vpn_connection has no id such as vpn-0123456789abcdef0");
    }
    return optional(c, "customer_gateway_id", out->customer, sizeof(out->customer)) &&
           id(c, "customer_gateway_id", out->customer) &&
           optional(c, "vpn_gateway_id", out->cloud, sizeof(out->cloud)) &&
           id(c, "vpn_gateway_id", out->cloud);
}

static bool read_connection(struct cursor *c, struct aws_connection *out)
{
    static const char tunnel[] = "ipsec_tunnel";
    const xmlNode *top = c->at;
    char attributes[AWS_WORD_LEN];

    if (top == NULL || strcmp((const char *)top->name, "vpn_connection") != 0)
        return fail(c,
                    "it is not the configuration of a customer gateway: its outermost element is "
                    "not vpn_connection");
    if (!read_ids(c, out) ||
        !optional(c, "vpn_connection_attributes", attributes, sizeof(attributes)))
        return false;
    out->routed = strcmp(attributes, "NoBGPVPNConnection") == 0;
    for (unsigned i = 0; i < AWS_TUNNELS; i++) {
        c->at = child(top, tunnel, strlen(tunnel), i);
        c->tunnel = i + 1;
        if (c->at == NULL)
            return fail(c, "is missing; a connection has %d, was the file cut short?", AWS_TUNNELS);
        if (!read_tunnel(c, out->routed, &out->tunnel[i]))
            return false;
    }
    c->tunnel = 0;
    if (child(top, tunnel, strlen(tunnel), AWS_TUNNELS) != NULL)
        return fail(c, "it has more than %d tunnels", AWS_TUNNELS);
    qsort(out->tunnel, AWS_TUNNELS, sizeof(out->tunnel[0]), by_address);
    return true;
}

/* ---- the document ---- */

/* <!DOCTYPE: AWS writes none, and everything that XML can do to a reader begins there. */
static void on_doctype(void *data, const xmlChar *name, const xmlChar *external,
                       const xmlChar *system)
{
    xmlParserCtxt *parser = data;

    (void)name;
    (void)external;
    (void)system;
    *(bool *)parser->_private = true;
    xmlStopParser(parser);
}

static bool malformed(xmlParserCtxt *parser, bool doctype, char err[ERR_MAX])
{
    const xmlError *error = xmlCtxtGetLastError(parser);
    int line = error != NULL ? error->line : 0;

    if (doctype)
        snprintf(err, ERR_MAX, "it has a document type, which no file of AWS has; it is not read");
    else if (error != NULL && error->code == XML_ERR_DOCUMENT_END)
        snprintf(err, ERR_MAX,
                 "line %d: more follows after the end of the document; give each "
                 "connection a file of its own, or all as JSON",
                 line);
    else if (error != NULL &&
             (error->code == XML_ERR_INVALID_CHAR || error->code == XML_ERR_INVALID_ENCODING))
        snprintf(err, ERR_MAX, "line %d: there is a byte that is no UTF-8 text", line);
    else
        snprintf(err, ERR_MAX,
                 "line %d: it is no well-formed XML (libxml2's error %d); was the file "
                 "cut short or edited?",
                 line, error != NULL ? error->code : 0);
    return false;
}

/* What is freed is cleared before, for it has the keys. */
static void forget(xmlNode *node)
{
    for (xmlNode *c = node; c != NULL; c = c->next) {
        if ((c->type == XML_TEXT_NODE || c->type == XML_CDATA_SECTION_NODE) && c->content != NULL)
            explicit_bzero(c->content, strlen((const char *)c->content));
        else if (c->type == XML_ELEMENT_NODE)
            forget(c->children);
    }
}

static bool read_document(xmlParserCtxt *parser, const char *text, size_t size,
                          struct aws_connection *out, char err[ERR_MAX])
{
    const int options = XML_PARSE_NONET | XML_PARSE_NODICT | XML_PARSE_NOCDATA | XML_PARSE_NOERROR |
                        XML_PARSE_NOWARNING;
    bool doctype = false, good = false;

    parser->_private = &doctype;
    parser->sax->internalSubset = on_doctype;
    xmlDoc *doc = xmlCtxtReadMemory(parser, text, (int)size, NULL, "UTF-8", options);
    if (doc == NULL || doctype) {
        malformed(parser, doctype, err);
    } else {
        struct cursor cursor = {.at = xmlDocGetRootElement(doc), .err = err};
        good = read_connection(&cursor, out);
    }
    if (doc != NULL) {
        forget(doc->children);
        xmlFreeDoc(doc);
    }
    return good;
}

bool aws_parse(const char *text, size_t size, struct aws_connection *out, char err[ERR_MAX])
{
    memset(out, 0, sizeof(*out));
    if (size > AWS_XML_MAX) {
        snprintf(err, ERR_MAX, "it is larger than %d KiB; a real one has 4 to 6",
                 AWS_XML_MAX / 1024);
        return false;
    }
    xmlParserCtxt *parser = xmlNewParserCtxt();
    if (parser == NULL) {
        snprintf(err, ERR_MAX, "there is no memory to read it");
        return false;
    }
    bool good = read_document(parser, text, size, out, err);
    xmlFreeParserCtxt(parser);
    return good;
}
