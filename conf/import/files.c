/* The files of a site in memory. */
#include "conf/import/files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/import/write.h"

/* What a gateway gets: where, with which mode, by which writer. */
static const struct {
    const char *path;
    mode_t mode;
    write_node *write;
    enum { BOTH, BIRD_ONLY, FRR_ONLY } router;
} per_node[] = {
    {"etc/swanctl/conf.d/cgwha.conf", 0600, write_swanctl, BOTH},
    {"etc/strongswan.d/cgwha.conf", 0644, write_strongswan, BOTH},
    {"etc/bird/bird.conf", 0644, write_bird, BIRD_ONLY},
    {"etc/frr/frr.conf", 0640, write_frr, FRR_ONLY},
    {"etc/corosync/corosync.conf", 0644, write_corosync, BOTH},
    {"etc/cgwha/cgwha.conf", 0644, write_cgwha, BOTH},
    {"etc/sysctl.d/60-cgwha.conf", 0644, write_sysctl, BOTH},
    {"etc/nftables.d/cgwha.nft", 0644, write_nft, BOTH},
    {"etc/systemd/networkd.conf.d/60-cgwha.conf", 0644, write_networkd, BOTH},
};
#define PER_NODE (sizeof(per_node) / sizeof(per_node[0]))
#define AUTHKEY  "etc/corosync/authkey"

/* A file to be written to; NULL without memory. */
static FILE *begin(struct files *out, mode_t mode)
{
    struct file *file = &out->file[out->count];

    file->mode = mode;
    return open_memstream(&file->text, &file->size);
}

static bool finish(struct files *out, FILE *stream, char err[ERR_MAX])
{
    bool good = stream != NULL && ferror(stream) == 0;

    if (stream != NULL && fclose(stream) != 0)
        good = false;
    if (good)
        out->count++;
    else
        snprintf(err, ERR_MAX, "there is no memory to write the files in");
    return good;
}

static bool make_node(const struct site *site, unsigned n, struct files *out, char err[ERR_MAX])
{
    for (size_t i = 0; i < PER_NODE; i++) {
        if (per_node[i].router == (site->wish.bgp == BGP_FRR ? BIRD_ONLY : FRR_ONLY))
            continue;
        snprintf(out->file[out->count].path, FILE_PATH_LEN, "%s/%s", site->node[n].name,
                 per_node[i].path);
        FILE *stream = begin(out, per_node[i].mode);
        if (stream != NULL)
            per_node[i].write(stream, site, n);
        if (!finish(out, stream, err))
            return false;
    }
    snprintf(out->file[out->count].path, FILE_PATH_LEN, "%s/" AUTHKEY, site->node[n].name);
    FILE *stream = begin(out, 0400);
    if (stream != NULL)
        fwrite(site->cluster_key, 1, sizeof(site->cluster_key), stream);
    return finish(out, stream, err);
}

static bool make_tunnel(const struct site *site, unsigned n, unsigned t, const char *suffix,
                        write_tunnel *write, struct files *out, char err[ERR_MAX])
{
    snprintf(out->file[out->count].path, FILE_PATH_LEN, "%s/etc/systemd/network/60-%s.%s",
             site->node[n].name, site->node[n].tunnel[t].name, suffix);
    FILE *stream = begin(out, 0644);
    if (stream != NULL)
        write(stream, site, n, t);
    return finish(out, stream, err);
}

/* ---- what is left to be filled in ---- */

static const struct {
    const char *word, *option;
} open_words[] = {
    {FILL_IN_PREFIX, "--prefix"},
    {FILL_IN_INTERFACE, "--lan-interface"},
    {FILL_IN_ADDRESS, "--lan-address"},
};

/* A line for this word, if any file has it: "    WORD (OPTION)", and a line for each file. */
static void note_word(struct files *out, const char *word, const char *option)
{
    bool first = true;

    for (unsigned i = 0; i < out->count; i++) {
        const struct file *file = &out->file[i];
        char name[FILE_PATH_LEN + 8];
        if (file->mode == 0400 || strstr(file->text, word) == NULL) /* the authkey is no text */
            continue;
        if (first)
            snprintf(out->open + strlen(out->open), sizeof(out->open) - strlen(out->open),
                     "    %s%s (%s)\n", word, word[strlen(word) - 1] == '_' ? "NODE" : "", option);
        first = false;
        snprintf(name, sizeof(name), "        %s\n", file->path);
        strlcat(out->open, name, sizeof(out->open));
    }
}

bool files_make(const struct site *site, struct files *out, char err[ERR_MAX])
{
    memset(out, 0, sizeof(*out));
    for (unsigned n = 0; n < PAIR; n++) {
        if (!make_node(site, n, out, err))
            return false;
        for (unsigned t = 0; t < AWS_TUNNELS; t++) {
            if (!make_tunnel(site, n, t, "netdev", write_netdev, out, err) ||
                !make_tunnel(site, n, t, "network", write_network, out, err))
                return false;
        }
    }
    for (size_t i = 0; i < sizeof(open_words) / sizeof(open_words[0]); i++)
        note_word(out, open_words[i].word, open_words[i].option);
    strlcpy(out->file[out->count].path, "README", FILE_PATH_LEN);
    FILE *stream = begin(out, 0644);
    if (stream != NULL)
        write_readme(stream, site, out->open);
    return finish(out, stream, err);
}

void files_free(struct files *files)
{
    for (unsigned i = 0; i < FILES_MAX; i++) {
        if (files->file[i].text != NULL)
            explicit_bzero(files->file[i].text, files->file[i].size);
        free(files->file[i].text);
        files->file[i].text = NULL;
    }
    files->count = 0;
}
