/* Text of others in XML and HTML: escaped, so that it is shown and never read. Pure. */
#ifndef CGWHA_AGENT_XML_H
#define CGWHA_AGENT_XML_H

#include <stdio.h>

/* Writes UTF-8 text as character data or attribute value: & < > " ' as entities, control
 * characters as spaces. */
void xml_put(FILE *out, const char *text);

#endif
