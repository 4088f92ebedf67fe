/* An operation as one page of HTML, which needs nothing from elsewhere: no script, no style, no
 * font, no picture but its own. Pure: JSON in, text out. */
#ifndef CGWHA_AGENT_PAGE_H
#define CGWHA_AGENT_PAGE_H

#include <json-c/json.h>
#include <stdio.h>

/* op: an operation as in history_list(); course: as in history_course(), or NULL: it is not kept.
 * self: on which node it was seen so. Well-formed as XML too. */
void page_write(FILE *out, struct json_object *op, struct json_object *course, const char *self);

#endif
