/* Where sysroots are kept, and finding them there. */
#include "loader/sysroots.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char system_folder[] = "/usr/share/" SYSROOT_SUBFOLDER;

static bool fits(int written, size_t size)
{
    return written > 0 && (size_t)written < size;
}

bool sysroot_name_ok(const char *name)
{
    static const char allowed[] = "._+-abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    size_t length = strlen(name);

    return length > 0 && length < SYSROOT_NAME_MAX && strspn(name, allowed) == length &&
           strchr("._+-", name[0]) == NULL;
}

/* By hand: getpwuid() would load the host's modules for other sources, which a static program must not. */
static bool folder_of_passwd(char *out, size_t size)
{
    FILE *file = fopen("/etc/passwd", "re");
    struct passwd *entry;
    bool found = false;

    while (file != NULL && !found && (entry = fgetpwent(file)) != NULL)
        found = entry->pw_uid == getuid() && entry->pw_dir[0] == '/' &&
                fits(snprintf(out, size, "%s/.local/share/" SYSROOT_SUBFOLDER, entry->pw_dir), size);
    if (file != NULL)
        fclose(file);
    return found;
}

bool sysroot_user_folder(const char *data_home, const char *home, char *out, size_t size)
{
    /* Relative ones are to be ignored, says the XDG base directory specification. */
    if (data_home != NULL && data_home[0] == '/')
        return fits(snprintf(out, size, "%s/" SYSROOT_SUBFOLDER, data_home), size);
    if (home != NULL && home[0] == '/')
        return fits(snprintf(out, size, "%s/.local/share/" SYSROOT_SUBFOLDER, home), size);
    return folder_of_passwd(out, size);
}

/* PREFIX/share/dragoman/sysroots of PREFIX/bin/dragoman. */
static bool folder_of_prefix(char *out, size_t size)
{
    char exe[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
    char *slash;

    if (n <= 0)
        return false;
    exe[n] = '\0';
    slash = strrchr(exe, '/');
    if (slash == NULL || slash - exe < 4 || strncmp(slash - 4, "/bin", 4) != 0)
        return false;
    slash[-4] = '\0';
    return fits(snprintf(out, size, "%s/share/" SYSROOT_SUBFOLDER, exe), size);
}

bool sysroot_folder(const char *user_folder, unsigned i, char *out, size_t size)
{
    switch (i) {
    case 0:
        if (user_folder[0] == '\0')
            return folder_of_passwd(out, size);
        return fits(snprintf(out, size, "%s", user_folder), size);
    case 1:
        return folder_of_prefix(out, size) && strcmp(out, system_folder) != 0;
    case 2:
        return fits(snprintf(out, size, "%s", system_folder), size);
    default:
        return false;
    }
}

/* Fills the entry of `name` in a folder. Returns 0 or -errno. */
static int look_in(const char *folder, unsigned index, const char *name, struct sysroot_entry *out)
{
    char path[PATH_MAX];
    char resolved[PATH_MAX];
    struct stat st;

    if (!fits(snprintf(path, sizeof(path), "%s/%s", folder, name), sizeof(path)))
        return -ENAMETOOLONG;
    if (lstat(path, &st) != 0)
        return -errno;
    out->is_link = S_ISLNK(st.st_mode);
    if (realpath(path, resolved) == NULL || stat(resolved, &st) != 0)
        return -errno;
    if (!S_ISDIR(st.st_mode))
        return -ENOENT;
    if (!fits(snprintf(out->path, sizeof(out->path), "%s", resolved), sizeof(out->path)))
        return -ENAMETOOLONG;
    snprintf(out->name, sizeof(out->name), "%s", name);
    out->folder = index;
    return 0;
}

int sysroot_find(const char *user_folder, const char *name, struct sysroot_entry *out)
{
    int error = -ENOENT;

    for (unsigned i = 0; error == -ENOENT && sysroot_name_ok(name) && i < SYSROOT_FOLDERS; i++) {
        char folder[PATH_MAX];

        if (sysroot_folder(user_folder, i, folder, sizeof(folder)))
            error = look_in(folder, i, name, out);
        if (error == -ENOTDIR || error == -EACCES)
            error = -ENOENT;
    }
    return error;
}

static int is_name(const struct dirent *entry)
{
    return sysroot_name_ok(entry->d_name);
}

/* Does a folder before this one have the name? */
static bool is_hidden(const char *user_folder, unsigned folder, const char *name)
{
    struct sysroot_entry first;

    return sysroot_find(user_folder, name, &first) == 0 && first.folder < folder;
}

int sysroots_each(const char *user_folder, int (*each)(void *context, const struct sysroot_entry *entry), void *context)
{
    int result = 0;

    for (unsigned i = 0; result == 0 && i < SYSROOT_FOLDERS; i++) {
        char folder[PATH_MAX];
        struct dirent **names = NULL;
        int count = 0;

        if (sysroot_folder(user_folder, i, folder, sizeof(folder)))
            count = scandir(folder, &names, is_name, versionsort);
        for (int n = 0; n < count; n++) {
            struct sysroot_entry entry;

            if (result == 0 && !is_hidden(user_folder, i, names[n]->d_name) &&
                look_in(folder, i, names[n]->d_name, &entry) == 0)
                result = each(context, &entry);
            free(names[n]);
        }
        free(names);
    }
    return result;
}
