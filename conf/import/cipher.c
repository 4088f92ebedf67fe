/* The words of AWS's file as strongSwan's. Pure: tables and look-ups. */
#include "conf/import/cipher.h"

#include <stdio.h>
#include <string.h>

struct word {
    const char *aws, *swan;
};

/* Older files say aes-128, newer ones the mode too. */
static const struct word encryptions[] = {{"aes-128", "aes128"},
                                          {"aes-256", "aes256"},
                                          {"aes-128-cbc", "aes128"},
                                          {"aes-256-cbc", "aes256"},
                                          {"aes-128-gcm-16", "aes128gcm16"},
                                          {"aes-256-gcm-16", "aes256gcm16"},
                                          {NULL, NULL}};

static const struct word integrities[] = {{"sha1", "sha1"},
                                          {"sha2-256", "sha256"},
                                          {"sha2-384", "sha384"},
                                          {"sha2-512", "sha512"},
                                          {"sha256", "sha256"},
                                          {"sha384", "sha384"},
                                          {"sha512", "sha512"},
                                          {"hmac-sha1-96", "sha1"},
                                          {"hmac-sha2-256-128", "sha256"},
                                          {"hmac-sha2-384-192", "sha384"},
                                          {"hmac-sha2-512-256", "sha512"},
                                          {NULL, NULL}};

/* IANA's numbers of the Diffie-Hellman groups that AWS has. */
static const struct word groups[] = {{"group2", "modp1024"},      {"group5", "modp1536"},
                                     {"group14", "modp2048"},     {"group15", "modp3072"},
                                     {"group16", "modp4096"},     {"group17", "modp6144"},
                                     {"group18", "modp8192"},     {"group19", "ecp256"},
                                     {"group20", "ecp384"},       {"group21", "ecp521"},
                                     {"group22", "modp1024s160"}, {"group23", "modp2048s224"},
                                     {"group24", "modp2048s256"}, {NULL, NULL}};

static const char *look_up(const struct word *words, const char *what, const char *aws,
                           char err[ERR_MAX])
{
    for (; words->aws != NULL; words++) {
        if (strcasecmp(words->aws, aws) == 0)
            return words->swan;
    }
    if (aws[0] == '\0')
        snprintf(err, ERR_MAX, "the file does not say %s; leave out --file-ciphers", what);
    else
        snprintf(err, ERR_MAX, "%s \"%s\" of the file is not known here; leave out --file-ciphers",
                 what, aws);
    return NULL;
}

bool cipher_proposal(const struct aws_phase *phase, bool ike, char out[PROPOSAL_LEN],
                     char err[ERR_MAX])
{
    const char *encryption, *integrity = "", *group;

    encryption =
        look_up(encryptions, ike ? "IKE's encryption" : "ESP's encryption", phase->encryption, err);
    if (encryption == NULL)
        return false;
    bool aead = strstr(encryption, "gcm") != NULL;
    /* GCM brings its own integrity. In IKE the word names the PRF; ESP needs none. */
    if (ike || !aead)
        integrity = look_up(integrities, ike ? "IKE's integrity" : "ESP's integrity",
                            phase->integrity, err);
    if (integrity == NULL)
        return false;
    group = look_up(groups, ike ? "IKE's group" : "ESP's group", phase->group, err);
    if (group == NULL)
        return false;
    snprintf(out, PROPOSAL_LEN, "%s%s%s-%s", encryption,
             integrity[0] == '\0' ? ""
             : aead               ? "-prf"
                                  : "-",
             integrity, group);
    return true;
}
