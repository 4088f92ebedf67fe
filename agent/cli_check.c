/* check: what is wrong with this host and the pair. */
#include "agent/cli_check.h"

#include <stdlib.h>
#include <unistd.h>

#include "agent/check.h"

#define CONF_FILE CGWHA_SYSCONFDIR "/cgwha/cgwha.conf"

static void check_all(struct findings *list, const char *conf_file, const char *server,
                      char node[NAME_MAX_LEN])
{
    struct conf *conf = calloc(1, sizeof(*conf));
    char source[TUNNELS_MAX][CHECK_ADDRESS_LEN] = {""};
    char err[ERR_MAX] = "no memory";

    if (conf == NULL || !conf_read(conf_file, conf, err)) {
        found(list, FINDING_CONFIG_BAD, "", "%.250s", err);
    } else {
        check_host(list, conf);
        check_ipsec(list, conf);
        check_router(list, conf, source);
        check_kernel(list, conf, source);
        check_corosync(list, conf);
    }
    check_pair(list, server, node);
    free(conf);
}

static enum exit_code code_of(enum severity worst)
{
    switch (worst) {
    case SEVERITY_FAULT:
        return EXIT_FAULT;
    case SEVERITY_WARNING:
        return EXIT_WARNING;
    default:
        return EXIT_DONE;
    }
}

enum exit_code check_run(const struct args *args, const char *server, const struct look *out,
                         const struct look *err)
{
    struct findings *list = calloc(1, sizeof(*list));
    char node[NAME_MAX_LEN] = "";
    enum exit_code code = EXIT_ERROR;

    if (geteuid() != 0 || list == NULL) {
        look_put(err, PAINT_PLAIN, "cgwha: check asks the daemons themselves: only root may.\n",
                 UINT32_MAX);
        free(list);
        return EXIT_ERROR;
    }
    gethostname(node, sizeof(node) - 1);
    check_all(list, args->file[0] != '\0' ? args->file : CONF_FILE, server, node);
    if (args->json)
        findings_json(out->out, list, node);
    else
        findings_print(out, list, node);
    code = code_of(findings_worst(list));
    free(list);
    return code;
}
