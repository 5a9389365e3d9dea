/*
 * Semantics: landlock(7), Documentation/userspace-api/landlock.rst.
 *
 * The kernel's header may be older than the kernel (Debian 12's knows version 2), so what it may miss is defined here.
 */
#include "instance/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "instance/confine.h"

#define CREATE_RULESET_VERSION 1u
#define RULE_PATH_BENEATH      1

/* LANDLOCK_ACCESS_FS_* */
#define EXECUTE    (1ull << 0)
#define WRITE_FILE (1ull << 1)
#define READ_FILE  (1ull << 2)
#define READ_DIR   (1ull << 3)
#define REFER      (1ull << 13) /* version 2 */
#define TRUNCATE   (1ull << 14) /* version 3 */
#define IOCTL_DEV  (1ull << 15) /* version 5 */

#define VERSION_1 (REFER - 1)
#define READING   (EXECUTE | READ_FILE | READ_DIR | IOCTL_DEV)
#define OF_FILES  (EXECUTE | READ_FILE | WRITE_FILE | TRUNCATE | IOCTL_DEV)

/* LANDLOCK_SCOPE_*: version 6 */
#define SCOPE_ABSTRACT_UNIX_SOCKET (1ull << 0)
#define SCOPE_SIGNAL               (1ull << 1)

enum { WITH_TRUNCATE = 3, WITH_NETWORK = 4, WITH_IOCTL = 5, WITH_SCOPES = 6 };

struct ruleset {
    uint64_t files;
    uint64_t network;
    uint64_t scoped;
};

struct __attribute__((packed)) path_beneath {
    uint64_t allowed;
    int32_t parent;
};

int landlock_version(void)
{
    long r = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_RULESET_VERSION);
    return r < 0 ? 0 : (int)r;
}

static uint64_t known_rights(int version)
{
    uint64_t rights = VERSION_1 | REFER;
    rights |= version >= WITH_TRUNCATE ? TRUNCATE : 0;
    return rights | (version >= WITH_IOCTL ? IOCTL_DEV : 0);
}

/* An older kernel takes a shorter structure (the length is the version's), or a longer one whose rest is 0. */
static int create(int version)
{
    struct ruleset r = {.files = known_rights(version)};
    size_t size = offsetof(struct ruleset, network);
    if (version >= WITH_SCOPES) {
        r.scoped = SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL;
        size = sizeof r;
    }
    int fd = (int)syscall(SYS_landlock_create_ruleset, &r, size, 0);
    return fd >= 0 ? fd : -errno;
}

static int allow(int ruleset, int fd, uint64_t rights)
{
    struct stat st;
    if (fstat(fd, &st) != 0) {
        return -errno;
    }
    struct path_beneath rule = {S_ISDIR(st.st_mode) ? rights : rights & OF_FILES, fd};
    long r = syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0);
    return r == 0 ? 0 : -errno;
}

/* What is mounted read-only is not written to, but for devices, of which that keeps the node alone. */
static uint64_t rights_of(int fd, bool read_only, uint64_t rights)
{
    struct stat st;
    bool device = fstat(fd, &st) == 0 && (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode));
    return read_only && !device ? rights & READING : rights;
}

/* A mount point that another mount hides, or that is gone, needs no rule. */
static int allow_mount(int ruleset, const char *path, bool read_only, uint64_t rights)
{
    int fd = open(path, O_PATH | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return errno == ENOMEM || errno == EMFILE || errno == ENFILE ? -errno : 0;
    }
    int r = allow(ruleset, fd, rights_of(fd, read_only, rights));
    close(fd);
    return r;
}

/* The kernel writes space, tab, newline and backslash as \ and three octal digits (proc_pid_mountinfo(5)). */
static void unescape(char *s)
{
    char *to = s;
    for (; *s != '\0'; s++, to++) {
        if (s[0] == '\\' && s[1] != '\0' && s[2] != '\0' && s[3] != '\0') {
            *to = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
            s += 3;
        } else {
            *to = *s;
        }
    }
    *to = '\0';
}

/* A line's mount point and whether it is read-only. Both are in the line. Returns false where it is none. */
static bool take_line(char *line, char **point, bool *read_only)
{
    enum { POINT = 4, OPTIONS = 5 }; /* before them: id, parent, device, root */
    char *rest = NULL;
    char *field = strtok_r(line, " ", &rest);
    for (int i = 0; field != NULL && i < POINT; i++) {
        field = strtok_r(NULL, " ", &rest);
    }
    *point = field;
    char *options = field != NULL ? strtok_r(NULL, " ", &rest) : NULL;
    if (options == NULL) {
        return false;
    }
    unescape(*point);
    *read_only = strncmp(options, "ro", 2) == 0 && (options[2] == ',' || options[2] == '\0');
    return true;
}

/*
 * Rights add up on the way from a file to the root: so a read-only mount inside of a root that is written has the
 * root's, and only the mount is what keeps it from being written. Then the root's rule is all there need be, and the fewer
 * there are the faster the kernel has looked: at each open, for each directory on the way. The other way round works: of a
 * read-only root, what is mounted to be written gets its rights.
 */
static int allow_mounts(int ruleset, uint64_t rights)
{
    struct statvfs root;
    if (statvfs("/", &root) == 0 && (root.f_flag & ST_RDONLY) == 0) {
        return allow_mount(ruleset, "/", false, rights);
    }
    FILE *mounts = fopen("/proc/self/mountinfo", "re");
    char *line = NULL;
    size_t size = 0;
    int r = mounts != NULL ? 0 : -errno;
    while (r == 0 && getline(&line, &size, mounts) > 0) {
        char *point;
        bool read_only;
        if (take_line(line, &point, &read_only)) {
            r = allow_mount(ruleset, point, read_only, rights);
        }
    }
    free(line);
    if (mounts != NULL) {
        fclose(mounts);
    }
    return r;
}

static int restrict_self(int ruleset, const char **what)
{
    *what = "Landlock";
    return syscall(SYS_landlock_restrict_self, ruleset, 0) == 0 ? 0 : -errno;
}

int landlock_places(const struct landlock_place *places, size_t count, const char **what)
{
    int version = landlock_version();
    uint64_t all = known_rights(version);
    const uint64_t rights[] = {[LANDLOCK_READ] = all & READING,
                               [LANDLOCK_WRITE] = all,
                               [LANDLOCK_LOOK] = READ_FILE | READ_DIR,
                               [LANDLOCK_RUN] = READ_FILE | EXECUTE};
    *what = "Landlock's rules";
    int ruleset = create(version);
    int r = ruleset < 0 ? ruleset : 0;
    for (size_t i = 0; r == 0 && i < count; i++) {
        r = allow(ruleset, places[i].fd, rights[places[i].use]);
    }
    r = r == 0 ? restrict_self(ruleset, what) : r;
    if (ruleset >= 0) {
        close(ruleset);
    }
    return r;
}

int landlock_world(int engine, const char **what)
{
    int version = landlock_version();
    *what = "Landlock's rules";
    int ruleset = create(version);
    if (ruleset < 0) {
        return ruleset;
    }
    int r = allow_mounts(ruleset, known_rights(version));
    if (r == 0 && engine >= 0) {
        r = allow(ruleset, engine, EXECUTE | READ_FILE);
    }
    r = r == 0 ? restrict_self(ruleset, what) : r;
    close(ruleset);
    return r;
}
