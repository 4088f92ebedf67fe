/* Expected texts in files, which a reviewer reads as a diff. */
#ifndef CGWHA_TESTS_UNIT_GOLDEN_H
#define CGWHA_TESTS_UNIT_GOLDEN_H

/* The text of $TOP_SRCDIR/tests/golden/NAME; the caller frees it. Fails the test if it is not
 * there. */
char *golden_read(const char *name);
/* Fails the test unless text is what the file says. With CGWHA_GOLDEN=write in the environment it
 * writes the file instead. */
void golden_compare(const char *name, const char *text);

#endif
