/*
 * libexec/dragoman/pack: writes an instance's files to standard output as an archive, always the same bytes for the same
 * files. A program of its own because it needs libarchive; `dragoman instance export` runs it, and so does whatever
 * copies an instance, with libexec/dragoman/unpack at the other end.
 *
 *     pack [--progress NAME] [--owners] [--image] [--without DIR] [--filter none|gzip|bzip2|xz|zstd|lz4] LAYER...
 *
 * The LAYERs are directories, topmost first, as overlayfs has them; one is just a directory. With --owners the caller is
 * root of the user namespace that the files' owners are of; without, his own files are root's, and what each would be at
 * home stands in an attribute (instance/metadata.h). --image: as a layer of a container image. --without leaves out what is in a directory. The form is pax, by the
 * names' order. Ends with 0; else says why on standard error, and ends with 1.
 */
#include <archive.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "instance/packer/pack.h"
#include "instance/unpack/say.h"

/*
 * libarchive's pax writer calls this for files that no archive has, sockets, which are never handed to it. Its own stands
 * beside a table of all formats, and with them come libraries for XML and for ciphers: with this one they are left out.
 */
void __archive_write_entry_filetype_unsupported(struct archive *a, struct archive_entry *entry, /* NOLINT */
                                                const char *format);
void __archive_write_entry_filetype_unsupported(struct archive *a, struct archive_entry *entry, /* NOLINT */
                                                const char *format)
{
    (void)entry;
    archive_set_error(a, EINVAL, "a kind of file that %s archives have not", format);
}

static const struct {
    const char *name;
    int (*add)(struct archive *);
} filters[] = {
    {"none", archive_write_add_filter_none},   {"gzip", archive_write_add_filter_gzip},
    {"bzip2", archive_write_add_filter_bzip2}, {"xz", archive_write_add_filter_xz},
    {"zstd", archive_write_add_filter_zstd},   {"lz4", archive_write_add_filter_lz4},
};

struct options {
    const char *progress, *without, *filter;
    bool owners, image;
};

static int take_options(int argc, char **argv, struct options *out)
{
    int at = 1;
    for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
        if (strcmp(argv[at], "--owners") == 0) {
            out->owners = true;
        } else if (strcmp(argv[at], "--image") == 0) {
            out->image = true;
        } else if (strcmp(argv[at], "--progress") == 0 && at + 1 < argc) {
            out->progress = argv[++at];
        } else if (strcmp(argv[at], "--without") == 0 && at + 1 < argc) {
            out->without = argv[++at];
        } else if (strcmp(argv[at], "--filter") == 0 && at + 1 < argc) {
            out->filter = argv[++at];
        } else {
            return argc;
        }
    }
    return at;
}

static int open_archive(struct packer *p, const char *filter)
{
    size_t i = 0;
    while (i < sizeof filters / sizeof filters[0] && strcmp(filters[i].name, filter) != 0) {
        i++;
    }
    if (i == sizeof filters / sizeof filters[0]) {
        return complain("--filter %s: unknown", shown(filter));
    }
    p->archive = archive_write_new();
    p->buffer = malloc(PACK_BUFFER);
    if (p->archive == NULL || p->buffer == NULL) {
        return complain("out of memory");
    }
    bool good = archive_write_set_format_pax(p->archive) == ARCHIVE_OK && filters[i].add(p->archive) == ARCHIVE_OK;
    if (good && strcmp(filter, "gzip") == 0) {
        good = archive_write_set_filter_option(p->archive, "gzip", "timestamp", NULL) == ARCHIVE_OK;
    }
    /* The form that GNU tar has, too. */
    good = good && archive_write_set_format_option(p->archive, "pax", "xattrheader", "SCHILY") == ARCHIVE_OK;
    archive_write_set_bytes_in_last_block(p->archive, 1); /* no zeros behind what is compressed */
    good = good && archive_write_open_fd(p->archive, STDOUT_FILENO) == ARCHIVE_OK;
    return good ? 0 : pack_fails_writing(p);
}

/* Each layer's part of each directory on the way is open at once. */
static void raise_open_files(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int run(const struct options *options, char **layers)
{
    struct packer p = {.owners = options->owners, .image = options->image, .user = getuid(), .group = getgid()};
    struct layers_dir root = {0};
    struct stat st;
    if (options->without != NULL) {
        if (stat(options->without, &st) != 0) {
            return complain("%s: %s", shown(options->without), strerror(errno));
        }
        p.without_dev = st.st_dev;
        p.without_inode = st.st_ino;
    }
    raise_open_files();
    if (options->progress != NULL) {
        progress_start(options->progress, 0);
    }
    int r = open_archive(&p, options->filter);
    r = r == 0 ? layers_open(layers, &root) : r;
    r = r == 0 ? pack_root(&p, &root) : r;
    if (r == 0 && archive_write_close(p.archive) != ARCHIVE_OK) {
        r = pack_fails_writing(&p);
    }
    progress_end();
    if (r == 0 && p.sockets > 0) {
        fprintf(stderr, "dragoman: %" PRIu64 " socket%s left out: archives have none (what listens makes them anew)\n",
                p.sockets, p.sockets == 1 ? " is" : "s are");
    }
    if (p.archive != NULL) {
        archive_write_fail(p.archive); /* or freeing would write the rest of what failed */
        archive_write_free(p.archive);
    }
    layers_close(&root);
    links_free(&p);
    free(p.buffer);
    return r;
}

int main(int argc, char **argv)
{
    struct options options = {.filter = "none"};
    const struct rlimit none = {0, 0};
    int at = take_options(argc, argv, &options);
    if (at >= argc) {
        fprintf(stderr, "usage: pack [OPTION...] LAYER...\n");
        return 2;
    }
    setrlimit(RLIMIT_CORE, &none);
    int r = run(&options, argv + at);
    if (r != 0) {
        fprintf(stderr, "dragoman: %s\n", complaint() != NULL ? complaint() : "packing failed");
    }
    return r == 0 ? 0 : 1;
}
