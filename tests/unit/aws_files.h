/* The files of tests/data/aws, as bytes, and small edits of them. */
#ifndef CGWHA_TESTS_UNIT_AWS_FILES_H
#define CGWHA_TESTS_UNIT_AWS_FILES_H

#include <stddef.h>

/* The text of $TOP_SRCDIR/tests/data/aws/NAME; the caller frees it. Fails the test without it. */
char *aws_file(const char *name);
/* The same with the n-th `from` (from 1; 0: every one) made `to`. Fails the test if it is not
 * there. */
char *aws_edited(const char *name, const char *from, const char *to, unsigned n);
/* Edits text, which it frees. */
char *aws_edit(char *text, const char *from, const char *to, unsigned n);

#endif
