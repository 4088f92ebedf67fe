/* Prints cgwha.conf(5) in mdoc(7) from the table of keys, so that the manual cannot know a key, a
 * default or a limit that the parser does not. It reads nothing and changes nothing. */
#include <string.h>

#include "conf/profile.h"
#include "conf/value.h"

#define WIDTH 72 /* of a line of the source; mandoc -T lint minds more than 80 */

static const char head[] =
    ".\\\" Made from the table of keys by `make conf-man`: do not edit.\n"
    ".Dd November 23, 2026\n"
    ".Dt CGWHA.CONF 5\n"
    ".Os\n"
    ".Sh NAME\n"
    ".Nm cgwha.conf\n"
    ".Nd what cgwha has to know on this gateway\n"
    ".Sh DESCRIPTION\n"
    "The agent\n"
    ".Xr cgwhad 8\n"
    "reads this file once, when it starts.\n"
    ".Ql cgwhad -t\n"
    "checks it and changes nothing: it names the file, the line, the key, what is\n"
    "wrong and what would be right.\n"
    ".Ql cgwhad -s\n"
    "prints a sample with every key.\n"
    ".Pp\n"
    "A key and its value are joined by\n"
    ".Ql = ;\n"
    "sections stand in braces and are not nested.\n"
    "A comment begins with\n"
    ".Ql #\n"
    "or\n"
    ".Ql //\n"
    "and ends with the line, or stands between\n"
    ".Ql /*\n"
    "and\n"
    ".Ql */ .\n"
    "Values may be quoted.\n"
    "A key that is not known, or stands twice, is an error.\n"
    "A value is one of these:\n"
    ".Bl -tag -width \"duration\"\n"
    ".It Ar number\n"
    "A whole number.\n"
    ".It Ar bool\n"
    ".Ic true\n"
    "or\n"
    ".Ic false .\n"
    ".It Ar duration\n"
    "A whole number with its unit, without a space:\n"
    ".Ic ms , s , m\n"
    "or\n"
    ".Ic h .\n"
    ".It Ar name\n"
    "Letters, digits and\n"
    ".Ql _ ,\n"
    ".Ql \\&. ,\n"
    ".Ql - .\n"
    ".It Ar path\n"
    "An absolute path.\n"
    ".It Ar address\n"
    "An IPv4 or IPv6 address.\n"
    ".It Ar prefix\n"
    "An IPv4 or IPv6 prefix.\n"
    ".It Ar prefixes\n"
    "A list of them in braces, with commas.\n"
    ".It Ar command\n"
    "A command line, without quotes,\n"
    ".Ql \\e\n"
    "or\n"
    ".Ql $ ;\n"
    "what needs them goes into a script.\n"
    ".El\n";

static const char tail[] =
    ".Ss What has to fit together\n"
    "There is at least one tunnel.\n"
    "No session and no child is named by two of them, and no LAN has the name of a\n"
    "tunnel.\n"
    "Each level loses to the better one next to it, in every tunnel:\n"
    ".Ic med ,\n"
    "the\n"
    ".Ic med\\-offset\n"
    "of any two tunnels taken into account, and\n"
    ".Ic lan\\-med\n"
    "are greater,\n"
    ".Ic prepend\n"
    "and\n"
    ".Ic lan\\-prepend\n"
    "not less; where the profile ranks by the path,\n"
    ".Ic prepend\n"
    "is greater.\n"
    ".Ic settle\\-deadline\n"
    "is longer than\n"
    ".Ic settle .\n"
    "A file in which one of these does not hold is refused.\n"
    ".Sh FILES\n"
    ".Bl -tag -width Ds\n"
    ".It Pa /etc/cgwha/cgwha.conf\n"
    "Unless\n"
    ".Xr cgwhad 8\n"
    "is told of another one.\n"
    ".It Pa /etc/cgwha/cgwha.conf.sample\n"
    "Every key with its default.\n"
    ".It Pa /usr/share/doc/cgwha/samples\n"
    "A pair of gateways in full.\n"
    ".El\n"
    ".Sh EXAMPLES\n"
    "The first of two gateways, which wins at each level.\n"
    "The other one has the same first two lines, tunnels of its own, and 20, 200\n"
    "and 2000.\n"
    ".Bd -literal -offset indent\n"
    "prefixes = { \"10.20.0.0/16\" }\n"
    "asn = 65000\n"
    "group = \"cgwha\"\n"
    "tunnel tun11 { }\n"
    "tunnel tun12 { }\n"
    "lan lan { }\n"
    "level high   { med = 10    lan-med = 10 }\n"
    "level normal { med = 100   lan-med = 100 }\n"
    "level low    { med = 1000  lan-med = 1000 }\n"
    ".Ed\n"
    ".Sh SEE ALSO\n"
    ".Xr cgwha-protocol 7 ,\n"
    ".Xr cgwha 8 ,\n"
    ".Xr cgwhad 8\n";

/* One word of running text. */
static void put_word(FILE *out, const char *word, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (word[i] == '\\')
            fputs("\\e", out);
        else if (word[i] == '-')
            fputs("\\-", out);
        else
            fputc(word[i], out);
    }
}

/* Running text: each sentence begins a line, and no line is one that roff would obey. */
static void put_text(FILE *out, const char *text)
{
    size_t column = 0;

    while (*text != '\0') {
        size_t word = strcspn(text, " ");
        if (column > 0 && column + 1 + word > WIDTH) {
            fputc('\n', out);
            column = 0;
        }
        if (column > 0)
            fputc(' ', out);
        else if (*text == '.' || *text == '\'')
            fputs("\\&", out);
        put_word(out, text, word);
        column += 1 + word;
        if (word > 1 && text[word - 1] == '.' && text[word] == ' ') {
            fputc('\n', out);
            column = 0;
        }
        text += word + strspn(text + word, " ");
    }
    if (column > 0)
        fputc('\n', out);
}

static const char *type_name(enum key_type type)
{
    switch (type) {
    case VALUE_BOOL:
        return "bool";
    case VALUE_MS:
    case VALUE_SECONDS:
        return "duration";
    case VALUE_NAME:
    case VALUE_TITLED:
        return "name";
    case VALUE_PATH:
        return "path";
    case VALUE_PREFIXES:
        return "prefixes";
    case VALUE_PREFIX:
        return "prefix";
    case VALUE_ADDRESS:
        return "address";
    case VALUE_COMMAND:
        return "command";
    default:
        return "number";
    }
}

/* A key of the same name in another section; NULL if that section has none. */
static const struct key *namesake(const struct key *key, enum section_id section)
{
    for (unsigned i = 0; i < KEYS; i++) {
        if (conf_keys[i].section == section && strcmp(conf_keys[i].name, key->name) == 0)
            return &conf_keys[i];
    }
    return NULL;
}

static bool same_name(enum section_id a, enum section_id b)
{
    return a < SECTIONS && b < SECTIONS &&
           strcmp(conf_sections[a].name, conf_sections[b].name) == 0;
}

/* "10", or for levels "high 10, normal 100, low 1000". */
static void defaults(const struct key *key, char *out, size_t size)
{
    size_t used = 0;

    if (!same_name(key->section, key->section + 1)) {
        snprintf(out, size, "%s", key->fallback[0] != '\0' ? key->fallback : "empty");
        return;
    }
    for (enum section_id s = key->section; same_name(key->section, s) && used < size; s++)
        used += (size_t)snprintf(out + used, size - used, "%s%s %s", used > 0 ? ", " : "",
                                 conf_sections[s].title, namesake(key, s)->fallback);
}

static void put_key(FILE *out, const struct key *key)
{
    char allowed[ERR_MAX], fallback[ERR_MAX], text[1024];

    fputs(".It Ic ", out);
    put_word(out, key->name, strlen(key->name));
    fprintf(out, " No = Ar %s\n", type_name(key->type));
    put_text(out, key->doc);
    value_allowed(key, allowed, sizeof(allowed));
    if (key->fallback == NULL) {
        snprintf(text, sizeof(text), "It must be given: %s.", allowed);
    } else if (key->type == VALUE_TITLED) {
        snprintf(text, sizeof(text), "Default: the name of the section.");
    } else {
        defaults(key, fallback, sizeof(fallback));
        snprintf(text, sizeof(text), "Default: %s. Allowed: %s.", fallback, allowed);
    }
    put_text(out, text);
}

static void put_keys(FILE *out, enum section_id section)
{
    fputs(".Bl -tag -width Ds\n", out);
    for (unsigned i = 0; i < KEYS; i++) {
        if (conf_keys[i].section == section)
            put_key(out, &conf_keys[i]);
    }
    fputs(".El\n", out);
}

/* Sections that differ in their title only, each with what it is for. */
static void put_titles(FILE *out, enum section_id first)
{
    fputs(".Bl -tag -width Ds\n", out);
    for (enum section_id s = first; same_name(first, s); s++) {
        fprintf(out, ".It Ic %s %s\n", conf_sections[s].name, conf_sections[s].title);
        put_text(out, conf_sections[s].doc);
    }
    fputs(".El\n.Pp\nThe keys of each:\n", out);
}

static void put_section(FILE *out, enum section_id id)
{
    const struct section *section = &conf_sections[id];
    bool named = section->title != NULL && section->title[0] == '\0';

    fprintf(out, ".Ss Section %s\n", section->name);
    if (same_name(id, id + 1)) {
        put_titles(out, id);
    } else {
        put_text(out, section->doc);
        if (named)
            fprintf(out,
                    "It is written as\n.Ic %s Ar name No { ... } ;\nthere may be %u of them.\n",
                    section->name, section->most);
    }
    put_keys(out, id);
}

/* "level normal.prepend 1"; what the profile sets otherwise than each key says. */
static void put_profile_values(FILE *out, const struct profile *profile)
{
    char text[1024] = "";

    for (enum key_id id = 0; id < KEYS; id++) {
        const struct key *key = &conf_keys[id];
        const struct section *section = &conf_sections[key->section];
        const char *value = profile_default(profile, id);
        size_t used = strlen(text);
        if (value == key->fallback)
            continue;
        snprintf(text + used, sizeof(text) - used, "%s%s%s%s.%s %s",
                 used > 0 ? ", " : "Defaults: ", section->name, section->title != NULL ? " " : "",
                 section->title != NULL ? section->title : "", key->name, value);
    }
    strlcat(text, text[0] != '\0' ? "." : "Defaults: as with each key.", sizeof(text));
    put_text(out, text);
}

static void put_profiles(FILE *out)
{
    fputs(".Ss Profiles\n"
          "What a profile sets is a default: a key that stands in the file wins.\n"
          "Where the path ranks, both gateways are equal at normal and the cloud may\n"
          "share the traffic among them; high of either beats normal of either, and low\n"
          "of either loses to it.\n"
          "Everywhere else each gateway keeps a base MED of its own, as shown below.\n"
          ".Bl -tag -width Ds\n",
          out);
    for (unsigned i = 0; i < PROFILES; i++) {
        char text[1024];
        fprintf(out, ".It Ic ");
        put_word(out, conf_profiles[i].name, strlen(conf_profiles[i].name));
        fputc('\n', out);
        put_text(out, conf_profiles[i].doc);
        put_profile_values(out, &conf_profiles[i]);
        snprintf(text, sizeof(text), "Source: %s.", conf_profiles[i].source);
        put_text(out, text);
    }
    fputs(".El\n", out);
}

int main(void)
{
    fputs(head, stdout);
    fputs(".Ss Keys outside of any section\n", stdout);
    put_keys(stdout, SECTION_TOP);
    for (enum section_id s = SECTION_TOP + 1; s < SECTIONS; s++) {
        if (!same_name(s, s - 1))
            put_section(stdout, s);
    }
    put_profiles(stdout);
    fputs(tail, stdout);
    return fflush(stdout) == 0 ? 0 : 1;
}
