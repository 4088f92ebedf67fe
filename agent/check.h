/* The subjects of `cgwha check`, one file each. Each asks the daemon or the kernel that runs, is
 * bounded in time, changes nothing, and adds what it finds; what cannot be asked is a finding. */
#ifndef CGWHA_AGENT_CHECK_H
#define CGWHA_AGENT_CHECK_H

#include "agent/check_finding.h"
#include "conf/conf.h"

#define CHECK_WAIT_MS     5000 /* for each answer of a daemon */
#define CHECK_ADDRESS_LEN 64

void check_host(struct findings *list, const struct conf *conf);
void check_ipsec(struct findings *list, const struct conf *conf);
/* source: set to each tunnel's own address in its BGP session, empty if it is not known. */
void check_router(struct findings *list, const struct conf *conf,
                  char source[TUNNELS_MAX][CHECK_ADDRESS_LEN]);
void check_kernel(struct findings *list, const struct conf *conf,
                  char source[TUNNELS_MAX][CHECK_ADDRESS_LEN]);
void check_corosync(struct findings *list, const struct conf *conf);
/* server: name of the agent's IPC. node: set to this host's name in the pair, if the agent says. */
void check_pair(struct findings *list, const char *server, char node[NAME_MAX_LEN]);

/* A Unix stream socket, connected, with reads and writes bounded by CHECK_WAIT_MS each; -1 with
 * err. */
int check_connect(const char *path, char err[ERR_MAX]);

#endif
