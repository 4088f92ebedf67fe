/* What all routers' codecs share: text made harmless. Pure. */
#include "routing/reply.h"

#include <string.h>

void reply_text(const struct reply_piece *line, char *out, size_t size)
{
    size_t n = line->len < size - 1 ? line->len : size - 1;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)line->text[i];
        out[i] = c < ' ' || c == 0x7f ? ' ' : (char)c;
    }
    out[n] = '\0';
}

/* The shutdown message */

/* Length of the UTF-8 character at s (RFC 3629), 0 if there is none. */
static size_t utf8_length(const unsigned char *s)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = s[0] < 0x80 ? 1 : s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : s[0] >= 0xc0 ? 2 : 0;
    uint32_t point = n == 1 ? s[0] : n == 0 ? 0 : s[0] & (0x7fu >> n);

    if (n <= 1)
        return n;
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        point = point << 6 | (s[i] & 0x3fu);
    }
    bool surrogate = point >= 0xd800 && point <= 0xdfff;
    return s[0] > 0xf4 || point < least[n] || point > 0x10ffff || surrogate ? 0 : n;
}

/* What neither router would take as more than a character. */
static char plain(unsigned char c)
{
    if (c < ' ' || c == 0x7f)
        return ' ';
    return c == '"' ? '\'' : c == '|' ? '/' : (char)c;
}

void message_clean(const char *in, char out[MESSAGE_SIZE])
{
    const unsigned char *s = (const unsigned char *)in;
    size_t used = 0;

    while (*s != '\0') {
        size_t n = utf8_length(s);
        if (used + (n > 0 ? n : 1) > MESSAGE_SIZE - 1)
            break;
        if (n > 1) {
            memcpy(out + used, s, n);
            used += n;
        } else {
            out[used++] = n == 0 ? '?' : plain(*s);
        }
        s += n > 0 ? n : 1;
    }
    out[used] = '\0';
}
