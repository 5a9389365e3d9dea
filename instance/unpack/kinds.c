/*
 * What a source is, told by what is in it:
 *
 *   a system's files    base.txz and its like: bin, etc, lib ...
 *   a package           FreeBSD's *.pkg: +COMPACT_MANIFEST and +MANIFEST first, then files with absolute paths
 *   packages            an archive of such files, or a directory of them
 *   a container image   an OCI layout (oci-layout, index.json, blobs/) or what docker-save writes (manifest.json)
 *
 * An archive may come through a pipe, so it is read once; the kind shows at one of its first members.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "instance/metadata.h"
#include "instance/unpack/directory.h"
#include "instance/unpack/job.h"
#include "instance/unpack/say.h"
#include "instance/unpack/tree_file.h"

enum kind { KIND_UNKNOWN, KIND_TREE, KIND_PACKAGE, KIND_PACKAGES, KIND_IMAGE };

enum { EARLY_MAX = 16 }; /* directories before the first member that tells */

static bool ends_in(const char *text, const char *end)
{
    size_t length = strlen(text);
    return length > strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

/* Is the first name of a path among these? */
static bool begins_with(const char *path, const char *const *names)
{
    size_t length = strcspn(path, "/");
    for (; *names != NULL; names++) {
        if (strlen(*names) == length && strncmp(path, *names, length) == 0) {
            return true;
        }
    }
    return false;
}

/* 64 hexadecimal digits, alone, as a directory or before ".json": a layer or a configuration of docker-save's. */
static bool is_image_name(const char *path)
{
    enum { DIGITS = 64 };
    return strspn(path, "0123456789abcdef") == DIGITS && (path[DIGITS] == '\0' || strchr("/.", path[DIGITS]) != NULL);
}

static const char *without_dots(const char *path)
{
    while (strncmp(path, "./", 2) == 0) {
        path += 2;
    }
    return path;
}

/* For an instance anything is a system's that is no image: what its root is called tells nothing. */
static enum kind kind_for_instance(const struct member *member, bool plain)
{
    static const char *const image[] = {"blobs", "oci-layout", "index.json", "manifest.json", "repositories", NULL};
    const char *path = without_dots(member->path);
    if (plain) {
        return KIND_TREE;
    }
    if (path[0] == '\0' || strcmp(path, ".") == 0) {
        return KIND_UNKNOWN;
    }
    return begins_with(path, image) || is_image_name(path) ? KIND_IMAGE : KIND_TREE;
}

static enum kind kind_of(const struct member *member)
{
    static const char *const image[] = {"blobs", "oci-layout", "index.json", "manifest.json", "repositories", NULL};
    static const char *const system[] = {"bin",    "boot",  "dev", "etc", "home", "lib",  "lib32",  "lib64", "libexec",
                                         "libx32", "media", "mnt", "net", "opt",  "proc", "rescue", "root",  "run",
                                         "sbin",   "srv",   "sys", "tmp", "usr",  "var",  NULL};
    const char *path = without_dots(member->path);
    if (strcmp(path, "+COMPACT_MANIFEST") == 0 || strcmp(path, "+MANIFEST") == 0) {
        return KIND_PACKAGE;
    }
    if (begins_with(path, image) || is_image_name(path)) {
        return KIND_IMAGE;
    }
    if (member->type == MEMBER_FILE && ends_in(path, ".pkg")) {
        return KIND_PACKAGES;
    }
    return member->type == MEMBER_DIRECTORY && !begins_with(path, system) ? KIND_UNKNOWN : KIND_TREE;
}

void job_progress(const struct job *job, const struct archive_source *a)
{
    /* What is read out of another archive says nothing of how far that is. */
    progress_at(a != NULL && !job->unwrapped ? archive_position(a) : 0, job->tree.members, job->tree.bytes);
}

/* Adds what is left of a source, beginning with `member`, to a tree. */
static int add_all(struct job *job, struct tree *tree, struct member_source *source, const struct archive_source *a,
                   struct member *member)
{
    int r = 1;
    while (r > 0) {
        if (tree_add(tree, member, source) != 0) {
            return -1;
        }
        job_progress(job, a);
        r = source->next(source, member);
    }
    return r;
}

/* A package: what begins with "+" is about it, the rest is its files. */
static int add_package(struct job *job, struct archive_source *a, struct member *member)
{
    int r = 1;
    unsigned names = job->tree.names;
    job->tree.names |= PATH_ROOTED;
    while (r > 0) {
        if (member->path[0] != '+' && tree_add(&job->tree, member, &a->source) != 0) {
            r = -1;
            break;
        }
        job_progress(job, a);
        r = a->source.next(&a->source, member);
    }
    job->tree.names = names;
    return r;
}

/* Puts a member's data into a file of the stage. Returns its descriptor, the name being gone again, or -1. */
static int stage_file(struct job *job, struct archive_source *a, const struct member *member)
{
    struct tree stage;
    char name[32];
    struct member plain = {.type = MEMBER_FILE, .path = name, .mode = 0600, .size = member->size, .flags = ""};
    snprintf(name, sizeof name, "part.%u", job->staged++);
    tree_start(&stage, job->stage, job->bytes_max);
    int fd = -1;
    if (tree_file_make(&stage, job->stage, name, member->path, &plain, &a->source) == 0) {
        fd = tree_open_file(job->stage, name);
    }
    unlinkat(job->stage, name, 0);
    tree_finish(&stage);
    return fd >= 0 ? fd : complain("%s: cannot be set aside", shown(member->path));
}

static int add_packages(struct job *job, struct archive_source *a, struct member *member)
{
    int r = 1;
    while (r > 0) {
        if (member->type == MEMBER_FILE && ends_in(member->path, ".pkg")) {
            char *name = strdup(member->path); /* the member's own is gone when the package is read */
            int fd = name != NULL ? stage_file(job, a, member) : complain("out of memory");
            job->unwrapped = true;
            r = fd >= 0 ? unpack_stream(job, fd, name) : -1;
            job->unwrapped = false;
            free(name);
            if (fd >= 0) {
                close(fd);
            }
            if (r != 0) {
                return -1;
            }
        }
        job_progress(job, a);
        r = a->source.next(&a->source, member);
    }
    return r;
}

/* An image's layers come in no order that they could be applied in: all is set aside first. */
static int add_image(struct job *job, struct archive_source *a, struct member *member)
{
    struct tree stage;
    static const char folder[] = "image";
    if (mkdirat(job->stage, folder, 0700) != 0) {
        return complain("%s: two images in one archive", shown(a->name));
    }
    int fd = openat(job->stage, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return complain("%s: %s", folder, strerror(errno));
    }
    tree_start(&stage, fd, job->bytes_max);
    int r = add_all(job, &stage, &a->source, a, member);
    tree_finish(&stage);
    if (r == 0) {
        job->unwrapped = true;
        r = unpack_image(job, fd, a->name);
        job->unwrapped = false;
    }
    close(fd);
    return r;
}

/* Directories that came before it was known what they belong to. */
struct early {
    struct member members[EARLY_MAX];
    char flags[EARLY_MAX][METADATA_FLAGS_MAX]; /* of each; longer ones are none */
    unsigned count;
};

static void free_early(struct member *member)
{
    for (size_t i = 0; i < member->attribute_count; i++) {
        free(member->attributes[i].name);
        free(member->attributes[i].value);
    }
    free((void *)(uintptr_t)member->attributes);
    free((char *)(uintptr_t)member->path);
}

static int copy_attributes(const struct member *from, struct member *to)
{
    struct member_attribute *copies = calloc(from->attribute_count + 1, sizeof *copies);
    if (copies == NULL) {
        return -1;
    }
    to->attributes = copies;
    for (size_t i = 0; i < from->attribute_count; i++) {
        const struct member_attribute *a = &from->attributes[i];
        copies[i] = (struct member_attribute){strdup(a->name), malloc(a->size + 1), a->size};
        to->attribute_count = i + 1;
        if (copies[i].name == NULL || copies[i].value == NULL) {
            return -1;
        }
        memcpy(copies[i].value, a->value, a->size);
    }
    return 0;
}

static int note_early(struct early *early, const struct member *member)
{
    if (early->count == EARLY_MAX) {
        return 0; /* it is made when a file in it is, as any directory that no member tells of */
    }
    struct member *copy = &early->members[early->count];
    *copy = *member;
    /* Each has a place of its own, which the analyser does not see. NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
    copy->path = strdup(member->path);
    copy->flags = early->flags[early->count];
    snprintf(early->flags[early->count], METADATA_FLAGS_MAX, "%s", member->flags);
    copy->attributes = NULL;
    copy->attribute_count = 0;
    early->count++; /* whatever comes: add_early() frees it */
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): as above */
    return copy->path != NULL && copy_attributes(member, copy) == 0 ? 0 : complain("out of memory");
}

static int add_early(struct job *job, struct early *early, bool wanted)
{
    int r = 0;
    for (unsigned i = 0; i < early->count; i++) {
        r = r == 0 && wanted ? tree_add(&job->tree, &early->members[i], NULL) : r;
        free_early(&early->members[i]);
    }
    early->count = 0;
    return r;
}

static int add_kind(struct job *job, struct archive_source *a, enum kind kind, struct member *member)
{
    if (job->unwrapped && (kind == KIND_IMAGE || kind == KIND_PACKAGES)) {
        return complain("%s: archives in archives in archives", shown(a->name));
    }
    switch (kind) {
    case KIND_PACKAGE:
        return add_package(job, a, member);
    case KIND_PACKAGES:
        return add_packages(job, a, member);
    case KIND_IMAGE:
        return add_image(job, a, member);
    default:
        return add_all(job, &job->tree, &a->source, a, member);
    }
}

int unpack_stream(struct job *job, int fd, const char *name)
{
    struct archive_source a;
    struct early early = {.count = 0};
    struct member member;
    enum kind kind = KIND_UNKNOWN;
    if (archive_start(&a, fd, name) != 0) {
        return -1;
    }
    int r = 1;
    while (kind == KIND_UNKNOWN && (r = a.source.next(&a.source, &member)) > 0) {
        kind = job->tree.exact ? kind_for_instance(&member, job->plain) : kind_of(&member);
        if (kind == KIND_UNKNOWN && note_early(&early, &member) != 0) {
            r = -1;
            break;
        }
    }
    bool empty = r == 0;
    if (empty && !(job->tree.exact && early.count > 0)) {
        r = complain("%s: holds no files", shown(name));
    }
    /* The analyser does not follow the members through their loop. NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
    r = add_early(job, &early, empty || (r > 0 && kind == KIND_TREE)) == 0 ? r : -1;
    if (r > 0) {
        r = add_kind(job, &a, kind, &member);
    }
    archive_end(&a);
    return r;
}

static int is_package(const struct dirent *entry)
{
    return ends_in(entry->d_name, ".pkg");
}

static bool holds(int fd, const char *name)
{
    return faccessat(fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int unpack_one_of(struct job *job, int dir, const char *name)
{
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return complain("%s: %s", shown(name), strerror(errno));
    }
    int r = unpack_stream(job, fd, name);
    close(fd);
    return r;
}

static int copy_tree(struct job *job, int fd, const char *name)
{
    struct directory_source d;
    struct member member;
    int r = directory_start(&d, fd, job->tree.root, name);
    if (r == 0) {
        r = d.source.next(&d.source, &member);
        r = r > 0 ? add_all(job, &job->tree, &d.source, NULL, &member) : r;
    }
    directory_end(&d);
    return r;
}

/* Not just anything, nor the host's own root, which is a system's too. */
static bool is_root_of_a_system(int fd)
{
    static const char *const linkers[] = {
        "libexec/ld-elf.so.1",      "lib/ld-linux.so.2",       "lib64/ld-linux-x86-64.so.2", "libx32/ld-linux-x32.so.2",
        "lib/ld-linux-x86-64.so.2", "lib/ld-musl-x86_64.so.1", "lib/ld-musl-i386.so.1",      "lib/ld-musl-x32.so.1"};
    struct stat its, hosts;
    bool is = false;
    for (size_t i = 0; i < sizeof linkers / sizeof linkers[0]; i++) {
        is |= holds(fd, linkers[i]);
    }
    return is && fstat(fd, &its) == 0 && stat("/", &hosts) == 0 &&
           (its.st_dev != hosts.st_dev || its.st_ino != hosts.st_ino);
}

int unpack_directory(struct job *job, int fd, const char *name)
{
    struct dirent **packages = NULL;
    int r = 0;
    if (is_root_of_a_system(fd)) {
        return copy_tree(job, fd, name);
    }
    int count = scandirat(fd, ".", &packages, is_package, versionsort);
    if (holds(fd, "index.json") || holds(fd, "manifest.json")) {
        r = unpack_image(job, fd, name);
    } else if (count > 0) {
        for (int i = 0; i < count && r == 0; i++) {
            r = unpack_one_of(job, fd, packages[i]->d_name);
        }
    } else if (holds(fd, "base.txz")) { /* usr/freebsd-dist of an installation medium */
        r = unpack_one_of(job, fd, "base.txz");
    } else {
        r = complain("%s: neither a system's files nor an image nor packages are in it", shown(name));
    }
    for (int i = 0; i < count; i++) {
        free(packages[i]);
    }
    free(packages);
    close(fd);
    return r;
}
