#include "cli/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/message.h"
#include "instance/remove.h"
#include "loader/sysroots.h"

static const char new_prefix[] = ".new.";
static const char old_prefix[] = ".old.";

enum { OPEN_FOLDER = O_RDONLY | O_DIRECTORY | O_CLOEXEC };

/* Makes a directory, and those above it. Returns 0 or an errno. */
static int make_folders(char *path, mode_t mode)
{
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int error = mkdir(path, 0755) != 0 ? errno : 0;
        *slash = '/';
        if (error != 0 && error != EEXIST) {
            return error;
        }
    }
    return mkdir(path, mode) != 0 && errno != EEXIST ? errno : 0;
}

int store_open_folder(struct store *out, const char *what, mode_t mode)
{
    int error = make_folders(out->path, mode);
    out->what = what;
    out->remove = out->remove != NULL ? out->remove : remove_tree;
    out->fd = error == 0 ? open(out->path, OPEN_FOLDER) : -1;
    if (out->fd < 0) {
        return fail(EXIT_DRAGOMAN, "%s: %s (set XDG_DATA_HOME to a directory that can be written)", out->path,
                    strerror(error != 0 ? error : errno));
    }
    return 0;
}

int store_open(const struct settings *settings, struct store *out)
{
    *out = (struct store){.fd = -1};
    if (!sysroot_folder(settings->sysroots, 0, out->path, sizeof out->path)) {
        return fail(EXIT_DRAGOMAN, "sysroot: no home directory to keep them in (set HOME or XDG_DATA_HOME)");
    }
    return store_open_folder(out, "sysroot", 0755);
}

void store_close(struct store *store)
{
    close(store->fd);
}

int store_begin(struct store *store, struct store_work *out)
{
    char path[PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/%sXXXXXX", store->path, new_prefix);
    /* The folder's own lock: nobody may take the new directory for one that was left, before it is locked. */
    flock(store->fd, LOCK_EX);
    out->fd = mkdtemp(path) != NULL ? open(path, O_RDONLY | O_DIRECTORY) : -1;
    int error = errno;
    if (out->fd >= 0) {
        flock(out->fd, LOCK_EX);
    }
    flock(store->fd, LOCK_UN);
    snprintf(out->name, sizeof out->name, "%s", strrchr(path, '/') + 1);
    return out->fd >= 0 ? 0 : fail(EXIT_DRAGOMAN, "%s: %s (is it yours to write?)", store->path, strerror(error));
}

void store_end(struct store *store, struct store_work *work)
{
    store->remove(store->fd, work->name);
    close(work->fd);
}

int store_hide(struct store *store, const char *name, char hidden[32])
{
    uint64_t number = 0;
    (void)getrandom(&number, sizeof number, 0); /* not the process's: an old one of that number may have left some */
    snprintf(hidden, 32, "%s%016" PRIx64, old_prefix, number);
    int fd = openat(store->fd, name, OPEN_FOLDER | O_NOFOLLOW);
    if (fd < 0) {
        return -errno;
    }
    /* The lock is not for whoever has the directory in use: that is the caller's to look after. */
    int error = renameat(store->fd, name, store->fd, hidden) != 0 ? -errno : 0;
    close(fd);
    return error;
}

int store_remove(struct store *store, const char *name)
{
    struct stat st;
    char hidden[32];
    if (fstatat(store->fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        return fail(EXIT_DRAGOMAN, "%s: no such %s in %s (`dragoman %s list` tells what there is)", name, store->what,
                    store->path, store->what);
    }
    if (!S_ISDIR(st.st_mode)) {
        return unlinkat(store->fd, name, 0) == 0
                   ? 0
                   : fail(EXIT_DRAGOMAN, "%s/%s: %s (is it yours?)", store->path, name, strerror(errno));
    }
    flock(store->fd, LOCK_EX);
    int fd = openat(store->fd, name, OPEN_FOLDER | O_NOFOLLOW);
    int error = fd < 0 || flock(fd, LOCK_EX) != 0 ? errno : -store_hide(store, name, hidden);
    flock(store->fd, LOCK_UN);
    if (error == 0) {
        error = -store->remove(store->fd, hidden);
    }
    if (fd >= 0) {
        close(fd);
    }
    return error == 0 ? 0 : fail(EXIT_DRAGOMAN, "%s/%s: %s (is all of it yours?)", store->path, name, strerror(error));
}

static bool is_left_over(const char *name)
{
    return strncmp(name, new_prefix, strlen(new_prefix)) == 0 || strncmp(name, old_prefix, strlen(old_prefix)) == 0;
}

/* The first directory that nobody works in, locked: its descriptor and name; -1: none. */
static int find_left_over(int folder, char name[NAME_MAX + 1])
{
    int copy = openat(folder, ".", OPEN_FOLDER);
    DIR *dir = copy >= 0 ? fdopendir(copy) : NULL;
    int found = -1;
    flock(folder, LOCK_EX);
    for (struct dirent *entry = dir != NULL ? readdir(dir) : NULL; entry != NULL && found < 0; entry = readdir(dir)) {
        if (!is_left_over(entry->d_name)) {
            continue;
        }
        found = openat(folder, entry->d_name, OPEN_FOLDER | O_NOFOLLOW);
        if (found >= 0 && flock(found, LOCK_EX | LOCK_NB) != 0) {
            close(found);
            found = -1;
        }
        snprintf(name, NAME_MAX + 1, "%s", entry->d_name);
    }
    flock(folder, LOCK_UN);
    if (dir != NULL) {
        closedir(dir);
    }
    return found;
}

void store_reap(struct store *store)
{
    char name[NAME_MAX + 1];
    bool removed = true;
    while (removed) {
        int fd = find_left_over(store->fd, name);
        removed = fd >= 0 && store->remove(store->fd, name) == 0;
        if (fd >= 0) {
            close(fd);
        }
    }
}

void store_reap_sysroots(const struct settings *settings)
{
    struct store store = {.fd = -1, .what = "sysroot", .remove = remove_tree};
    if (sysroot_folder(settings->sysroots, 0, store.path, sizeof store.path)) {
        store.fd = open(store.path, OPEN_FOLDER);
    }
    if (store.fd >= 0) {
        store_reap(&store);
        close(store.fd);
    }
}
