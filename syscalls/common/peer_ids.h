/* The ids of who is at the other end of a local socket, where the engine keeps ids (base/credentials.h): unix(7). */
#ifndef SYSCALLS_COMMON_PEER_IDS_H
#define SYSCALLS_COMMON_PEER_IDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/guest.h"

struct thread;

/* struct ucred of the host (linux/socket.h). */
struct peer_ids {
    int32_t pid;
    uint32_t uid, gid;
};

/* Turns what the host knows of a process into what it is to guests. */
void peer_ids_show(struct thread *t, struct peer_ids *ids);

/* The credentials in control data of the host's layout, in the engine's memory: received ones are shown. */
void peer_ids_show_control(struct thread *t, uint8_t *control, uint64_t length);

/* The same in the guest's memory. */
void peer_ids_show_guest_control(struct thread *t, guest_ptr control, uint64_t length);

/*
 * Ones that are to be sent become those that the host lets the process send, if the guest may send them
 * (scm_check_creds() of net/core/scm.c). Returns 0 or -EPERM.
 */
int64_t peer_ids_send_control(struct thread *t, uint8_t *control, uint64_t length);

/*
 * Shows what getsockopt(2) has written to `value`, which has room for so many bytes, if it is SO_PEERCRED's: no more than
 * that (sk_getsockopt() of net/core/sock.c cuts it off). `result` is the call's, and is returned; -EFAULT.
 */
int64_t peer_ids_show_option(struct thread *t, int32_t level, int32_t name, guest_ptr value, int32_t room,
                             int64_t result);

#endif
