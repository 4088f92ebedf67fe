/* The pair of gateways that is written: what the cloud's files say, and what the operator added.
 * Pure: structs in, struct out. */
#ifndef CGWHA_CONF_IMPORT_SITE_H
#define CGWHA_CONF_IMPORT_SITE_H

#include "conf/import/cipher.h"
#include "conf/import/source.h"
#include "conf/profile.h"
#include "routing/prefix.h"

#define PAIR            2
#define RINGS_MAX       2
#define FILES_GIVEN_MAX 8
#define INTERFACE_LEN   16  /* IFNAMSIZ */
#define CLUSTER_KEY     256 /* bytes of corosync's authkey; corosync-keygen makes as many */
#define SITE_ERR        (2 * SOURCE_ERR)

enum device { DEVICE_XFRM, DEVICE_VTI };
enum bgp { BGP_BIRD, BGP_FRR };

/* What the cloud's files cannot know; empty or 0: not said. An array has gw1's, then gw2's. */
struct wish {
    const char *file[FILES_GIVEN_MAX];
    unsigned files;
    char connection[PAIR][AWS_ID_LEN]; /* which two are meant, and in which order */
    unsigned connections;
    char name[PAIR][NAME_MAX_LEN]; /* of the gateways */
    unsigned names;
    struct prefix_list shared; /* what both gateways advertise to the cloud */
    struct prefix_list cloud;  /* what may be learnt from it; none: all but `shared` and default */
    char local[PAIR][ADDRESS_LEN];           /* behind NAT: their own outside addresses */
    char ring[RINGS_MAX][PAIR][ADDRESS_LEN]; /* corosync's links */
    unsigned rings;
    char lan_interface[INTERFACE_LEN];
    char lan[PAIR][ADDRESS_LEN]; /* their addresses there */
    char router[ADDRESS_LEN];    /* the site's router there */
    uint32_t router_asn;
    enum bgp bgp;
    enum device device;
    bool file_ciphers;
    uint32_t token_ms;
    const char *output;
};

struct site_tunnel {
    char name[8];    /* tun11: in swanctl.conf, bird.conf, cgwha.conf, and the interface */
    unsigned number; /* 11: if_id or mark */
    struct aws_tunnel aws;
    char ike[PROPOSAL_LEN], esp[PROPOSAL_LEN];
};

struct site_node {
    char name[NAME_MAX_LEN];
    const char *file;          /* where its connection was */
    char id[AWS_ID_LEN];       /* its connection */
    char outside[ADDRESS_LEN]; /* by which AWS knows it, and its IKE identity */
    char local[ADDRESS_LEN];   /* the same, unless NAT is between */
    struct site_tunnel tunnel[AWS_TUNNELS];
};

struct site {
    struct wish wish;
    struct site_node node[PAIR];
    unsigned family; /* 4 or 6: of everything that is routed through the tunnels */
    enum profile_id profile; /* generic: not said which gateway of AWS it is */
    uint32_t asn, cloud_asn;
    uint32_t hold_s;
    unsigned char cluster_key[CLUSTER_KEY];
};

/* Chooses the two connections and checks that they are a pair: of two customer gateways with one AS
 * number, to one cloud gateway, with addresses that do not collide. On failure returns false with a
 * sentence in err that names the files and says what to do. The cluster's key is left to the
 * caller, who also clears *out, which holds keys. */
bool site_make(const struct sources *sources, const struct wish *wish, struct site *out,
               char err[SITE_ERR]);

#endif
