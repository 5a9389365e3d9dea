#include "cli/image_archive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 512, COPY = 1 << 20 };

/* POSIX's ustar (pax(1)), owned by root and of no time: the same parts are the same bytes. */
struct header {
    char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100], magic[6], version[2];
    char user[32], group[32], major[8], minor[8], prefix[155], rest[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a block");

static int write_all(int fd, const void *data, size_t size)
{
    const char *at = data;
    while (size > 0) {
        ssize_t n = write(fd, at, size);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return n < 0 ? -errno : -EIO;
        }
        at += n;
        size -= (size_t)n;
    }
    return 0;
}

/* Beyond 8 GB the size does not fit in octal digits, and stands there as a number instead, as GNU tar and others have it. */
static void put_size(char out[12], int64_t size)
{
    if (size < INT64_C(1) << 33) {
        char text[16];
        snprintf(text, sizeof text, "%011llo", (unsigned long long)size);
        memcpy(out, text, 12);
        return;
    }
    memset(out, 0, 12);
    out[0] = (char)0x80;
    for (int i = 11; size > 0; i--, size >>= 8) {
        out[i] = (char)(size & 0xff);
    }
}

static void make_header(struct header *h, const char *name, char type, int64_t size)
{
    char text[16];
    unsigned sum = 0;
    memset(h, 0, sizeof *h);
    memcpy(h->name, name, strnlen(name, sizeof h->name));
    memcpy(h->mode, type == '5' ? "0000755" : "0000644", sizeof h->mode);
    memcpy(h->uid, "0000000", sizeof h->uid);
    memcpy(h->gid, "0000000", sizeof h->gid);
    put_size(h->size, size);
    memcpy(h->mtime, "00000000000", sizeof h->mtime);
    memset(h->checksum, ' ', sizeof h->checksum);
    h->type = type;
    memcpy(h->magic, "ustar", sizeof h->magic);
    memcpy(h->version, "00", sizeof h->version);
    for (size_t i = 0; i < sizeof *h; i++) {
        sum += ((const unsigned char *)h)[i];
    }
    snprintf(text, sizeof text, "%06o", sum);
    memcpy(h->checksum, text, 7);
}

/* Zeros up to the next block. */
static int pad(int fd, int64_t size)
{
    static const char zeros[BLOCK];
    size_t rest = (size_t)(size % BLOCK);
    return rest != 0 ? write_all(fd, zeros, BLOCK - rest) : 0;
}

static int add_directory(struct image_archive *a, const char *name)
{
    struct header h;
    make_header(&h, name, '5', 0);
    return write_all(a->fd, &h, sizeof h);
}

/* What is written out of order must be a file of our own, and not one that all is appended to. */
static bool can_seek(int fd)
{
    struct stat st;
    int flags = fcntl(fd, F_GETFL);
    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0 && flags >= 0 && (flags & O_APPEND) == 0 &&
           (flags & O_ACCMODE) == O_RDWR && lseek(fd, 0, SEEK_CUR) == 0;
}

static int open_spare(int directory)
{
    char name[32];
    int fd = openat(directory, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)) {
        return fd >= 0 ? fd : -errno;
    }
    snprintf(name, sizeof name, ".image.%ld", (long)getpid());
    fd = openat(directory, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        return -errno;
    }
    unlinkat(directory, name, 0);
    return fd;
}

int image_archive_start(struct image_archive *a, int out, int spare)
{
    *a = (struct image_archive){.out = out, .fd = can_seek(out) ? out : open_spare(spare)};
    if (a->fd < 0) {
        return a->fd;
    }
    int error = add_directory(a, "blobs/");
    error = error == 0 ? add_directory(a, "blobs/sha256/") : error;
    if (error != 0) {
        image_archive_end(a, false);
    }
    return error;
}

int image_archive_reserve(struct image_archive *a)
{
    static const char zeros[BLOCK];
    a->at = lseek(a->fd, 0, SEEK_CUR);
    return a->at >= 0 ? write_all(a->fd, zeros, sizeof zeros) : -errno;
}

static int sum_up(int fd, int64_t from, int64_t to, char hex[SHA256_HEX])
{
    static char block[COPY];
    struct sha256 sum;
    sha256_start(&sum);
    while (from < to) {
        ssize_t n = pread(fd, block, to - from < COPY ? (size_t)(to - from) : COPY, from);
        if (n <= 0) {
            return n < 0 ? -errno : -EIO;
        }
        sha256_add(&sum, block, (size_t)n);
        from += n;
    }
    sha256_end(&sum, hex);
    return 0;
}

int image_archive_settle(struct image_archive *a, char hex[SHA256_HEX], int64_t *size)
{
    char name[100];
    struct header h;
    int64_t begin = a->at + BLOCK, end = lseek(a->fd, 0, SEEK_CUR);
    if (end < begin) {
        return end < 0 ? -errno : -EIO;
    }
    *size = end - begin;
    int error = sum_up(a->fd, begin, end, hex);
    error = error == 0 ? pad(a->fd, *size) : error;
    snprintf(name, sizeof name, "blobs/sha256/%s", hex);
    make_header(&h, name, '0', *size);
    if (error == 0 && pwrite(a->fd, &h, sizeof h, a->at) != (ssize_t)sizeof h) {
        error = errno != 0 ? -errno : -EIO;
    }
    return error;
}

int image_archive_add(struct image_archive *a, const char *name, const void *data, size_t size)
{
    struct header h;
    make_header(&h, name, '0', (int64_t)size);
    int error = write_all(a->fd, &h, sizeof h);
    error = error == 0 ? write_all(a->fd, data, size) : error;
    return error == 0 ? pad(a->fd, (int64_t)size) : error;
}

static int copy_out(const struct image_archive *a)
{
    static char block[COPY];
    ssize_t n;
    int error = lseek(a->fd, 0, SEEK_SET) == 0 ? 0 : -errno;
    while (error == 0 && (n = read(a->fd, block, sizeof block)) != 0) {
        error = n < 0 ? -errno : write_all(a->out, block, (size_t)n);
    }
    return error;
}

int image_archive_end(struct image_archive *a, bool whole)
{
    static const char zeros[2 * BLOCK];
    int error = whole ? write_all(a->fd, zeros, sizeof zeros) : 0;
    if (a->fd != a->out) {
        error = error == 0 && whole ? copy_out(a) : error;
        close(a->fd);
    }
    return error;
}
