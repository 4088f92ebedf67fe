/* What is known while a file is being read: where each value stood, and the first error.
 *
 * Private to conf/.  An error always names the file, the line, the key, and what would be right. */
#ifndef CGWHA_CONF_READING_H
#define CGWHA_CONF_READING_H

#include "conf/keys.h"

struct reading {
    const char *path;
    struct conf *conf; /* LAN sessions stand behind the last possible tunnel until the end */
    char *err;         /* ERR_MAX; the first error stays */
    bool failed;
    int last_line;
    unsigned used[SECTIONS];                  /* how many of each the file has, as read so far */
    int section_line[SECTIONS][SECTION_MOST]; /* where each begins */
    int line[KEYS][SECTION_MOST];             /* where each value stands; 0: not in the file */
};

/* Records "PATH:LINE: " and the sentence, unless there is an error already; a line of 0 means the
 * file as a whole and is left out. Returns false. */
bool reading_fail(struct reading *reading, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The line of a value; if the file does not have it, of its section; else the last. */
int reading_line(const struct reading *reading, enum key_id key, unsigned index);
/* Where the value of a key stands in struct conf. */
void *reading_place(const struct reading *reading, enum key_id key, unsigned index);
/* Where the name of a section is kept that the operator names; NULL: it has none. */
char *reading_named(const struct reading *reading, enum section_id section, unsigned index);
/* The title of a section: the operator's, or the only one it can have. */
const char *reading_title(const struct reading *reading, enum section_id section, unsigned index);
/* "asn", "timing.settle", "tunnel tun11.session". Returns out. */
#define LABEL_LEN (NAME_MAX_LEN * 3)
const char *reading_label(const struct reading *reading, enum key_id key, unsigned index,
                          char out[LABEL_LEN]);

/* Reads a file and blanks its comments, for libconfuse 3.3 counts their lines wrong; finds what is
 * never closed, which libconfuse reports at the end of the file or not at all. Returns a string to
 * be freed, or NULL with the error recorded. */
char *text_load(struct reading *reading);

/* What no single value can show: names twice, levels that do not beat each other, times that do
 * not fit together. */
bool check_all(struct reading *reading);

#endif
