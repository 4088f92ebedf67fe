/* Where each value of a file stood, and how it is named in an error. No I/O, no allocation. */
#include "conf/reading.h"

#include <stdarg.h>
#include <string.h>

bool reading_fail(struct reading *reading, int line, const char *format, ...)
{
    va_list args;

    if (reading->failed)
        return false;
    reading->failed = true;
    size_t at = (size_t)snprintf(reading->err, ERR_MAX, "%.*s:", PATH_LEN, reading->path);
    if (line > 0)
        at += (size_t)snprintf(reading->err + at, ERR_MAX - at, "%d:", line);
    reading->err[at++] = ' ';
    va_start(args, format);
    vsnprintf(reading->err + at, ERR_MAX - at, format, args);
    va_end(args);
    return false;
}

int reading_line(const struct reading *reading, enum key_id key, unsigned index)
{
    enum section_id section = conf_keys[key].section;

    if (reading->line[key][index] != 0)
        return reading->line[key][index];
    if (reading->section_line[section][index] != 0)
        return reading->section_line[section][index];
    return reading->last_line;
}

void *reading_place(const struct reading *reading, enum key_id key, unsigned index)
{
    return (char *)reading->conf + conf_keys[key].offset + index * conf_keys[key].stride;
}

char *reading_named(const struct reading *reading, enum section_id section, unsigned index)
{
    if (section == SECTION_TUNNEL)
        return reading->conf->tunnel_name[index];
    if (section == SECTION_LAN)
        return reading->conf->lan_name[index];
    return section == SECTION_TRACK ? reading->conf->track[index].name : NULL;
}

const char *reading_title(const struct reading *reading, enum section_id section, unsigned index)
{
    const char *named = reading_named(reading, section, index);

    return named != NULL ? named : conf_sections[section].title;
}

const char *reading_label(const struct reading *reading, enum key_id key, unsigned index,
                          char out[LABEL_LEN])
{
    enum section_id section = conf_keys[key].section;
    const char *title = reading_title(reading, section, index);

    snprintf(out, LABEL_LEN, "%s%s%s%s%s", conf_sections[section].name, title != NULL ? " " : "",
             title != NULL ? title : "", section != SECTION_TOP ? "." : "", conf_keys[key].name);
    return out;
}
