/* Names of users, as the host has them, or a root of the guest's own. */
#ifndef SYSCALLS_FREEBSD_LOGIN_H
#define SYSCALLS_FREEBSD_LOGIN_H

#include <stdint.h>

#include "syscalls/freebsd/process_data.h"

/* The name of a user; unchanged where the list of users has none. */
void freebsd_user_name(struct thread *t, uint32_t user, char name[FREEBSD_MAXLOGNAME]);

#endif
