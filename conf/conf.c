/* Reads cgwha.conf: libconfuse has the grammar, the table of keys has everything else.
 *
 * Each value is checked and stored at the moment it is read, while its line is known.  Reading a
 * file changes nothing but the struct, and that only if the whole file is right. */
#include "conf/conf.h"

#include <confuse.h>
#include <stdlib.h>
#include <string.h>

#include "conf/profile.h"
#include "conf/reading.h"
#include "conf/value.h"

#define ALLOWED_LEN 160
#define OPTIONS_MAX 32 /* entries of one section in libconfuse's own table, its end included */

/* libconfuse hands its callbacks no pointer of ours. It does know options whose value lives
 * elsewhere ("simple" ones); this one, which nobody can have meant to write, lives in ours. */
#define CARRIER "\001"

struct carrier {
    cfg_value_t value; /* never written: the option refuses every value */
    struct reading *reading;
    cfg_t *root;
};

/* libconfuse's tables, built from ours. */
struct grammar {
    cfg_opt_t top[OPTIONS_MAX];
    cfg_opt_t sub[SECTIONS][OPTIONS_MAX];
};

static struct carrier *carrier_of(const cfg_t *cfg)
{
    const cfg_opt_t *opt = cfg->opts;

    while (strcmp(opt->name, CARRIER) != 0)
        opt++;
    return (struct carrier *)opt->simple_value.ptr;
}

/* The keys or section names that may stand in a section: "settle, soak, grace". */
static void names_in(enum section_id section, char out[ALLOWED_LEN])
{
    out[0] = '\0';
    for (unsigned i = 0; i < KEYS; i++) {
        if (conf_keys[i].section != section)
            continue;
        strlcat(out, out[0] != '\0' ? ", " : "", ALLOWED_LEN);
        strlcat(out, conf_keys[i].name, ALLOWED_LEN);
    }
    for (unsigned i = SECTION_TOP + 1; section == SECTION_TOP && i < SECTIONS; i++) {
        if (strcmp(conf_sections[i].name, conf_sections[i - 1].name) == 0)
            continue;
        strlcat(out, ", ", ALLOWED_LEN);
        strlcat(out, conf_sections[i].name, ALLOWED_LEN);
    }
}

/* The section of a libconfuse section; SECTIONS if it is a level that does not exist. */
static enum section_id section_of(const cfg_t *cfg, bool root)
{
    unsigned i = root ? SECTION_TOP : SECTION_TOP + 1;

    if (root)
        return SECTION_TOP;
    for (; i < SECTIONS; i++) {
        const char *title = conf_sections[i].title;
        if (strcmp(cfg->name, conf_sections[i].name) != 0)
            continue;
        if (title == NULL || title[0] == '\0' || strcmp(title, cfg->title) == 0)
            break;
    }
    return i;
}

/* Makes room for one more section of the operator's naming. */
static bool add_titled(struct reading *reading, enum section_id section, const char *title,
                       int line)
{
    const struct section *s = &conf_sections[section];
    unsigned index = reading->used[section];
    char why[ERR_MAX];

    if (index >= s->most)
        return reading_fail(reading, line, "%s %.31s: is one too many; allowed: 1 to %u", s->name,
                            title, s->most);
    if (!value_is_name(title, why))
        return reading_fail(reading, line, "%s: the name %s; allowed: 1 to %d of A-Z a-z 0-9 _ . -",
                            s->name, why, NAME_MAX_LEN - 1);
    strlcpy(reading_named(reading, section, index), title, NAME_MAX_LEN);
    return true;
}

/* Finds the section's entry, or begins it. While libconfuse is inside a section, its root still
 * stands at the line of the section's brace. */
static bool enter(struct carrier *carrier, const cfg_t *cfg, enum section_id *section,
                  unsigned *index)
{
    struct reading *reading = carrier->reading;
    const char *own_title;
    int line = carrier->root->line;

    *section = section_of(cfg, cfg == carrier->root);
    *index = 0;
    if (*section == SECTIONS)
        return reading_fail(reading, line, "%s: \"%.64s\" is unknown; allowed: high, normal, low",
                            cfg->name, cfg->title);
    own_title = conf_sections[*section].title;
    if (own_title != NULL && own_title[0] == '\0') {
        for (*index = 0; *index < reading->used[*section]; ++*index) {
            if (strcmp(reading_title(reading, *section, *index), cfg->title) == 0)
                return true;
        }
        if (!add_titled(reading, *section, cfg->title, line))
            return false;
    } else if (reading->used[*section] > 0) {
        return true;
    }
    reading->section_line[*section][*index] = line;
    reading->used[*section] = *index + 1;
    return true;
}

static enum key_id key_of(enum section_id section, const char *name)
{
    unsigned i = 0;

    while (i < KEYS && (conf_keys[i].section != section || strcmp(conf_keys[i].name, name) != 0))
        i++;
    return i;
}

static bool fail_unknown(struct carrier *carrier, const cfg_t *cfg, const char *name)
{
    char allowed[ALLOWED_LEN];
    enum section_id section;
    unsigned index;

    if (!enter(carrier, cfg, &section, &index))
        return false;
    const char *title = reading_title(carrier->reading, section, index);
    names_in(section, allowed);
    return reading_fail(carrier->reading, cfg->line, "%s%s%s%s%.31s: is unknown; allowed: %s",
                        conf_sections[section].name, title != NULL ? " " : "",
                        title != NULL ? title : "", section != SECTION_TOP ? "." : "", name,
                        allowed);
}

/* libconfuse's own errors. Its format strings tell them apart; one that is not known here is
 * passed on as it is. */
static void on_error(cfg_t *cfg, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
static void on_error(cfg_t *cfg, const char *format, va_list args)
{
    struct carrier *carrier = carrier_of(cfg);
    char text[ERR_MAX];

    if (carrier->reading->failed)
        return;
    if (strcmp(format, "no such option '%s'") == 0) {
        fail_unknown(carrier, cfg, va_arg(args, const char *));
        return;
    }
    if (strcmp(format, "found duplicate title '%s'") == 0) {
        reading_fail(carrier->reading, cfg->line, "%.31s: a section of this name stands above",
                     va_arg(args, const char *));
        return;
    }
    vsnprintf(text, sizeof(text), format, args);
    reading_fail(carrier->reading, cfg->line,
                 "syntax: %.96s; allowed: KEY = VALUE, KEY = { VALUE, ... }, SECTION { ... }",
                 text);
}

/* One value, or one item of a list: checked and stored. */
static int on_value(cfg_t *cfg, cfg_opt_t *opt, const char *text, void *result)
{
    struct carrier *carrier = carrier_of(cfg);
    struct reading *reading = carrier->reading;
    char why[ERR_MAX], label[LABEL_LEN], allowed[ALLOWED_LEN];
    enum section_id section;
    unsigned index;

    if (strcmp(opt->name, CARRIER) == 0) {
        fail_unknown(carrier, cfg, "?");
        return -1;
    }
    *(void **)result = NULL;
    if (!enter(carrier, cfg, &section, &index))
        return -1;
    enum key_id id = key_of(section, opt->name);
    const struct key *key = &conf_keys[id];
    reading_label(reading, id, index, label);
    if (reading->line[id][index] != 0 && opt->nvalues <= 1) {
        reading_fail(reading, cfg->line, "%s: stands there twice, first in line %d", label,
                     reading->line[id][index]);
        return -1;
    }
    reading->line[id][index] = cfg->line;
    if (value_parse(key, text, reading_place(reading, id, index), why))
        return 0;
    reading_fail(reading, cfg->line, "%s: %s; allowed: %s", label, why,
                 value_allowed(key, allowed, sizeof(allowed)));
    return -1;
}

/* A section's end: the one place where an empty one is seen. */
static int on_section(cfg_t *cfg, cfg_opt_t *opt)
{
    struct carrier *carrier = carrier_of(cfg);
    enum section_id section;
    unsigned index;

    return enter(carrier, opt->values[opt->nvalues - 1]->section, &section, &index) ? 0 : -1;
}

static cfg_opt_t option_for(const char *name, bool list)
{
    cfg_opt_t one = CFG_PTR_CB(name, NULL, CFGF_NONE, on_value, NULL);
    cfg_opt_t many = CFG_PTR_LIST_CB(name, NULL, CFGF_NONE, on_value, NULL);

    return list ? many : one;
}

static void fill_section(cfg_opt_t out[OPTIONS_MAX], enum section_id section,
                         struct carrier *carrier)
{
    const cfg_opt_t end = CFG_END();
    unsigned n = 0;

    for (unsigned i = 0; i < KEYS && n < OPTIONS_MAX - 2; i++) {
        if (conf_keys[i].section == section)
            out[n++] = option_for(conf_keys[i].name, conf_keys[i].type == VALUE_PREFIXES);
    }
    out[n] = option_for(CARRIER, false);
    out[n++].simple_value.ptr = (void **)carrier;
    out[n] = end;
}

/* The levels are three sections in our table and one, with three titles, in libconfuse's. */
static void fill_grammar(struct grammar *grammar, struct carrier *carrier)
{
    unsigned n = 0;

    fill_section(grammar->top, SECTION_TOP, carrier);
    while (grammar->top[n].name != NULL)
        n++;
    for (unsigned i = SECTION_TOP + 1; i < SECTIONS; i++) {
        const struct section *section = &conf_sections[i];
        cfg_flag_t flags =
            section->title != NULL ? CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES : CFGF_NONE;
        if (strcmp(section->name, conf_sections[i - 1].name) == 0)
            continue;
        fill_section(grammar->sub[i], i, carrier);
        const cfg_opt_t option = CFG_SEC(section->name, grammar->sub[i], flags);
        grammar->top[n + 1] = grammar->top[n];
        grammar->top[n] = option;
        grammar->top[n++].validcb = on_section;
    }
}

static bool parse(struct reading *reading, const char *text)
{
    struct carrier carrier = {.reading = reading};
    struct grammar *grammar = calloc(1, sizeof(*grammar));
    cfg_t *cfg = NULL;

    if (grammar != NULL) {
        fill_grammar(grammar, &carrier);
        cfg = cfg_init(grammar->top, CFGF_NONE);
    }
    if (cfg == NULL) {
        free(grammar);
        return reading_fail(reading, 0, "cannot be read: out of memory");
    }
    carrier.root = cfg;
    cfg_set_error_function(cfg, on_error);
    if (cfg_parse_buf(cfg, text) != CFG_SUCCESS)
        reading_fail(reading, cfg->line, "syntax: is not a configuration");
    cfg_free(cfg);
    free(grammar);
    return !reading->failed;
}

/* How many entries of a section there are: those that the operator names, else always one. */
static unsigned entries(const struct reading *reading, enum section_id section)
{
    const char *title = conf_sections[section].title;

    return title != NULL && title[0] == '\0' ? reading->used[section] : 1;
}

/* One value that the file does not have. The defaults pass through the same parser as the file. A
 * profile that does not exist changes none; the checks refuse it. */
static bool set_default(struct reading *reading, enum key_id id, unsigned index)
{
    const struct key *key = &conf_keys[id];
    const char *text = profile_default(profile_find(reading->conf->profile), id);
    char why[ERR_MAX], label[LABEL_LEN], allowed[ALLOWED_LEN];

    reading_label(reading, id, index, label);
    if (text == NULL)
        return reading_fail(reading, reading->last_line, "%s: is missing; allowed: %s", label,
                            value_allowed(key, allowed, sizeof(allowed)));
    if (key->type == VALUE_TITLED)
        text = reading_title(reading, key->section, index);
    if (!value_parse(key, text, reading_place(reading, id, index), why))
        return reading_fail(reading, reading->last_line, "%s: the default %s", label, why);
    return true;
}

static bool set_defaults(struct reading *reading)
{
    for (unsigned id = 0; id < KEYS; id++) {
        for (unsigned i = 0; i < entries(reading, conf_keys[id].section); i++) {
            if (reading->line[id][i] == 0 && !set_default(reading, id, i))
                return false;
        }
    }
    return true;
}

/* Closes the gap between the last tunnel and the first LAN, and counts. */
static void close_ranks(struct reading *reading)
{
    struct conf *conf = reading->conf;
    struct router_session *session = conf->router.session;

    conf->tunnels = (uint8_t)reading->used[SECTION_TUNNEL];
    conf->lans = (uint8_t)reading->used[SECTION_LAN];
    conf->tracks = (uint8_t)reading->used[SECTION_TRACK];
    conf->ipsec.count = conf->tunnels;
    conf->router.count = (uint8_t)(conf->tunnels + conf->lans);
    memmove(&session[conf->tunnels], &session[TUNNELS_MAX], conf->lans * sizeof(session[0]));
    memset(&session[conf->router.count], 0,
           (size_t)(SESSIONS_MAX - conf->router.count) * sizeof(session[0]));
    for (unsigned i = conf->tunnels; i < conf->router.count; i++)
        session[i].lan = true;
}

bool conf_read(const char *path, struct conf *out, char err[ERR_MAX])
{
    struct conf conf;
    struct reading reading = {.path = path, .conf = &conf, .err = err};

    /* memset and memcpy, so that the same file makes the same bytes, padding included. */
    memset(&conf, 0, sizeof(conf));
    err[0] = '\0';
    char *text = text_load(&reading);
    if (text == NULL || !parse(&reading, text) || !set_defaults(&reading)) {
        free(text);
        return false;
    }
    free(text);
    close_ranks(&reading);
    if (!check_all(&reading))
        return false;
    memcpy(out, &conf, sizeof(*out));
    return true;
}
