/*
 * Sysroots: directories with a foreign system's files.
 *
 * A sysroot is known by what is inside, and may have a name: that of its directory, or of a link to it, in one of the
 * folders that sysroots are kept in. The first folder is the user's; a name there hides the same name further on.
 *
 *     $XDG_DATA_HOME/dragoman/sysroots     else ~/.local/share/dragoman/sysroots; without HOME, the home directory that
 *                                          /etc/passwd tells
 *     PREFIX/share/dragoman/sysroots       where dragoman is installed as PREFIX/bin/dragoman
 *     /usr/share/dragoman/sysroots
 *
 * Which sysroot a program takes:
 *
 *   1. the one that the user has named (-L, DRAGOMAN_SYSROOT, the configuration file), and so does everything that it
 *      starts;
 *   2. otherwise none, unless it has an interpreter that the host's own files do not have, or one of another machine's
 *      (Linux's for i386), or is one of Linux's and lies in a tree of its own, or needs a library that the host lacks and
 *      a sysroot has (libraries.h). Then the tree that it lies in itself; else, of all sysroots of its system, the one that
 *      fits the release in its ABI note best: the same major release before a later one (FreeBSD's libraries serve what
 *      older ones did, and not the other way round), of the same major release the nearest that is not older, else the
 *      newest. Linux's programs do not tell a release that libraries would go by: of its roots the first by name that
 *      serves the program's machine, and has the library.
 *
 * A program without an interpreter keeps what its parent had. Cold half; entered at start and, through the gate, for a
 * guest's exec.
 */
#ifndef LOADER_SYSROOTS_H
#define LOADER_SYSROOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/settings.h"
#include "loader/loader.h"

enum {
    SYSROOT_NAME_MAX = 64, /* longest name, NUL included */
    SYSROOT_FOLDERS = 3,
    SYSROOT_PLATFORMS = 3, /* of a Linux root: amd64, i386, x32 */
};

/* The user's folder below the data directory, and that below a prefix. */
#define SYSROOT_SUBFOLDER "dragoman/sysroots"

/* What a tree says of itself. */
struct sysroot_facts {
    enum elf_system system;
    uint16_t machine; /* ELF_MACHINE_*, of the first of `platforms` */
    uint8_t bits;     /* 32 or 64 */
    struct {
        uint16_t machine;
        uint8_t bits;
    } platforms[SYSROOT_PLATFORMS]; /* whose programs it serves */
    unsigned platform_count;
    uint32_t osrel;    /* in the system's own numbering, as in an ABI note; 0: it does not say */
    char release[64];  /* as the system spells it, "14.2-RELEASE-p1"; "": it does not say */
    char platform[64]; /* "FreeBSD/amd64", "Linux/amd64+i386" */
};

/* Whether the tree has what a program of this kind needs: interpreter and C library of its system and machine. */
bool sysroot_serves(const struct sysroot_facts *facts, const struct elf_identity *id);

/* Whether there is a file of this absolute path in the tree. */
bool sysroot_has(const char *root, const char *path);

/**
 * Recognises the system in a tree: its interpreter and its C library are there, and are a pair.
 * @root: the tree's directory.
 * Returns 0; -ENOENT: no system that is known; or what opening the directory gave.
 */
int sysroot_recognise(const char *root, struct sysroot_facts *out);

/* Opens `path` with the sysroot as its root directory: neither links nor ".." lead out. A descriptor, or -errno. */
int sysroot_open_below(const char *sysroot, const char *path, int flags);

/* Whether a sysroot may be called so: letters, digits and ._+- behind a letter or digit. */
bool sysroot_name_ok(const char *name);

/**
 * The user's folder, from `data_home` and `home` (the variables' values; NULL: unset), else from /etc/passwd.
 * Returns whether there is one; it need not exist.
 */
bool sysroot_user_folder(const char *data_home, const char *home, char *out, size_t size);

/**
 * Folder `i` of SYSROOT_FOLDERS. @user_folder: the first ("": found as without variables).
 * Returns whether there is such a folder; it need not exist.
 */
bool sysroot_folder(const char *user_folder, unsigned i, char *out, size_t size);

/* One that was found: its name, and the absolute path of its directory, links resolved. */
struct sysroot_entry {
    char name[SYSROOT_NAME_MAX];
    char path[SETTINGS_PATH_MAX];
    unsigned folder;
    bool is_link; /* the folder holds a link to it */
};

/**
 * Finds a sysroot by name. Returns 0; -ENOENT; -ENAMETOOLONG (its path).
 */
int sysroot_find(const char *user_folder, const char *name, struct sysroot_entry *out);

/**
 * Calls each(context, entry) for every sysroot, those of the first folder first, by name; hidden ones are left out.
 * Stops at a result other than 0, and returns it.
 */
int sysroots_each(const char *user_folder, int (*each)(void *context, const struct sysroot_entry *entry),
                  void *context);

/**
 * How badly a sysroot's release fits a program's: less is better, UINT64_MAX is not at all.
 * @wanted: the program's osrel; 0: it has none, and the newest is best.
 */
uint64_t sysroot_misfit(uint32_t wanted, uint32_t offered);

/* Where a program's files are looked for: the sysroot that is named, or the one that is chosen when its need is known. */
struct sysroot_view {
    const struct settings *settings;
    const char *sysroot; /* "": none */
    char chosen[SETTINGS_PATH_MAX];
};

/* Looks where the settings say; `opener` looks through the view, which must outlive it. */
void sysroot_view_start(struct sysroot_view *view, const struct settings *settings, struct path_opener *opener);

/* Writes a view's outcome into settings, which a program that was examined through it is to be started with. */
void sysroot_view_settle(const struct sysroot_view *view, struct settings *settings);

/* Whether the view has found another sysroot than the settings have. */
bool sysroot_view_changed(const struct sysroot_view *view);

#endif
