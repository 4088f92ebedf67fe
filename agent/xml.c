/* Text of others in XML. */
#include "agent/xml.h"

static const char *entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void xml_put(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        const char *e = entity(*text);
        if (e != NULL)
            fputs(e, out);
        else
            fputc((unsigned char)*text < 0x20 || *text == 0x7f ? ' ' : *text, out);
    }
}
