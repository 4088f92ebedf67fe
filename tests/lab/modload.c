/*
 * modload DIR MODULE...: loads kernel modules, and first what they need, as DIR/modules.dep says.
 * For a node with a kernel of its own, whose modules are none of the host's and which shall boot on
 * a host without kmod. It goes on after a module that cannot be loaded, and ends with 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PATH_BYTES 4096
#define DEPS_MAX   64

/* Whether the file at `path` (as long as `len`) is that module: in names, - and _ are one. */
static int is_module(const char *path, size_t len, const char *name)
{
    const char *slash = memrchr(path, '/', len);
    const char *file = slash ? slash + 1 : path;
    size_t n = strlen(name);

    if ((size_t)(path + len - file) != n + 3 || memcmp(file + n, ".ko", 3) != 0)
        return 0;
    for (size_t i = 0; i < n; i++) {
        char a = file[i] == '-' ? '_' : file[i];
        char b = name[i] == '-' ? '_' : name[i];

        if (a != b)
            return 0;
    }
    return 1;
}

/* The line of a module in an index file, for the caller to free; NULL when it has none. */
static char *find_line(const char *dir, const char *index, const char *name)
{
    char path[PATH_BYTES];
    char *line = NULL;
    size_t room = 0;
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", dir, index);
    f = fopen(path, "re");
    if (!f)
        return NULL;
    while (getline(&line, &room, f) >= 0) {
        if (is_module(line, strcspn(line, ":\n"), name)) {
            fclose(f);
            return line;
        }
    }
    free(line);
    fclose(f);
    return NULL;
}

static int load_file(const char *dir, const char *file)
{
    char path[PATH_BYTES];
    long rc;
    int fd;

    snprintf(path, sizeof(path), "%s/%s", dir, file);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        fprintf(stderr, "modload: cannot open %s: %s\n", path, strerror(errno));
        return -1;
    }
    rc = syscall(SYS_finit_module, fd, "", 0);
    if (rc < 0 && errno != EEXIST)
        fprintf(stderr, "modload: cannot load %s: %s\n", path, strerror(errno));
    else
        rc = 0;
    close(fd);
    return (int)rc;
}

/* "module.ko: needs.ko those.ko": the last is loaded first. */
static int load_line(const char *dir, char *line)
{
    char *files[DEPS_MAX];
    size_t count = 0;
    int rc = 0;

    for (char *p = strtok(line, ": \n"); p && count < DEPS_MAX; p = strtok(NULL, ": \n"))
        files[count++] = p;
    while (count > 0 && rc == 0)
        rc = load_file(dir, files[--count]);
    return rc;
}

static int load(const char *dir, const char *name)
{
    char *line = find_line(dir, "modules.dep", name);
    int rc;

    if (!line) {
        line = find_line(dir, "modules.builtin", name);
        rc = line ? 0 : -1;
        if (rc < 0)
            fprintf(stderr, "modload: this kernel has no module %s\n", name);
    } else {
        rc = load_line(dir, line);
    }
    free(line);
    return rc;
}

int main(int argc, char **argv)
{
    int rc = 0;

    if (argc < 3) {
        fputs("usage: modload DIR MODULE...\n", stderr);
        return 2;
    }
    for (int i = 2; i < argc; i++)
        if (load(argv[1], argv[i]) < 0)
            rc = 1;
    return rc;
}
