/* Ciphers: the words of AWS's file as strongSwan's proposals, and what is used when nobody asks for
 * those of the file. Pure. */
#ifndef CGWHA_CONF_IMPORT_CIPHER_H
#define CGWHA_CONF_IMPORT_CIPHER_H

#include "conf/import/aws.h"

#define PROPOSAL_LEN 80

/* Both among what AWS accepts unless the tunnel options say otherwise: AES-256, SHA-2, groups 14
 * and 20 ("Tunnel options for your Site-to-Site VPN connection", AWS Site-to-Site VPN User Guide).
 */
#define CIPHER_IKE "aes256gcm16-prfsha384-ecp384,aes256-sha256-modp2048"
#define CIPHER_ESP "aes256gcm16-ecp384,aes256-sha256-modp2048"

/* A phase of the file as swanctl.conf(5) has it: aes128-sha1-modp1024. False with a sentence in err
 * if it has a word that is not known, or lacks one. */
bool cipher_proposal(const struct aws_phase *phase, bool ike, char out[PROPOSAL_LEN],
                     char err[ERR_MAX]);

#endif
