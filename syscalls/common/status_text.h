/*
 * /proc/PID/status of the host's where the engine keeps ids and capabilities (vfs/metadata.h): of the caller's own process
 * with all of them, of others with what the process table has, which are all but the other groups. What is no guest has the
 * host's, the caller's own user being root, as files of such owners are shown.
 */
#ifndef SYSCALLS_COMMON_STATUS_TEXT_H
#define SYSCALLS_COMMON_STATUS_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct text;
struct thread;

/* Room that it may take beyond the host's. */
size_t status_text_room(struct thread *t);

void status_text_put(struct thread *t, struct text *x, const char *host);

/* host_status_read() of process/host_record.h, with that where ids are kept. */
int64_t status_text_read(struct thread *t, int32_t pid, int32_t tid, char *text, size_t size);

#endif
