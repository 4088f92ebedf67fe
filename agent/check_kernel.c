/* What the kernel of this host does with packets that pass. */
#include <arpa/inet.h>
#include <dirent.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "agent/check.h"

#define MTU_MOST 1446 /* AWS: 1500 less ESP in tunnel mode with AES-GCM */
#define CONF_4   "/proc/sys/net/ipv4/conf"

/* A number in a file of /proc/sys; -1 if there is none. */
static long number_in(const char *path)
{
    char text[32] = "";
    FILE *f = fopen(path, "re");

    if (f == NULL)
        return -1;
    if (fgets(text, sizeof(text), f) == NULL)
        text[0] = '\0';
    fclose(f);
    return text[0] != '\0' ? strtol(text, NULL, 10) : -1;
}

/* Of the shared prefixes: 1 for IPv4, 2 for IPv6, or both. */
static unsigned families_of(const struct conf *conf)
{
    unsigned families = 0;

    for (unsigned p = 0; p < conf->router.prefixes.count; p++)
        families |= conf->router.prefixes.item[p].family == 4 ? 1u : 2u;
    return families;
}

static void check_forwarding(struct findings *list, const struct conf *conf)
{
    unsigned families = families_of(conf);

    if ((families & 1u) && number_in("/proc/sys/net/ipv4/ip_forward") == 0)
        found(list, FINDING_FORWARDING, "", "net.ipv4.ip_forward is 0");
    if ((families & 2u) && number_in("/proc/sys/net/ipv6/conf/all/forwarding") == 0)
        found(list, FINDING_FORWARDING, "", "net.ipv6.conf.all.forwarding is 0");
}

/* IPv6 has no such thing. For each device the larger of its own number and that of `all` counts:
 * ip-sysctl. */
static void check_rp_filter(struct findings *list)
{
    long all = number_in(CONF_4 "/all/rp_filter");
    char path[512], strict[ERR_MAX] = "";
    struct dirent *d;
    DIR *dir = opendir(CONF_4);

    while (dir != NULL && (d = readdir(dir)) != NULL) {
        long own;
        snprintf(path, sizeof(path), "%s/%.200s/rp_filter", CONF_4, d->d_name);
        own = number_in(path);
        if (own < 0 || d->d_name[0] == '.' || strcmp(d->d_name, "all") == 0 ||
            strcmp(d->d_name, "default") == 0 || strcmp(d->d_name, "lo") == 0)
            continue;
        if ((own > all ? own : all) != 1)
            continue;
        if (strict[0] != '\0')
            strlcat(strict, ", ", sizeof(strict));
        strlcat(strict, d->d_name, sizeof(strict));
    }
    if (dir != NULL)
        closedir(dir);
    if (strict[0] != '\0')
        found(list, FINDING_RP_FILTER, "", "the reverse path filter is strict on %.180s", strict);
}

/* The device that has this address; false if none has. */
static bool device_of(const char *address, char out[IF_NAMESIZE])
{
    struct ifaddrs *all = NULL;
    char text[CHECK_ADDRESS_LEN];

    out[0] = '\0';
    if (address[0] == '\0' || getifaddrs(&all) != 0)
        return false;
    for (struct ifaddrs *i = all; i != NULL && out[0] == '\0'; i = i->ifa_next) {
        if (i->ifa_addr == NULL ||
            (i->ifa_addr->sa_family != AF_INET && i->ifa_addr->sa_family != AF_INET6))
            continue;
        size_t size = i->ifa_addr->sa_family == AF_INET ? sizeof(struct sockaddr_in)
                                                        : sizeof(struct sockaddr_in6);
        if (getnameinfo(i->ifa_addr, (socklen_t)size, text, sizeof(text), NULL, 0,
                        NI_NUMERICHOST) == 0 &&
            strncmp(text, address, strlen(address)) == 0 &&
            (text[strlen(address)] == '\0' || text[strlen(address)] == '%'))
            strlcpy(out, i->ifa_name, IF_NAMESIZE);
    }
    freeifaddrs(all);
    return out[0] != '\0';
}

static int mtu_of(const char *device)
{
    struct ifreq request = {.ifr_mtu = 0};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc = -1;

    strlcpy(request.ifr_name, device, sizeof(request.ifr_name));
    if (fd >= 0) {
        rc = ioctl(fd, SIOCGIFMTU, &request);
        close(fd);
    }
    return rc == 0 ? request.ifr_mtu : -1;
}

static void check_mtu(struct findings *list, const struct conf *conf,
                      char source[TUNNELS_MAX][CHECK_ADDRESS_LEN])
{
    for (unsigned t = 0; t < conf->tunnels; t++) {
        char device[IF_NAMESIZE];
        if (device_of(source[t], device) && mtu_of(device) > MTU_MOST)
            found(list, FINDING_MTU, conf->tunnel_name[t], "the MTU of its device %s is %d", device,
                  mtu_of(device));
    }
}

/* Whether some rule clamps. There is no short way to ask the kernel: its own tools print it. */
static bool clamps(const char *command, const char *words)
{
    FILE *f = popen(command, "re");
    char line[1024];
    bool yes = false;

    if (f == NULL)
        return false;
    while (fgets(line, sizeof(line), f) != NULL)
        yes = yes || strstr(line, words) != NULL;
    pclose(f);
    return yes;
}

void check_kernel(struct findings *list, const struct conf *conf,
                  char source[TUNNELS_MAX][CHECK_ADDRESS_LEN])
{
    check_forwarding(list, conf);
    if (families_of(conf) & 1u)
        check_rp_filter(list);
    check_mtu(list, conf, source);
    if (!clamps("nft list ruleset 2>/dev/null", "maxseg size set") &&
        !clamps("iptables-save -t mangle 2>/dev/null", "TCPMSS"))
        found(list, FINDING_MSS, "", "no rule of this host clamps TCP's segment size");
}
