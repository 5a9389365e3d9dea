/*
 * libexec/dragoman/unpack: unpacks archives and copies directories into a new tree of files. A program of its own
 * because it needs libarchive and believes nothing that it reads; `dragoman sysroot add` runs it.
 *
 *     unpack [--progress] [--near-links] [--exact] [--owners] [--plain] [--limit BYTES] [--name NAME]
 *            [--platform OS/MACHINE] TREE STAGE SOURCE...
 *
 * TREE is an empty directory, STAGE another one for what has to be set aside; a SOURCE is a file, a directory, or "-"
 * for standard input, which --name names in messages. Several go into one tree, later ones over earlier ones. --near-links
 * makes a sysroot's absolute links of use to the host's linkers. --exact is for instances, whose files come out as they
 * went in (tree.h); with --owners the caller is root of a user namespace in which they get their owners. --plain: a
 * system's files, no matter what they look like. On success writes one line, "files N bytes N lost N", and what a container
 * image says of its program as further ones, "KEY = VALUE" with the keys of an instance's configuration, and ends with 0; else says why on standard error, and ends with 1, with whatever is in TREE and STAGE the caller's to remove.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "instance/unpack/fence.h"
#include "instance/unpack/job.h"
#include "instance/unpack/say.h"

struct options {
    bool progress;
    bool near_links, exact, owners, plain;
    const char *name;     /* of standard input */
    const char *platform; /* of a container image with several */
    uint64_t limit;
};

/* What a decompressor may take: xz and zstd let the archive say how much that is. */
static const rlim_t memory_max = (rlim_t)3 << 30;

static int unpack_source(struct job *job, const struct options *options, const char *source)
{
    struct stat st;
    bool is_stdin = strcmp(source, "-") == 0;
    const char *name = is_stdin ? options->name : source;
    int fd = is_stdin ? dup(STDIN_FILENO) : open(source, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 || fstat(fd, &st) != 0) {
        int error = errno;
        if (fd >= 0) {
            close(fd);
        }
        return complain("%s: %s", shown(name), strerror(error));
    }
    if (options->progress) {
        progress_start(name, S_ISREG(st.st_mode) ? st.st_size : 0);
    }
    int r;
    if (S_ISDIR(st.st_mode)) {
        r = unpack_directory(job, fd, name);
    } else {
        r = isatty(fd) != 0 ? complain("%s: a terminal (give it an archive)", shown(name))
                            : unpack_stream(job, fd, name);
        close(fd);
    }
    progress_end();
    return r;
}

static int take_options(int argc, char **argv, struct options *out)
{
    int at = 1;
    const struct {
        const char *name;
        bool *set;
    } switches[] = {
        {"--progress", &out->progress}, {"--near-links", &out->near_links}, {"--exact", &out->exact},
        {"--owners", &out->owners},     {"--plain", &out->plain},
    };
    for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
        size_t i = 0;
        while (i < sizeof switches / sizeof switches[0] && strcmp(argv[at], switches[i].name) != 0) {
            i++;
        }
        if (i < sizeof switches / sizeof switches[0]) {
            *switches[i].set = true;
        } else if (strcmp(argv[at], "--name") == 0 && at + 1 < argc) {
            out->name = argv[++at];
        } else if (strcmp(argv[at], "--limit") == 0 && at + 1 < argc) {
            out->limit = strtoull(argv[++at], NULL, 10);
        } else if (strcmp(argv[at], "--platform") == 0 && at + 1 < argc) {
            out->platform = argv[++at];
        } else {
            return argc;
        }
    }
    return at;
}

static int run(const struct options *options, char **argv)
{
    struct job job = {.bytes_max = options->limit, .plain = options->plain, .platform = options->platform};
    int root = open(argv[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    job.stage = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0 || job.stage < 0) {
        return complain("%s: %s", root < 0 ? argv[0] : argv[1], strerror(errno));
    }
    (void)fence_raise(root, job.stage); /* where the host cannot, the care that tree.c takes has to do */
    tree_start(&job.tree, root, options->limit);
    job.tree.near_links = options->near_links;
    job.tree.owners = options->owners;
    if (options->exact) {
        job.tree.exact = true;
        job.tree.names = PATH_ANY_BYTES;
        job.tree.file_max = INT64_C(1) << 40; /* of an image of a disk, say: holes cost nothing here */
    }
    int r = 0;
    for (char **source = argv + 2; *source != NULL && r == 0; source++) {
        r = unpack_source(&job, options, *source);
    }
    r = tree_finish(&job.tree) == 0 ? r : -1;
    if (r == 0) {
        printf("files %" PRIu64 " bytes %" PRIu64 " lost %" PRIu64 "\n", job.tree.members, job.tree.bytes,
               job.tree.lost);
        fputs(job.config != NULL ? job.config : "", stdout);
    }
    return r;
}

int main(int argc, char **argv)
{
    struct options options = {.limit = UINT64_C(32) << 30, .name = "standard input"};
    const struct rlimit memory = {memory_max, memory_max};
    const struct rlimit none = {0, 0};
    int at = take_options(argc, argv, &options);
    if (argc - at < 3) {
        fprintf(stderr, "usage: unpack [OPTION...] TREE STAGE SOURCE...\n");
        return 2;
    }
    setrlimit(RLIMIT_AS, &memory);
    setrlimit(RLIMIT_CORE, &none);
    umask(0);
    int r = run(&options, argv + at);
    if (r == 0 && fflush(stdout) != 0) {
        r = complain("standard output: %s", strerror(errno));
    }
    if (r != 0) {
        fprintf(stderr, "dragoman: %s (nothing of it is kept)\n",
                complaint() != NULL ? complaint() : "unpacking failed");
    }
    return r == 0 ? 0 : 1;
}
