/* The level file: the few defines that BIRD's export filters read.
 *
 * It is the one thing that says which level this gateway was given, across a restart of BIRD and of
 * the agent; so it is only ever replaced whole, never written in place. */
#ifndef CGWHA_ROUTING_BIRD_LEVEL_H
#define CGWHA_ROUTING_BIRD_LEVEL_H

#include "routing/router.h"

#define BIRD_LEVEL_SIZE 1024 /* the whole file, with a NUL */

/* The text of the level file for a level. Returns its length, or 0 if size is too small. */
size_t router_bird_level_text(const struct router_conf *conf, enum level level, char *out,
                              size_t size);

/* The level that a text of ours names. False if it is not ours. Pure. */
bool bird_level_parse(const char *text, enum level *out);

/* Reads the file into out. False with err if it cannot be read or is larger than ours ever is. */
bool bird_level_read(const char *path, char out[BIRD_LEVEL_SIZE], char err[ERR_MAX]);

/* Replaces the file by one of this text, world readable, in one step (temporary file beside it,
 * fsync, rename). False with a sentence in err; the old file then stands as it was. */
bool bird_level_write(const char *path, const char *text, char err[ERR_MAX]);

#endif
