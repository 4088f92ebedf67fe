/* One value of cgwha.conf: from its text to the field it sets, and back. Pure but for the FILE. */
#include "conf/value.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct unit {
    const char *name;
    unsigned ms;
} units[] = {{"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};
#define UNITS (sizeof(units) / sizeof(units[0]))

static bool complain(char why[ERR_MAX], const char *text, const char *what)
{
    snprintf(why, ERR_MAX, "\"%.64s\" %s", text, what);
    return false;
}

/* A signed whole number and where it ends; false if there is none or it is beyond 64 bits. */
static bool whole_number(const char *text, long long *out, char **end)
{
    if (strchr(" \t\r\n+", text[0]) != NULL)
        return false;
    errno = 0;
    *out = strtoll(text, end, 10);
    return *end != text && errno == 0;
}

static bool in_range(const struct key *key, const char *text, long long number, char why[ERR_MAX])
{
    if (number >= key->min && number <= key->max)
        return true;
    return complain(why, text, "is out of range");
}

static bool parse_number(const struct key *key, const char *text, void *place, char why[ERR_MAX])
{
    long long number = 0;
    char *end = NULL;

    if (!whole_number(text, &number, &end) || *end != '\0')
        return complain(why, text, "is not a whole number");
    if (!in_range(key, text, number, why))
        return false;
    if (key->type == VALUE_U8)
        *(uint8_t *)place = (uint8_t)number;
    else if (key->type == VALUE_I32)
        *(int32_t *)place = (int32_t)number;
    else
        *(uint32_t *)place = (uint32_t)number;
    return true;
}

static bool parse_bool(const char *text, void *place, char why[ERR_MAX])
{
    static const struct {
        const char *word;
        bool means;
    } words[] = {{"true", true},   {"yes", true}, {"on", true},
                 {"false", false}, {"no", false}, {"off", false}};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcasecmp(text, words[i].word) == 0) {
            *(bool *)place = words[i].means;
            return true;
        }
    }
    return complain(why, text, "is neither true nor false");
}

/* Milliseconds of "500ms", "2s", "1m", "1h"; a bare number is refused, for nobody could tell what
 * it means. */
static bool parse_ms(const char *text, long long *ms, char why[ERR_MAX])
{
    long long number = 0;
    char *end = NULL;

    if (!whole_number(text, &number, &end) || number < 0)
        return complain(why, text, "is not a duration; write a whole number and a unit, as 2s");
    if (*end == '\0') {
        snprintf(why, ERR_MAX, "\"%.20s\" has no unit; write %.20sms, %.20ss or %.20sm", text, text,
                 text, text);
        return false;
    }
    for (size_t i = 0; i < UNITS; i++) {
        if (strcmp(end, units[i].name) == 0)
            return !__builtin_mul_overflow(number, (long long)units[i].ms, ms) ||
                   complain(why, text, "is out of range");
    }
    return complain(why, text, "has an unknown unit; the units are ms, s, m and h");
}

static bool parse_duration(const struct key *key, const char *text, void *place, char why[ERR_MAX])
{
    long long ms = 0;

    if (!parse_ms(text, &ms, why))
        return false;
    if (key->type == VALUE_SECONDS && ms % 1000 != 0)
        return complain(why, text, "is not a whole number of seconds");
    long long number = key->type == VALUE_SECONDS ? ms / 1000 : ms;
    if (!in_range(key, text, number, why))
        return false;
    *(uint32_t *)place = (uint32_t)number;
    return true;
}

bool value_is_name(const char *text, char why[ERR_MAX])
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";

    if (text[0] == '\0')
        return complain(why, text, "is empty");
    if (text[strspn(text, allowed)] != '\0')
        return complain(why, text, "has a character that a name cannot have");
    if (strlen(text) >= NAME_MAX_LEN)
        return complain(why, text, "is too long");
    return true;
}

static bool parse_name(const struct key *key, const char *text, void *place, char why[ERR_MAX])
{
    bool may_be_empty = key->min == 0;

    if (!(text[0] == '\0' && may_be_empty) && !value_is_name(text, why))
        return false;
    memset(place, 0, NAME_MAX_LEN);
    strlcpy(place, text, NAME_MAX_LEN);
    return true;
}

/* Quotes, backslash and dollar mean something in this file, and none of them is worth the rules for
 * writing them. */
static bool is_plain(const char *text, char least)
{
    for (const char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < (unsigned char)least || strchr("\"'\\$\177", *c) != NULL)
            return false;
    }
    return true;
}

static bool parse_command(const char *text, void *place, char why[ERR_MAX])
{
    if (!is_plain(text, ' '))
        return complain(why, text, "has a character that a command here cannot have");
    if (strlen(text) >= COMMAND_LEN)
        return complain(why, text, "is too long");
    memset(place, 0, COMMAND_LEN);
    strlcpy(place, text, COMMAND_LEN);
    return true;
}

static bool parse_address(const char *text, void *place, char why[ERR_MAX])
{
    uint8_t bytes[16];

    if (text[0] != '\0' && inet_pton(AF_INET, text, bytes) != 1 &&
        inet_pton(AF_INET6, text, bytes) != 1)
        return complain(why, text, "is not an address");
    memset(place, 0, ADDRESS_LEN);
    strlcpy(place, text, ADDRESS_LEN);
    return true;
}

static bool parse_one_prefix(const char *text, void *place, char why[ERR_MAX])
{
    struct prefix prefix;

    memset(&prefix, 0, sizeof(prefix));
    if (text[0] != '\0' && !prefix_parse(text, &prefix, why))
        return false;
    memcpy(place, &prefix, sizeof(prefix));
    return true;
}

static bool parse_path(const char *text, void *place, char why[ERR_MAX])
{
    if (text[0] != '/')
        return complain(why, text, "is not an absolute path");
    if (!is_plain(text, '!'))
        return complain(why, text, "has a character that a path here cannot have");
    if (strlen(text) >= PATH_LEN)
        return complain(why, text, "is too long");
    memset(place, 0, PATH_LEN);
    strlcpy(place, text, PATH_LEN);
    return true;
}

static bool parse_prefix(const char *text, void *place, char why[ERR_MAX])
{
    struct prefix prefix;

    return prefix_parse(text, &prefix, why) && prefix_list_add(place, &prefix, why);
}

bool value_parse(const struct key *key, const char *text, void *place, char why[ERR_MAX])
{
    switch (key->type) {
    case VALUE_U32:
    case VALUE_I32:
    case VALUE_U8:
        return parse_number(key, text, place, why);
    case VALUE_BOOL:
        return parse_bool(text, place, why);
    case VALUE_MS:
    case VALUE_SECONDS:
        return parse_duration(key, text, place, why);
    case VALUE_NAME:
    case VALUE_TITLED:
        return parse_name(key, text, place, why);
    case VALUE_PATH:
        return parse_path(text, place, why);
    case VALUE_PREFIXES:
        return parse_prefix(text, place, why);
    case VALUE_PREFIX:
        return parse_one_prefix(text, place, why);
    case VALUE_ADDRESS:
        return parse_address(text, place, why);
    case VALUE_COMMAND:
        return parse_command(text, place, why);
    }
    return complain(why, text, "is of a type that is not known");
}

const char *value_duration(unsigned long long ms, char out[VALUE_LEN])
{
    size_t i = 0;

    if (ms == 0) {
        strlcpy(out, "0s", VALUE_LEN);
        return out;
    }
    while (ms % units[i].ms != 0)
        i++;
    snprintf(out, VALUE_LEN, "%llu%s", ms / units[i].ms, units[i].name);
    return out;
}

const char *value_allowed(const struct key *key, char *out, size_t size)
{
    char least[VALUE_LEN], most[VALUE_LEN];
    unsigned scale = key->type == VALUE_SECONDS ? 1000 : 1;

    switch (key->type) {
    case VALUE_U32:
    case VALUE_I32:
    case VALUE_U8:
        snprintf(out, size, "%lld to %lld%s%s", key->min, key->max, key->unit[0] != '\0' ? " " : "",
                 key->unit);
        break;
    case VALUE_BOOL:
        strlcpy(out, "true or false", size);
        break;
    case VALUE_MS:
    case VALUE_SECONDS:
        snprintf(out, size, "%s to %s", value_duration((unsigned long long)key->min * scale, least),
                 value_duration((unsigned long long)key->max * scale, most));
        break;
    case VALUE_NAME:
    case VALUE_TITLED:
        snprintf(out, size, "%s1 to %d of A-Z a-z 0-9 _ . -", key->min == 0 ? "\"\" or " : "",
                 NAME_MAX_LEN - 1);
        break;
    case VALUE_PATH:
        snprintf(out, size, "an absolute path of up to %d bytes, without space, quote, \\ or $",
                 PATH_LEN - 1);
        break;
    case VALUE_PREFIXES:
        snprintf(out, size, "%lld to %lld prefixes, each once, as { \"10.20.0.0/16\" }", key->min,
                 key->max);
        break;
    case VALUE_PREFIX:
        strlcpy(out, "\"\" or a prefix, as \"10.20.0.0/16\"", size);
        break;
    case VALUE_ADDRESS:
        strlcpy(out, "\"\" or an IPv4 or IPv6 address", size);
        break;
    case VALUE_COMMAND:
        snprintf(out, size, "\"\" or a command of up to %d bytes, without quote, \\ or $",
                 COMMAND_LEN - 1);
        break;
    }
    return out;
}

static void print_prefixes(const struct prefix_list *list, FILE *out)
{
    char text[PREFIX_TEXT];

    fputs("{ ", out);
    for (unsigned i = 0; i < list->count; i++)
        fprintf(out, "%s\"%s\"", i > 0 ? ", " : "", prefix_text(&list->item[i], text));
    fputs(" }", out);
}

void value_print(const struct key *key, const void *place, FILE *out)
{
    char text[VALUE_LEN];

    switch (key->type) {
    case VALUE_U32:
        fprintf(out, "%" PRIu32, *(const uint32_t *)place);
        break;
    case VALUE_I32:
        fprintf(out, "%" PRId32, *(const int32_t *)place);
        break;
    case VALUE_U8:
        fprintf(out, "%u", *(const uint8_t *)place);
        break;
    case VALUE_BOOL:
        fputs(*(const bool *)place ? "true" : "false", out);
        break;
    case VALUE_MS:
        fputs(value_duration(*(const uint32_t *)place, text), out);
        break;
    case VALUE_SECONDS:
        fputs(value_duration(*(const uint32_t *)place * 1000ull, text), out);
        break;
    case VALUE_NAME:
    case VALUE_TITLED:
    case VALUE_PATH:
    case VALUE_ADDRESS:
    case VALUE_COMMAND:
        fprintf(out, "\"%s\"", (const char *)place);
        break;
    case VALUE_PREFIX:
        fprintf(out, "\"%s\"",
                ((const struct prefix *)place)->family != 0 ? prefix_text(place, text) : "");
        break;
    case VALUE_PREFIXES:
        print_prefixes(place, out);
        break;
    }
}
