/* All files of a site: made in memory, then put into a directory at once or not at all.
 *
 * The directory is made under another name and renamed when everything is in it, so nothing is ever
 * half there, and nothing of somebody else's is overwritten. */
#ifndef CGWHA_CONF_IMPORT_FILES_H
#define CGWHA_CONF_IMPORT_FILES_H

#include <sys/types.h>

#include "conf/import/site.h"

#define FILES_MAX     32
#define FILE_PATH_LEN 128
#define OPEN_MAX      4096 /* bytes of the lines that say what has to be filled in */

struct file {
    char path[FILE_PATH_LEN]; /* below the directory */
    mode_t mode;
    char *text;
    size_t size;
};

struct files {
    unsigned count;
    struct file file[FILES_MAX];
    char open[OPEN_MAX]; /* the words to be filled in, and under each the files that have it */
};

/* False with a sentence in err. The caller frees in either case. */
bool files_make(const struct site *site, struct files *out, char err[ERR_MAX]);
/* Whether dir can be had: it is not there, or an empty directory. False with a sentence in err. */
bool files_may_save(const char *dir, char err[SITE_ERR]);
/* Directories 0700, files with their modes. False with a sentence in err, and nothing is left. */
bool files_save(const struct files *files, const char *dir, char err[SITE_ERR]);
/* Clears before it frees. */
void files_free(struct files *files);

#endif
