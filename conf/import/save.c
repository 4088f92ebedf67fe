/* Puts the files into a directory. The one part of this that writes to the disk. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/import/files.h"

static bool fail(char err[SITE_ERR], const char *dir, const char *why)
{
    snprintf(err, SITE_ERR, "%.*s: %s", PATH_LEN, dir, why);
    return false;
}

/* Whether a directory has an entry besides itself and its parent. */
static bool is_empty(DIR *entries)
{
    const struct dirent *entry;

    while ((entry = readdir(entries)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            return false;
    }
    return true;
}

bool files_may_save(const char *dir, char err[SITE_ERR])
{
    DIR *entries = opendir(dir);

    if (entries == NULL)
        return errno == ENOENT || fail(err, dir, strerror(errno));
    bool empty = is_empty(entries);
    closedir(entries);
    return empty || fail(err, dir,
                         "it is not empty, and nothing in it is overwritten; name another "
                         "directory, or remove it");
}

/* The directories of a path, below `at`. */
static bool make_parents(int at, const char *path)
{
    char part[FILE_PATH_LEN];

    strlcpy(part, path, sizeof(part));
    for (char *slash = strchr(part, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdirat(at, part, 0755) == 0) {
            if (fchmodat(at, part, 0755, 0) != 0) /* whatever the umask: daemons read there */
                return false;
        } else if (errno != EEXIST) {
            return false;
        }
        *slash = '/';
    }
    return true;
}

static bool save_one(int at, const struct file *file)
{
    if (!make_parents(at, file->path))
        return false;
    int fd = openat(at, file->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    bool good = true;
    for (size_t done = 0; good && done < file->size;) {
        ssize_t n = write(fd, file->text + done, file->size - done);
        good = n > 0 || (n < 0 && errno == EINTR);
        done += n > 0 ? (size_t)n : 0;
    }
    good = good && fchmod(fd, file->mode) == 0;
    return close(fd) == 0 && good;
}

/* Removes what was made, files first, then directories from the inside. */
static void undo(int at, const struct files *files, const char *dir)
{
    for (unsigned i = 0; i < files->count; i++) {
        char part[FILE_PATH_LEN];
        strlcpy(part, files->file[i].path, sizeof(part));
        unlinkat(at, part, 0);
    }
    for (unsigned i = 0; i < files->count; i++) {
        char part[FILE_PATH_LEN], *slash;
        strlcpy(part, files->file[i].path, sizeof(part));
        while ((slash = strrchr(part, '/')) != NULL) {
            *slash = '\0';
            unlinkat(at, part, AT_REMOVEDIR); /* the last file of it takes it away */
        }
    }
    rmdir(dir);
}

static bool save_all(const struct files *files, const char *made, const char *dir,
                     char err[SITE_ERR])
{
    int at = open(made, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = at >= 0;

    for (unsigned i = 0; good && i < files->count; i++)
        good = save_one(at, &files->file[i]);
    if (good && rename(made, dir) == 0) {
        close(at);
        return true;
    }
    fail(err, dir,
         errno == EEXIST || errno == ENOTEMPTY ? "it is not empty any more" : strerror(errno));
    if (at >= 0) {
        undo(at, files, made);
        close(at);
    }
    return false;
}

bool files_save(const struct files *files, const char *dir, char err[SITE_ERR])
{
    char made[4096], path[4096];
    size_t length = strlcpy(path, dir, sizeof(path));

    while (length > 1 && length < sizeof(path) && path[length - 1] == '/')
        path[--length] = '\0';
    if (length == 0 || (size_t)snprintf(made, sizeof(made), "%s.XXXXXX", path) >= sizeof(made))
        return fail(err, dir, "it is no name for a directory");
    if (mkdtemp(made) == NULL) /* mode 0700 */
        return fail(err, dir, strerror(errno));
    return save_all(files, made, path, err);
}
