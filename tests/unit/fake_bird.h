/* A BIRD of cardboard: speaks the control protocol on a Unix socket in the test's own loop, keeps
 * one running and one old configuration as BIRD does, and misbehaves on demand. */
#ifndef CGWHA_TESTS_UNIT_FAKE_BIRD_H
#define CGWHA_TESTS_UNIT_FAKE_BIRD_H

#include <qb/qbloop.h>

#include "routing/router.h"

struct fake_session {
    bool up, disabled;
    bool no_table;       /* no `export table on` */
    bool no_rs_client;   /* no `rs client` */
    bool stubborn;       /* its filter does not call our function: exports MED 200, always */
    bool other_kind;     /* it is BGP, though the configuration says ospf */
    const char *exports; /* one prefix; NULL: nothing */
};

struct fake_bird {
    qb_loop_t *loop;
    const struct router_conf *conf;
    struct fake_session session[SESSIONS_MAX];

    /* How it misbehaves. A command is named by its beginning. */
    const char *banner;       /* instead of its own */
    const char *hang_on;      /* never answers that */
    const char *cut_on;       /* answers half of it and dies */
    const char *refuse;       /* answers `configure check` so */
    const char *deny_confirm; /* answers `configure confirm` so */
    unsigned lag;             /* so many more tables still show the configuration before */
    unsigned flaps;           /* so many more times a session changes between two looks at it */
    unsigned up_after;        /* at the so manieth `show protocols all` session 1 comes up */
    size_t chunk;             /* bytes of a reply in one turn of the loop; 0: all */
    uint32_t pace_ms;         /* between two chunks */
    void (*on_command)(void *ctx, const char *line); /* before it is obeyed */
    void *ctx;

    /* What happened. */
    char log[1 << 18]; /* the commands, one a line */
    enum level running, before;
    bool unconfirmed;

    int listener, fd;
    size_t have, out_len, out_at;
    char in[4096], out[65536];
    qb_loop_timer_handle pump;
};

/* Listens on conf->socket, with every cloud session up and exporting the first shared prefix. */
void fake_start(struct fake_bird *fake, qb_loop_t *loop, const struct router_conf *conf);
/* Dies: no socket, no connection. What it runs is kept for another fake_listen(). */
void fake_die(struct fake_bird *fake);
void fake_listen(struct fake_bird *fake);
/* How often a command that begins so was given. */
unsigned fake_count(const struct fake_bird *fake, const char *command);

#endif
