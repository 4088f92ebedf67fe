/* The files that AWS gives: which connections are in them.
 *
 * A file is the XML of one connection, or JSON that holds the XML of some: what `aws ec2
 * describe-vpn-connections` says, whole or cut out with --query. Pure: bytes in, structs out. */
#ifndef CGWHA_CONF_IMPORT_SOURCE_H
#define CGWHA_CONF_IMPORT_SOURCE_H

#include "conf/import/aws.h"

#define SOURCE_MAX      (4 * 1024 * 1024)        /* bytes of one file: some hundred connections */
#define SOURCE_ERR      (PATH_LEN + ERR_MAX + 8) /* "FILE: " and why */
#define CONNECTIONS_MAX 256

/* A connection, and where it was found. */
struct source {
    const char *file; /* the name it was read by; not owned */
    struct aws_connection connection;
    char wrong[ERR_MAX]; /* not empty: why it cannot be used */
};

struct sources {
    unsigned count;
    struct source *item; /* owned */
};

/* Adds what `bytes` hold to `into`. A connection that cannot be read is added with the reason, if
 * its id could be read: maybe nobody wants it. False with "FILE: ..." in err if there is nothing at
 * all to be read. */
bool source_read(const char *file, const char *bytes, size_t size, struct sources *into,
                 char err[SOURCE_ERR]);
/* Clears the keys and frees. */
void sources_free(struct sources *sources);

#endif
