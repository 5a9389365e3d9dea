/* Which sysroot a program takes; sysroots.h has the rule. */
#include "loader/error.h"
#include "loader/libraries.h"
#include "loader/sysroots.h"
#include "vfs/rooted.h"
#include "vfs/sysroot.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    OSREL_MAJOR = 100000, /* of FreeBSD's numbering, sys/sys/param.h */
    OSREL_MINOR = 1000,
};

uint64_t sysroot_misfit(uint32_t wanted, uint32_t offered)
{
    const uint64_t class = UINT64_C(1) << 32; /* whatever is of a worse class fits worse */
    uint64_t w = wanted / OSREL_MINOR;
    uint64_t o = offered / OSREL_MINOR;

    if (wanted == 0)
        return UINT32_MAX - (uint64_t)offered;
    if (wanted / OSREL_MAJOR > offered / OSREL_MAJOR)
        return UINT64_MAX;
    if (wanted / OSREL_MAJOR < offered / OSREL_MAJOR)
        return 2 * class + (o - w);
    return o >= w ? o - w : class + (w - o);
}

/* The search among all sysroots, and its best so far. */
struct choice {
    const struct elf_identity *wanted;
    const char *library; /* one that the sysroot must have; NULL: none in particular */
    uint64_t misfit;
    char path[SETTINGS_PATH_MAX];
    char older[64]; /* the name of one whose release is too old; "": none */
};

static int weigh(void *context, const struct sysroot_entry *entry)
{
    struct choice *choice = context;
    struct sysroot_facts facts;
    uint64_t misfit;

    if (sysroot_recognise(entry->path, &facts) != 0 || !sysroot_serves(&facts, choice->wanted) ||
        (choice->wanted->interp[0] != '\0' && !sysroot_has(entry->path, choice->wanted->interp)) ||
        (choice->library != NULL && !library_below(entry->path, choice->wanted, choice->library)))
        return 0;
    misfit = facts.system == ELF_SYSTEM_LINUX ? 0 : sysroot_misfit(choice->wanted->osrel, facts.osrel);
    if (misfit == UINT64_MAX)
        snprintf(choice->older, sizeof(choice->older), "%s", entry->name);
    if (misfit < choice->misfit) {
        choice->misfit = misfit;
        memcpy(choice->path, entry->path, sizeof(choice->path));
    }
    return 0;
}

static bool file_below(const char *root, const char *path, struct stat *st)
{
    int fd = sysroot_open_below(root, path, O_PATH | O_CLOEXEC);
    bool is = fd >= 0 && fstat(fd, st) == 0;

    if (fd >= 0)
        close(fd);
    return is;
}

/*
 * Whether a directory may be the root that the interpreter lies below: it has a file of that name, and the directory
 * above has not the same one. (/usr looks like a root where /lib and /bin are links into it.)
 */
static bool has_own(const char *root, const char *interp)
{
    const char *slash = strrchr(root, '/');
    char above[PATH_MAX];
    struct stat its, other;

    snprintf(above, sizeof(above), "%.*s/", (int)(slash - root), root);
    return file_below(root, interp, &its) &&
           (!file_below(above, interp, &other) || its.st_dev != other.st_dev || its.st_ino != other.st_ino);
}

/* The nearest directory above `path`, links resolved, that is a whole tree of the program's system. */
static bool tree_around(const char *path, const struct elf_identity *id, char *out)
{
    char at[PATH_MAX];
    char *slash;

    if (realpath(path, at) == NULL)
        return false;
    while ((slash = strrchr(at, '/')) != NULL && slash != at) {
        struct sysroot_facts facts;

        *slash = '\0';
        if (strlen(at) < SETTINGS_PATH_MAX && has_own(at, id->interp) && sysroot_recognise(at, &facts) == 0 &&
            sysroot_serves(&facts, id)) {
            memcpy(out, at, strlen(at) + 1);
            return true;
        }
    }
    return false;
}

/* Where FreeBSD publishes a release: those whose support has ended, which are all before 14 by now, move to an archive. */
#define RELEASES     "https://download.freebsd.org/releases/amd64"
#define OLD_RELEASES "http://ftp-archive.freebsd.org/pub/FreeBSD-Archive/old-releases/amd64"
#define OLDEST_KEPT  14

/* The same for a program of Linux: what a root of a distribution is got by, for its machine. */
static int fail_without_linux(const struct program *program, struct loader_error *err)
{
    const struct elf_identity *id = &program->elf.id;
    const char *machine = id->machine == ELF_MACHINE_I386 ? "i386" : id->bits == 32 ? "x32" : "amd64";

    if (strcmp(machine, "x32") == 0)
        return loader_fail(
            err, ENOENT,
            "%.160s: its interpreter %.64s is not there, and no sysroot has it (on Debian: apt-get install "
            "libc6-x32; or dragoman sysroot add NAME with a root that has it)",
            program->path, id->interp);
    return loader_fail(err, ENOENT,
                       "%.160s: its interpreter %.64s is not there, and no sysroot has it (as root: mmdebstrap "
                       "--arch=%s --variant=minbase bookworm root.tar http://deb.debian.org/debian, then: dragoman "
                       "sysroot add debian-%s root.tar; or -L DIR)",
                       program->path, id->interp, machine, machine);
}

/* None fits: what to do about it. */
static int fail_without(const struct program *program, const struct choice *choice, struct loader_error *err)
{
    const struct elf_identity *id = &program->elf.id;
    unsigned major = id->osrel / OSREL_MAJOR;
    unsigned minor = id->osrel / OSREL_MINOR % 100;
    char hint[128] = "";

    if (elf_system(id) <= ELF_SYSTEM_LINUX)
        return fail_without_linux(program, err);
    if (elf_system(id) != ELF_SYSTEM_FREEBSD)
        return loader_fail(err, ENOENT, "%s: its interpreter %s is not there (name the system's files with --sysroot)",
                           program->path, id->interp);
    if (choice->older[0] != '\0')
        snprintf(hint, sizeof(hint), "; to try the older one all the same: -L %s", choice->older);
    if (major == 0)
        return loader_fail(
            err, ENOENT,
            "%.160s: needs FreeBSD's own libraries, and there is no sysroot (fetch base.txz of a release "
            "from " RELEASES "/, then: dragoman sysroot add NAME base.txz; "
            "or -L DIR)",
            program->path);
    return loader_fail(err, ENOENT,
                       "%.160s: needs the libraries of FreeBSD %u.%u or later, and no sysroot has them (fetch "
                       "%s/%u.%u-RELEASE/base.txz, then: dragoman sysroot add %u.%u base.txz; or -L DIR%s)",
                       program->path, major, minor, major < OLDEST_KEPT ? OLD_RELEASES : RELEASES, major, minor, major,
                       minor, hint);
}

/* The part of path_opener.prepare that looks further than at what there is already. */
static int choose(struct sysroot_view *view, const struct program *program, struct loader_error *err)
{
    struct choice choice = {.wanted = &program->elf.id, .misfit = UINT64_MAX};

    if (!tree_around(program->host_path, &program->elf.id, choice.path)) {
        sysroots_each(view->settings->sysroots, weigh, &choice);
        if (choice.path[0] == '\0')
            return fail_without(program, &choice, err);
    }
    memcpy(view->chosen, choice.path, sizeof(view->chosen));
    view->sysroot = view->chosen;
    return 0;
}

/* The host's own files serve the program: its interpreter is there, and for the program's machine. */
static bool host_has_interpreter(const struct elf_identity *program)
{
    struct elf_identity interp;
    struct loader_error err;
    int fd = open(program->interp, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool is;

    if (fd < 0)
        return errno != ENOENT && errno != ENOTDIR;
    is = elf_identify(fd, program->interp, &interp, &err) != 0 ||
         (interp.machine == program->machine && interp.bits == program->bits);
    close(fd);
    return is;
}

/* For a program of Linux's whose dynamic linker the host has: the first sysroot with a library that the host lacks. */
static void choose_for_library(struct sysroot_view *view, const struct program *program)
{
    char name[LIBRARY_NAME_MAX];
    struct choice choice = {.wanted = &program->elf.id, .library = name, .misfit = UINT64_MAX};

    if (!library_missing(program, name))
        return;
    sysroots_each(view->settings->sysroots, weigh, &choice);
    if (choice.path[0] != '\0') {
        memcpy(view->chosen, choice.path, sizeof(view->chosen));
        view->sysroot = view->chosen;
    }
}

static int prepare(void *context, const struct program *program, struct loader_error *err)
{
    struct sysroot_view *view = context;

    if (view->settings->sysroot_origin == SYSROOT_NAMED)
        return 0;
    if (view->sysroot[0] != '\0' && sysroot_strip(view->sysroot, program->host_path) != NULL)
        return 0;
    if (host_has_interpreter(&program->elf.id)) {
        /* Of the same name in every distribution: a program that lies in a tree of its own belongs there. */
        if (elf_system(&program->elf.id) > ELF_SYSTEM_LINUX)
            return 0;
        if (tree_around(program->host_path, &program->elf.id, view->chosen))
            view->sysroot = view->chosen;
        else
            choose_for_library(view, program);
        return 0;
    }
    return choose(view, program, err);
}

static int open_through(void *context, const char *path, int flags, char *host_path, uint64_t size)
{
    const struct sysroot_view *view = context;

    if (is_rooted(view->settings))
        return tree_open(view->settings, path, flags, host_path, size);
    return sysroot_open((void *)(uintptr_t)view->sysroot, path, flags, host_path, size);
}

void sysroot_view_start(struct sysroot_view *view, const struct settings *settings, struct path_opener *opener)
{
    view->settings = settings;
    view->sysroot = settings->sysroot;
    view->chosen[0] = '\0';
    *opener = (struct path_opener){.open = open_through, .prepare = prepare, .context = view};
}

bool sysroot_view_changed(const struct sysroot_view *view)
{
    return view->chosen[0] != '\0' && strcmp(view->chosen, view->settings->sysroot) != 0;
}

void sysroot_view_settle(const struct sysroot_view *view, struct settings *settings)
{
    if (view->chosen[0] == '\0')
        return;
    memcpy(settings->sysroot, view->chosen, sizeof(settings->sysroot));
    settings->sysroot_origin = SYSROOT_CHOSEN;
    settings->sysroot_release = sysroot_release(view->chosen);
}
