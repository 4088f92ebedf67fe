/* The command line of cgwha import, read and checked. Pure, but for getopt's own state. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/cli_import.h"
#include "conf/value.h"

#define TOKEN_MS 500 /* as in the sample, with its reasons */

enum {
    GOT_OUTPUT = 256,
    GOT_CONNECTION,
    GOT_NAME,
    GOT_PREFIX,
    GOT_CLOUD_PREFIX,
    GOT_INTERFACE,
    GOT_LAN,
    GOT_ROUTER,
    GOT_BGP,
    GOT_RING,
    GOT_LOCAL,
    GOT_VTI,
    GOT_CIPHERS,
    GOT_TOKEN
};

static const struct option options[] = {
    {"output", required_argument, NULL, GOT_OUTPUT},
    {"connection", required_argument, NULL, GOT_CONNECTION},
    {"name", required_argument, NULL, GOT_NAME},
    {"prefix", required_argument, NULL, GOT_PREFIX},
    {"cloud-prefix", required_argument, NULL, GOT_CLOUD_PREFIX},
    {"lan-interface", required_argument, NULL, GOT_INTERFACE},
    {"lan-address", required_argument, NULL, GOT_LAN},
    {"lan-router", required_argument, NULL, GOT_ROUTER},
    {"router", required_argument, NULL, GOT_BGP},
    {"ring", required_argument, NULL, GOT_RING},
    {"local-address", required_argument, NULL, GOT_LOCAL},
    {"vti", no_argument, NULL, GOT_VTI},
    {"file-ciphers", no_argument, NULL, GOT_CIPHERS},
    {"token", required_argument, NULL, GOT_TOKEN},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* ---- values ---- */

/* "A,B": the first gateway's address and the second's. */
static bool take_pair(const char *option, const char *from, char out[PAIR][ADDRESS_LEN],
                      char err[ERR_MAX])
{
    char text[2 * ADDRESS_LEN], *comma;

    if (strlcpy(text, from, sizeof(text)) < sizeof(text) && (comma = strchr(text, ',')) != NULL) {
        *comma = '\0';
        if (address_parse(text, out[0]) && address_parse(comma + 1, out[1]) &&
            strcmp(out[0], out[1]) != 0)
            return true;
    }
    snprintf(err, ERR_MAX,
             "--%s takes two different addresses, the first gateway's and the second's, as "
             "10.20.0.1,10.20.0.2, not \"%.60s\"",
             option, from);
    return false;
}

/* A gateway's name is a directory's too. */
static bool take_name(const char *from, struct wish *out, char err[ERR_MAX])
{
    char why[ERR_MAX];

    if (out->names == PAIR) {
        snprintf(err, ERR_MAX, "--name is given more than twice; there are two gateways");
        return false;
    }
    if (!value_is_name(from, why) || from[0] == '.' || from[0] == '-' ||
        strcmp(from, "README") == 0) {
        snprintf(err, ERR_MAX,
                 "--name takes 1 to %d letters, digits, \"_\", \".\" and \"-\", the first a letter "
                 "or digit, not \"%.60s\"",
                 NAME_MAX_LEN - 1, from);
        return false;
    }
    strlcpy(out->name[out->names++], from, NAME_MAX_LEN);
    return true;
}

static bool take_prefix(const char *option, const char *from, struct prefix_list *out,
                        char err[ERR_MAX])
{
    struct prefix prefix;
    char why[ERR_MAX];

    if (!prefix_parse(from, &prefix, why) || !prefix_list_add(out, &prefix, why)) {
        snprintf(err, ERR_MAX, "--%s: %.200s", option, why);
        return false;
    }
    if (prefix.len > 0)
        return true;
    snprintf(err, ERR_MAX,
             "--%s: %.60s: the default route would send the tunnels' packets into the tunnels",
             option, from);
    return false;
}

/* What a Linux interface may be called, and no quotes. */
static bool take_interface(const char *from, struct wish *out, char err[ERR_MAX])
{
    static const char good[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:@-";

    if (from[0] != '\0' && from[strspn(from, good)] == '\0' &&
        strlcpy(out->lan_interface, from, INTERFACE_LEN) < INTERFACE_LEN)
        return true;
    snprintf(err, ERR_MAX,
             "--lan-interface takes an interface's name of up to %d characters, not "
             "\"%.60s\"",
             INTERFACE_LEN - 1, from);
    return false;
}

/* "10.20.0.10,65010" */
static bool take_router(const char *from, struct wish *out, char err[ERR_MAX])
{
    const char *wrong = "";
    char text[ADDRESS_LEN + 16], *comma;

    if (strlcpy(text, from, sizeof(text)) < sizeof(text) && (comma = strchr(text, ',')) != NULL) {
        *comma = '\0';
        if (strspn(comma + 1, "0123456789") == strlen(comma + 1))
            out->router_asn = (uint32_t)strtonum(comma + 1, 1, UINT32_MAX - 1, &wrong);
        if (wrong == NULL && address_parse(text, out->router))
            return true;
    }
    snprintf(err, ERR_MAX,
             "--lan-router takes the router's address and its AS number, as 10.20.0.10,65010, not "
             "\"%.60s\"",
             from);
    return false;
}

static bool take_bgp(const char *from, struct wish *out, char err[ERR_MAX])
{
    out->bgp = strcmp(from, "frr") == 0 ? BGP_FRR : BGP_BIRD;
    if (out->bgp == BGP_FRR || strcmp(from, "bird") == 0)
        return true;
    snprintf(err, ERR_MAX, "--router takes bird or frr, not \"%.60s\"", from);
    return false;
}

static bool take_token(const char *from, struct wish *out, char err[ERR_MAX])
{
    const char *wrong;

    out->token_ms = (uint32_t)strtonum(from, 100, 30000, &wrong);
    if (wrong != NULL)
        snprintf(err, ERR_MAX, "--token takes milliseconds, 100 to 30000, not \"%.60s\"", from);
    return wrong == NULL;
}

static bool take_connection(const char *from, struct wish *out, char err[ERR_MAX])
{
    if (out->connections < PAIR &&
        strlcpy(out->connection[out->connections], from, AWS_ID_LEN) < AWS_ID_LEN) {
        out->connections++;
        return true;
    }
    snprintf(err, ERR_MAX,
             "--connection takes an id such as vpn-0123456789abcdef0, twice, not \"%.60s\"", from);
    return false;
}

static bool take_ring(const char *from, struct wish *out, char err[ERR_MAX])
{
    if (out->rings < RINGS_MAX)
        return take_pair("ring", from, out->ring[out->rings++], err);
    snprintf(err, ERR_MAX, "--ring is given more than %d times", RINGS_MAX);
    return false;
}

static bool take_lan(const char *from, struct wish *out, char err[ERR_MAX])
{
    if (!take_pair("lan-address", from, out->lan, err))
        return false;
    if (address_is_v4(out->lan[0]) == address_is_v4(out->lan[1]))
        return true;
    snprintf(err, ERR_MAX, "--lan-address: one is IPv4 and the other IPv6");
    return false;
}

static bool take_option(int got, struct wish *out, char err[ERR_MAX])
{
    switch (got) {
    case GOT_OUTPUT:
        out->output = optarg;
        return true;
    case GOT_CONNECTION:
        return take_connection(optarg, out, err);
    case GOT_NAME:
        return take_name(optarg, out, err);
    case GOT_PREFIX:
        return take_prefix("prefix", optarg, &out->shared, err);
    case GOT_CLOUD_PREFIX:
        return take_prefix("cloud-prefix", optarg, &out->cloud, err);
    case GOT_INTERFACE:
        return take_interface(optarg, out, err);
    case GOT_LAN:
        return take_lan(optarg, out, err);
    case GOT_ROUTER:
        return take_router(optarg, out, err);
    case GOT_BGP:
        return take_bgp(optarg, out, err);
    case GOT_RING:
        return take_ring(optarg, out, err);
    case GOT_LOCAL:
        return take_pair("local-address", optarg, out->local, err);
    case GOT_TOKEN:
        return take_token(optarg, out, err);
    case GOT_VTI:
        out->device = DEVICE_VTI;
        return true;
    default:
        out->file_ciphers = true;
        return true;
    }
}

/* ---- the line ---- */

static bool take_options(int argc, char **argv, struct wish *out, bool *help, char err[ERR_MAX])
{
    int got;

    optind = 0; /* begin anew */
    opterr = 0;
    while ((got = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
        if (got == 'h') {
            *help = true;
            return true;
        }
        if (got == ':' || got == '?') {
            snprintf(err, ERR_MAX,
                     got == ':' ? "%.60s needs a value"
                                : "import has no option %.60s; see cgwha import --help",
                     argv[optind - 1]);
            return false;
        }
        if (!take_option(got, out, err))
            return false;
    }
    return true;
}

/* The provider, then files. */
static bool take_rest(int argc, char **argv, struct wish *out, char err[ERR_MAX])
{
    if (optind == argc || strcmp(argv[optind], "aws") != 0) {
        snprintf(err, ERR_MAX,
                 "say whose files they are: cgwha import aws FILE...; aws is the one that "
                 "is known");
        return false;
    }
    while (++optind < argc) {
        if (out->files == FILES_GIVEN_MAX) {
            snprintf(err, ERR_MAX, "there are more than %d files", FILES_GIVEN_MAX);
            return false;
        }
        out->file[out->files++] = argv[optind];
    }
    if (out->files == 0) {
        snprintf(err, ERR_MAX,
                 "name the file, or the two files, that AWS gave; see cgwha import --help");
        return false;
    }
    if (out->output == NULL || out->output[0] == '\0') {
        snprintf(err, ERR_MAX, "--output DIR is missing: where the files shall be written");
        return false;
    }
    return true;
}

bool import_parse(int argc, char **argv, struct wish *out, bool *help, char err[ERR_MAX])
{
    memset(out, 0, sizeof(*out));
    out->token_ms = TOKEN_MS;
    *help = false;
    return take_options(argc, argv, out, help, err) && (*help || take_rest(argc, argv, out, err));
}
