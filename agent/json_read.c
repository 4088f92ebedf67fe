/* Reading JSON that somebody else wrote. */
#include "agent/json_read.h"

#include <limits.h>

struct json_object *json_member(struct json_object *obj, const char *key)
{
    struct json_object *member;

    if (!json_object_is_type(obj, json_type_object) ||
        !json_object_object_get_ex(obj, key, &member))
        return NULL;
    return member;
}

const char *json_text(struct json_object *obj, const char *key)
{
    struct json_object *member = json_member(obj, key);

    return json_object_is_type(member, json_type_string) ? json_object_get_string(member) : "";
}

int64_t json_number(struct json_object *obj, const char *key)
{
    struct json_object *member = json_member(obj, key);

    if (!json_object_is_type(member, json_type_int) &&
        !json_object_is_type(member, json_type_double))
        return 0;
    return json_object_get_int64(member);
}

bool json_yes(struct json_object *obj, const char *key)
{
    struct json_object *member = json_member(obj, key);

    return json_object_is_type(member, json_type_boolean) && json_object_get_boolean(member);
}

size_t json_count(struct json_object *obj, const char *key)
{
    struct json_object *member = json_member(obj, key);

    return json_object_is_type(member, json_type_array) ? json_object_array_length(member) : 0;
}

struct json_object *json_at(struct json_object *obj, const char *key, size_t i)
{
    return i < json_count(obj, key) ? json_object_array_get_idx(json_member(obj, key), i) : NULL;
}

const char *json_text_at(struct json_object *obj, const char *key, size_t i)
{
    struct json_object *element = json_at(obj, key, i);

    return json_object_is_type(element, json_type_string) ? json_object_get_string(element) : "";
}

struct json_object *json_parse(const char *data, size_t size)
{
    struct json_tokener *tok;
    struct json_object *obj;

    if (size == 0 || size > INT_MAX || (tok = json_tokener_new_ex(JSON_DEPTH)) == NULL)
        return NULL;
    json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    obj = json_tokener_parse_ex(tok, data, (int)size);
    if (json_tokener_get_error(tok) != json_tokener_success ||
        json_tokener_get_parse_end(tok) != size || !json_object_is_type(obj, json_type_object)) {
        json_object_put(obj);
        obj = NULL;
    }
    json_tokener_free(tok);
    return obj;
}
