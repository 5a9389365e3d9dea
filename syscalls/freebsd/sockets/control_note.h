/*
 * Notes: what a FreeBSD sender attaches to a message on a local socket and the host has no control message for.
 *
 * SCM_CREDS is there for the receiver to see whether it has asked for it or not, and the times of sending
 * (SCM_TIMESTAMP and its kin) are the sender's to attach: unp_internalize(). The note travels as one more descriptor
 * behind those that are sent, a sealed memfd; the receiver's engine takes it out again. It only says *that*
 * credentials were attached: who the sender is, the host tells (SO_PASSCRED), so that a note cannot be used to lie.
 */
#ifndef SYSCALLS_FREEBSD_CONTROL_NOTE_H
#define SYSCALLS_FREEBSD_CONTROL_NOTE_H

#include <stdbool.h>
#include <stdint.h>

#define NOTE_MAGIC 0x65746f6e6d677264ULL

/* Bit n: a message of type n (FREEBSD_SCM_*) was attached. */
struct control_note {
    uint64_t magic;
    uint32_t kinds, pad;
    int64_t real[2], monotonic[2]; /* when: seconds and nanoseconds */
};

/* Makes the note's descriptor, with the time of now. Returns it or -errno. */
int64_t control_note_write(struct control_note *note);

/* Whether a received descriptor is a note; then it is read, and the descriptor closed. */
bool control_note_read(int fd, struct control_note *note);

#endif
