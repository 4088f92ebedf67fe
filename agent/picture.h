/* The course of an operation as a picture: one SVG element, to stand in an HTML page.
 *
 * Pure: JSON in, text out.  What is not known is drawn as not known, never as nothing. */
#ifndef CGWHA_AGENT_PICTURE_H
#define CGWHA_AGENT_PICTURE_H

#include <json-c/json.h>
#include <stdio.h>

#define PICTURE_NODES    8  /* colours there are */
#define PICTURE_PREFIXES 12 /* rows of coverage; those that were bare come first */

/* op: an operation as in history_list(); course: its course as in history_course(). The page has
 * the style: classes n0 to n7 for the nodes, in the course's order. */
void picture_write(FILE *out, struct json_object *op, struct json_object *course);

/* Ends of a nice axis: the step of 1, 2 or 5 times a power of ten so that `most` steps reach over
 * `range`. */
double picture_step(double range, unsigned most);

#endif
