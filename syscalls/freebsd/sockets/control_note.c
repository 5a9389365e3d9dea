/* Notes on local messages; see control_note.h. */
#include "syscalls/freebsd/sockets/control_note.h"

#include "base/host.h"
#include "base/mem.h"

#include <linux/fcntl.h>
#include <linux/memfd.h>
#include <linux/time.h>

#define NOTE_SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

int64_t control_note_write(struct control_note *note)
{
    int64_t fd = host_call2(__NR_memfd_create, "dragoman-note", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    int64_t r;

    if (fd < 0) {
        return fd;
    }
    note->magic = NOTE_MAGIC;
    host_call2(__NR_clock_gettime, CLOCK_REALTIME, note->real);
    host_call2(__NR_clock_gettime, CLOCK_MONOTONIC, note->monotonic);
    r = host_call3(__NR_write, fd, note, sizeof(*note));
    r = r == (int64_t)sizeof(*note) ? host_call3(__NR_fcntl, fd, F_ADD_SEALS, NOTE_SEALS) : -ENOBUFS;
    if (r < 0) {
        host_call1(__NR_close, fd);
        return r;
    }
    return fd;
}

bool control_note_read(int fd, struct control_note *note)
{
    struct control_note found;

    /* Only what cannot change is read, and reading at an offset leaves no trace. */
    if (host_call3(__NR_fcntl, fd, F_GET_SEALS, 0) != NOTE_SEALS ||
        host_call4(__NR_pread64, fd, &found, sizeof(found), 0) != (int64_t)sizeof(found) || found.magic != NOTE_MAGIC) {
        return false;
    }
    memcpy(note, &found, sizeof(found));
    host_call1(__NR_close, fd);
    return true;
}
