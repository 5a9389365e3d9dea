#include "instance/pack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define NO_STRING UINT64_MAX

void pack_bytes(struct pack *p, const void *bytes, size_t size)
{
    if (p->failed || size > PACK_MAX - p->size) {
        p->failed = true;
        return;
    }
    if (p->size + size > p->room) {
        size_t room = (p->size + size) * 2 + 4096;
        char *more = realloc(p->bytes, room);
        if (more == NULL) {
            p->failed = true;
            return;
        }
        p->bytes = more;
        p->room = room;
    }
    if (size > 0) {
        memcpy(p->bytes + p->size, bytes, size);
        p->size += size;
    }
}

void pack_number(struct pack *p, uint64_t value)
{
    pack_bytes(p, &value, sizeof value);
}

void pack_string(struct pack *p, const char *text)
{
    pack_number(p, text != NULL ? strlen(text) : NO_STRING);
    if (text != NULL) {
        pack_bytes(p, text, strlen(text) + 1);
    }
}

void pack_strings(struct pack *p, char *const *strings)
{
    size_t count = 0;
    while (strings != NULL && strings[count] != NULL) {
        count++;
    }
    pack_number(p, count);
    for (size_t i = 0; i < count; i++) {
        pack_string(p, strings[i]);
    }
}

void pack_free(struct pack *p)
{
    free(p->bytes);
    *p = (struct pack){0};
}

int pack_to_file(const struct pack *p, const char *name)
{
    if (p->failed) {
        return -ENOMEM;
    }
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) {
        return -errno;
    }
    size_t done = 0;
    while (done < p->size) {
        ssize_t n = write(fd, p->bytes + done, p->size - done);
        if (n < 0 && errno != EINTR) {
            int error = errno;
            close(fd);
            return -error;
        }
        done += n > 0 ? (size_t)n : 0;
    }
    fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
    return fd;
}

int unpack_file(int fd, struct unpack *u)
{
    struct stat st;
    int seals = fcntl(fd, F_GET_SEALS);
    *u = (struct unpack){.failed = true};
    if (seals < 0 || (seals & F_SEAL_WRITE) == 0 || fstat(fd, &st) != 0 || st.st_size <= 0 || st.st_size > PACK_MAX) {
        return -EINVAL;
    }
    char *bytes = malloc((size_t)st.st_size);
    if (bytes == NULL) {
        return -ENOMEM;
    }
    if (pread(fd, bytes, (size_t)st.st_size, 0) != st.st_size) {
        free(bytes);
        return -EINVAL;
    }
    *u = (struct unpack){.at = bytes, .end = bytes + st.st_size};
    return 0;
}

void unpack_bytes(struct unpack *u, void *to, size_t size)
{
    if (u->failed || size > (size_t)(u->end - u->at)) {
        u->failed = true;
        memset(to, 0, size);
        return;
    }
    memcpy(to, u->at, size);
    u->at += size;
}

uint64_t unpack_number(struct unpack *u)
{
    uint64_t value;
    unpack_bytes(u, &value, sizeof value);
    return value;
}

char *unpack_string(struct unpack *u)
{
    uint64_t length = unpack_number(u);
    if (u->failed || length == NO_STRING) {
        return NULL;
    }
    if (length >= (uint64_t)(u->end - u->at) || u->at[length] != '\0' || strlen(u->at) != length) {
        u->failed = true;
        return NULL;
    }
    char *text = u->at;
    u->at += length + 1;
    return text;
}

char **unpack_strings(struct unpack *u)
{
    uint64_t count = unpack_number(u);
    if (u->failed || count > (uint64_t)(u->end - u->at) / sizeof(uint64_t)) {
        u->failed = true;
        return NULL;
    }
    char **strings = calloc(count + 1, sizeof *strings);
    for (uint64_t i = 0; strings != NULL && i < count; i++) {
        strings[i] = unpack_string(u);
        if (strings[i] == NULL) {
            u->failed = true;
        }
    }
    u->failed = u->failed || strings == NULL;
    if (u->failed) {
        free(strings);
        return NULL;
    }
    return strings;
}
