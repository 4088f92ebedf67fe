/* Finds the connections in a file: XML as it is, JSON by json-c. What is said of a file never
 * quotes it. */
#include "conf/import/source.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 16 /* of JSON; describe-vpn-connections has 5 */

struct reading {
    const char *file;
    struct sources *into;
    unsigned found;
    char *err;
};

static bool fail(const struct reading *r, const char *why)
{
    snprintf(r->err, SOURCE_ERR, "%.*s: %s", PATH_LEN, r->file, why);
    return false;
}

/* ---- one connection ---- */

static bool add(struct reading *r, const char *xml, size_t size)
{
    struct sources *into = r->into;
    struct source *grown;
    char why[ERR_MAX], id[AWS_ID_LEN];

    if (into->count == CONNECTIONS_MAX)
        return fail(r, "there are too many connections in it; give the two that are meant");
    grown = calloc(into->count + 1, sizeof(*grown));
    if (grown == NULL)
        return fail(r, "there is no memory to read it");
    if (into->count > 0) {
        memcpy(grown, into->item, into->count * sizeof(*grown));
        explicit_bzero(into->item, into->count * sizeof(*grown));
        free(into->item);
    }
    into->item = grown;
    struct source *one = &grown[into->count];
    one->file = r->file;
    r->found++;
    if (aws_parse(xml, size, &one->connection, why)) {
        into->count++;
        return true;
    }
    strlcpy(one->wrong, why, sizeof(one->wrong));
    strlcpy(id, one->connection.id, sizeof(id)); /* of the rest nothing was checked to its end */
    explicit_bzero(&one->connection, sizeof(one->connection));
    strlcpy(one->connection.id, id, sizeof(one->connection.id));
    if (id[0] == '\0')
        return fail(r, why);
    into->count++;
    return true;
}

void sources_free(struct sources *sources)
{
    if (sources->item != NULL)
        explicit_bzero(sources->item, sources->count * sizeof(*sources->item));
    free(sources->item);
    sources->item = NULL;
    sources->count = 0;
}

/* ---- JSON ---- */

/* A connection that was deleted is still shown for an hour. */
static bool is_gone(struct json_object *object)
{
    struct json_object *state;

    return json_object_object_get_ex(object, "State", &state) &&
           json_object_is_type(state, json_type_string) &&
           strncmp(json_object_get_string(state), "delet", 5) == 0;
}

/* What --query leaves is the XML itself as a string, or a list of such. */
static bool is_xml(struct json_object *value)
{
    const char *text = json_object_get_string(value);

    return text[strspn(text, " \t\r\n")] == '<';
}

/* Beside the XML stands which gateway of AWS the connection ends at; the XML need not say. */
static void name_cloud(struct reading *r, struct json_object *object, unsigned first)
{
    static const char *const names[] = {"VpnGatewayId", "TransitGatewayId"};
    struct json_object *id;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (!json_object_object_get_ex(object, names[i], &id) ||
            !json_object_is_type(id, json_type_string))
            continue;
        for (unsigned n = first; n < r->into->count; n++) {
            struct aws_connection *c = &r->into->item[n].connection;
            if (c->cloud[0] == '\0')
                aws_cloud_id(json_object_get_string(id), c->cloud);
        }
    }
}

static bool walk(struct reading *r, const char *key, struct json_object *value)
{
    if (json_object_is_type(value, json_type_string)) {
        if ((key == NULL && is_xml(value)) ||
            (key != NULL && strcmp(key, "CustomerGatewayConfiguration") == 0))
            return add(r, json_object_get_string(value), (size_t)json_object_get_string_len(value));
    } else if (json_object_is_type(value, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(value); i++) {
            if (!walk(r, key, json_object_array_get_idx(value, i)))
                return false;
        }
    } else if (json_object_is_type(value, json_type_object) && !is_gone(value)) {
        unsigned first = r->into->count;
        json_object_object_foreach(value, name, inner)
        {
            if (!walk(r, name, inner))
                return false;
        }
        name_cloud(r, value, first);
    }
    return true;
}

/* The strings hold the keys: cleared before they are freed. The XML's is as long as it was. */
static void forget(struct json_object *value)
{
    if (json_object_is_type(value, json_type_string)) {
        explicit_bzero((char *)(uintptr_t)json_object_get_string(value),
                       (size_t)json_object_get_string_len(value));
    } else if (json_object_is_type(value, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(value); i++)
            forget(json_object_array_get_idx(value, i));
    } else if (json_object_is_type(value, json_type_object)) {
        json_object_object_foreach(value, name, inner)
        {
            (void)name;
            forget(inner);
        }
    }
}

static int line_of(const char *bytes, size_t offset)
{
    int line = 1;

    for (size_t i = 0; i < offset; i++)
        line += bytes[i] == '\n';
    return line;
}

static bool read_json(struct reading *r, const char *bytes, size_t size)
{
    struct json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);
    struct json_object *top;
    char why[ERR_MAX];
    bool good = false;

    if (tokener == NULL)
        return fail(r, "there is no memory to read it");
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    top = json_tokener_parse_ex(tokener, bytes, (int)size);
    enum json_tokener_error error = json_tokener_get_error(tokener);
    if (error == json_tokener_success) {
        good = walk(r, NULL, top);
    } else if (error == json_tokener_continue) {
        fail(r, "the JSON ends too early; was the file cut short?");
    } else {
        snprintf(why, sizeof(why), "line %d: it is no JSON: %s",
                 line_of(bytes, json_tokener_get_parse_end(tokener)),
                 json_tokener_error_desc(error));
        fail(r, why);
    }
    forget(top);
    json_object_put(top);
    json_tokener_free(tokener);
    return good;
}

/* ---- what it is ---- */

static bool is_utf16(const char *bytes, size_t size)
{
    return size >= 2 && (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0);
}

/* Where the text begins, behind a byte order mark and blanks. */
static size_t beginning(const char *bytes, size_t size)
{
    size_t at = size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

    while (at < size && strchr(" \t\r\n", bytes[at]) != NULL && bytes[at] != '\0')
        at++;
    return at;
}

bool source_read(const char *file, const char *bytes, size_t size, struct sources *into,
                 char err[SOURCE_ERR])
{
    struct reading r = {.file = file, .into = into, .err = err};
    size_t at = beginning(bytes, size);

    if (size > SOURCE_MAX)
        return fail(&r, "it is too large for what AWS gives");
    if (is_utf16(bytes, size))
        return fail(&r, "it is UTF-16, as PowerShell writes it; iconv -f UTF-16 -t UTF-8 makes it "
                        "UTF-8");
    if (at == size)
        return fail(&r, "it is empty");
    if (bytes[at] == '<')
        return add(&r, bytes + at, size - at);
    if (strchr("{[\"", bytes[at]) == NULL || bytes[at] == '\0')
        return fail(&r,
                    "it is neither XML nor JSON; make it with: aws ec2 describe-vpn-connections "
                    "--output json (what the console offers for download is for people)");
    if (!read_json(&r, bytes + at, size - at))
        return false;
    return r.found > 0 ||
           fail(&r, "it holds no CustomerGatewayConfiguration, or only of deleted connections");
}
