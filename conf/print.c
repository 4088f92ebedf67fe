/* Writes the documented sample from the table of keys, and a configuration in force. What is
 * written here is read again by conf_read to the same struct. */
#include <string.h>

#include "conf/reading.h"
#include "conf/value.h"

#define WIDTH 96

/* Words of a sentence as comment lines. */
static void comment(FILE *out, const char *indent, const char *text)
{
    size_t column = 0;

    while (*text != '\0') {
        size_t word = strcspn(text, " ");
        if (column > 0 && column + 1 + word > WIDTH) {
            fputc('\n', out);
            column = 0;
        }
        if (column == 0)
            column = (size_t)fprintf(out, "%s#", indent);
        column += (size_t)fprintf(out, " %.*s", (int)word, text);
        text += word + strspn(text + word, " ");
    }
    fputc('\n', out);
}

/* A value's place in a struct of no meaning, to print a default as a value is printed. */
static void print_default(const struct key *key, FILE *out)
{
    union {
        struct prefix_list list;
        char text[COMMAND_LEN];
    } place;
    char why[ERR_MAX];

    memset(&place, 0, sizeof(place));
    if (key->type != VALUE_TITLED)
        value_parse(key, key->fallback, &place, why);
    value_print(key, &place, out);
}

static void document(const struct key *key, const char *indent, FILE *out)
{
    char allowed[ERR_MAX], fallback[VALUE_LEN] = "", text[1024];
    FILE *into = fmemopen(fallback, sizeof(fallback), "w");

    if (into != NULL && key->fallback != NULL)
        print_default(key, into);
    if (into != NULL)
        fclose(into);
    value_allowed(key, allowed, sizeof(allowed));
    if (key->fallback == NULL)
        snprintf(text, sizeof(text), "%s Must be given: %s.", key->doc, allowed);
    else if (key->type == VALUE_TITLED)
        snprintf(text, sizeof(text), "%s Default: the name of the section.", key->doc);
    else if (key->type == VALUE_PATH)
        snprintf(text, sizeof(text), "%s Default %s.", key->doc, fallback);
    else
        snprintf(text, sizeof(text), "%s Default %s; %s.", key->doc, fallback, allowed);
    comment(out, indent, text);
}

static void sample_key(const struct key *key, const char *title, const char *indent, FILE *out)
{
    document(key, indent, out);
    fprintf(out, "%s%s%s = ", indent, key->fallback == NULL || indent[0] == '#' ? "" : "#",
            key->name);
    if (key->example != NULL)
        fputs(key->example, out);
    else if (key->type == VALUE_TITLED)
        fprintf(out, "\"%s\"", title);
    else
        print_default(key, out);
    fputc('\n', out);
}

static void sample_keys(enum section_id section, const char *title, const char *indent, FILE *out)
{
    for (unsigned i = 0; i < KEYS; i++) {
        if (conf_keys[i].section == section)
            sample_key(&conf_keys[i], title, indent, out);
        if (conf_keys[i].section == section && section == SECTION_TOP)
            fputc('\n', out);
    }
}

static void sample_section(enum section_id id, FILE *out)
{
    const struct section *section = &conf_sections[id];
    const char *title = section->title;
    bool named = title != NULL && title[0] == '\0';
    const char *off = id == SECTION_TRACK ? "# " : ""; /* an example: one changes what is done */

    if (named)
        title = id == SECTION_TUNNEL ? "tun11" : id == SECTION_LAN ? "lan" : "inside";
    comment(out, "", section->doc);
    fprintf(out, "%s%s%s%s {\n", off, section->name, title != NULL ? " " : "",
            title != NULL ? title : "");
    sample_keys(id, title, id == SECTION_TRACK ? "#     " : "    ", out);
    fprintf(out, "%s}\n", off);
    if (id == SECTION_TUNNEL)
        fputs("tunnel tun12 { }\n", out);
    fputc('\n', out);
}

void conf_sample(FILE *out)
{
    comment(out, "",
            "cgwha.conf: what cgwha has to know on this gateway. A line that begins with # and a "
            "key shows its default. cgwhad -t checks the file and changes nothing.");
    fputc('\n', out);
    sample_keys(SECTION_TOP, NULL, "", out);
    for (unsigned i = SECTION_TOP + 1; i < SECTIONS; i++)
        sample_section(i, out);
}

static void dump_section(const struct reading *reading, enum section_id section, unsigned index,
                         FILE *out)
{
    const char *title = reading_title(reading, section, index);
    const char *indent = section == SECTION_TOP ? "" : "    ";

    if (section != SECTION_TOP)
        fprintf(out, "%s%s%s {\n", conf_sections[section].name, title != NULL ? " " : "",
                title != NULL ? title : "");
    for (unsigned id = 0; id < KEYS; id++) {
        if (conf_keys[id].section != section)
            continue;
        fprintf(out, "%s%s = ", indent, conf_keys[id].name);
        value_print(&conf_keys[id], reading_place(reading, id, index), out);
        fputc('\n', out);
    }
    if (section != SECTION_TOP)
        fputs("}\n", out);
}

void conf_dump(const struct conf *conf, FILE *out)
{
    struct conf apart = *conf;
    const struct reading reading = {.conf = &apart};
    unsigned count[SECTIONS];

    for (unsigned i = 0; i < SECTIONS; i++)
        count[i] = 1;
    count[SECTION_TUNNEL] = conf->tunnels;
    count[SECTION_LAN] = conf->lans;
    count[SECTION_TRACK] = conf->tracks;
    /* The table expects the LANs behind the last possible tunnel, as while reading. */
    memcpy(&apart.router.session[TUNNELS_MAX], &conf->router.session[conf->tunnels],
           conf->lans * sizeof(apart.router.session[0]));
    for (unsigned section = 0; section < SECTIONS; section++) {
        for (unsigned i = 0; i < count[section]; i++)
            dump_section(&reading, section, i, out);
    }
}
