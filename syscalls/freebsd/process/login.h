/* Names of users, as the host has them. */
#ifndef SYSCALLS_FREEBSD_LOGIN_H
#define SYSCALLS_FREEBSD_LOGIN_H

#include <stdint.h>

#include "syscalls/freebsd/process_data.h"

/* The name of a user; unchanged where the host's list of users has none. */
void freebsd_user_name(uint32_t user, char name[FREEBSD_MAXLOGNAME]);

#endif
