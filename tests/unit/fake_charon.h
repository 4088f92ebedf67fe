/* A charon for tests, on the loop of the test itself: it speaks VICI at a Unix socket, keeps a
 * list of SAs that the test edits, notes what it is asked, and misbehaves on demand. */
#ifndef CGWHA_TESTS_FAKE_CHARON_H
#define CGWHA_TESTS_FAKE_CHARON_H

#include <qb/qbloop.h>
#include <stdbool.h>
#include <stdint.h>

#include "agent/limits.h"
#include "ipsec/vici.h"

#define FAKE_SAS   16
#define FAKE_CONNS 16
#define FAKE_NOTES 4096

/* One IKE_SA, with at most two CHILD_SAs. */
struct fake_sa {
    const char *name; /* NULL: a free place */
    unsigned id;
    const char *state;
    int rekey;
    bool busy;        /* left out of a listing with noblock */
    const char *task; /* or NULL */
    struct {
        const char *name; /* NULL: none */
        unsigned id, spi;
        const char *state;
        unsigned packets;
        int rekey;
    } child[2];
};

struct fake_conn {
    struct fake *fake;
    int fd; /* -1: free */
    bool registered, sas_events;
    size_t in_len;
    uint8_t in[4096];
    size_t out_len, out_sent;
    uint8_t out[65536];
};

struct fake {
    qb_loop_t *loop;
    char dir[64], path[PATH_LEN];
    int fd; /* -1: not listening */
    struct fake_conn conn[FAKE_CONNS];

    unsigned next_id;
    bool configured; /* both tunnels are listed by list-conns */
    struct fake_sa sa[FAKE_SAS];

    /* Switches. */
    const char *hang;    /* this command is never answered */
    const char *die;     /* the connection is closed when this command comes */
    const char *half;    /* on this command, half of the answer is sent, then the end */
    const char *refuse;  /* this command is answered with success = no */
    const char *unknown; /* this command or event is not known */
    bool garbage;        /* list-sas is answered with bytes that are no VICI */
    bool dribble;        /* every answer goes out byte by byte */
    bool mute;           /* hangs altogether: reads nothing, answers nothing */
    bool peer_dead;      /* a DELETE stays unanswered, an initiate stays CONNECTING */
    bool lazy;           /* a rekey is accepted, and nothing comes of it */

    /* What was asked, in order: "initiate tun11;rekey ike-id=3;..." */
    char notes[FAKE_NOTES];
    unsigned listings;                                       /* list-sas answered */
    void (*on_command)(struct fake *fake, const char *name); /* before it is carried out, or NULL */
};

void fake_start(struct fake *fake, qb_loop_t *loop); /* makes the socket and listens */
void fake_listen(struct fake *fake);
void fake_deafen(struct fake *fake); /* closes everything, leaves the socket file */
void fake_stop(struct fake *fake);   /* and removes it */
void fake_unmute(struct fake *fake);

struct fake_sa *fake_add(struct fake *fake, const char *name, const char *state);
void fake_install(struct fake *fake, struct fake_sa *sa); /* gives it an INSTALLED CHILD_SA */
struct fake_sa *fake_find(struct fake *fake, const char *name);
unsigned fake_count(const struct fake *fake);
/* Raises an event about a connection on every connection registered for SA events. */
void fake_event(struct fake *fake, const char *event, const char *name);
/* How often text stands in the notes. */
unsigned fake_noted(const struct fake *fake, const char *text);

#endif
