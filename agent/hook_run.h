/* The process that runs the hooks: it has the events handed to it by agent/hooks.c over a socket.
 *
 * It calls the programs one at a time, each bounded in time, and says which it does not trust.  It
 * outlives the agent only for as long as it takes to end the hook that runs. */
#ifndef CGWHA_AGENT_HOOK_RUN_H
#define CGWHA_AGENT_HOOK_RUN_H

#define HOOK_RUN_NAME "cgwhad-hooks" /* argv[0], by which main() knows that it is to be this */
#define HOOK_RUN_FD   3              /* the socket, of type SOCK_SEQPACKET */
#define HOOK_RUN_DONE "D"            /* said by it: the event is done, the next may come */
/* What else it says is 'W' and a sentence for the log. */

#define HOOKS_MAX     32   /* programs in the directory; the others are named in the log */
#define HOOK_TERM_MS  1000 /* between SIGTERM and SIGKILL */
#define HOOK_LINE_MAX 200  /* of what a hook that failed has printed last */

/* argv: HOOK_RUN_NAME, the directory, the limit in milliseconds. Returns the exit status. */
int hook_run_main(int argc, char **argv);

#endif
