/* Addresses as canonical text: parsed, compared. Pure: no I/O, no allocation. */
#include <arpa/inet.h>
#include <string.h>

#include "conf/import/aws.h"

/* The bytes of a canonical address in network order; their number, 0 if it is none. */
static size_t bytes_of(const char *text, unsigned char out[16])
{
    if (inet_pton(AF_INET, text, out) == 1)
        return 4;
    return inet_pton(AF_INET6, text, out) == 1 ? 16 : 0;
}

bool address_parse(const char *text, char out[ADDRESS_LEN])
{
    unsigned char bytes[16];
    size_t n = bytes_of(text, bytes);

    return n != 0 && inet_ntop(n == 4 ? AF_INET : AF_INET6, bytes, out, ADDRESS_LEN) != NULL;
}

int address_compare(const char *a, const char *b)
{
    unsigned char x[16] = {0}, y[16] = {0};
    size_t n = bytes_of(a, x), m = bytes_of(b, y);

    return n != m ? (n > m) - (n < m) : memcmp(x, y, n);
}

bool address_same_net(const char *a, const char *b, unsigned bits)
{
    unsigned char x[16] = {0}, y[16] = {0};
    size_t n = bytes_of(a, x);

    if (n != bytes_of(b, y) || bits > n * 8)
        return false;
    for (unsigned bit = 0; bit < bits; bit++) {
        if (((x[bit / 8] ^ y[bit / 8]) & (0x80u >> (bit % 8))) != 0)
            return false;
    }
    return true;
}

bool address_is_v4(const char *a)
{
    unsigned char bytes[16];

    return bytes_of(a, bytes) == 4;
}
