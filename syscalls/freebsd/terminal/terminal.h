/*
 * What FreeBSD's terminals do that the host's do not: the status character (^T), its line, and the master's side of a
 * pseudo-terminal.
 *
 * The host's line discipline has no status character. Where a guest holds the master (script, sshd, a terminal
 * emulator) the engine looks for the character in what is typed there, and does all that FreeBSD does. On other
 * terminals it only comes to light when somebody reads: the host ends a line at it (termios.c), the engine takes it out
 * again and goes on reading. What was typed before it on the line cannot be erased any more then. Where nobody reads,
 * and nothing else has been typed, a thread of the engine's does (terminal_watch.c).
 */
#ifndef SYSCALLS_FREEBSD_TERMINAL_H
#define SYSCALLS_FREEBSD_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/guest.h"

struct termios2;
struct thread;

/* struct freebsd_inherited, terminals: what makes reading and writing look closer. A bit that is set stays. */
#define TERMINALS_MASTER 1u /* some descriptor of this process may be a master */
#define TERMINALS_STATUS 2u /* some terminal has a status character */

/* Whether fd is a pseudo-terminal's master. */
bool terminal_is_master(int fd);

/* A fresh master: opens the slave's side, which FreeBSD has no lock for, with FreeBSD's attributes (sys/ttydefaults.h). */
void terminal_master_opened(struct thread *t, int fd);

/* The process has come by a descriptor, or by attributes of a terminal: notes what there is to look at. */
void terminal_seen(struct thread *t, int fd);
void terminal_attributes_seen(struct thread *t, const struct termios2 *host);

/* Whether a write to fd is a matter for these two, which type what is written. They return bytes written or -errno. */
bool terminal_is_typed_at(struct thread *t, int fd);
int64_t terminal_write(struct thread *t, int fd, guest_ptr buf, uint64_t nbyte);
int64_t terminal_write_vector(struct thread *t, int fd, guest_ptr vector, uint32_t count);

/*
 * After a read of `nbyte` bytes to buf that the host has answered by `n`. Returns what the guest's kernel does: 0 (end
 * of file) for a master whose slave is closed; without the status character, and what follows on the line.
 */
int64_t terminal_after_read(struct thread *t, int fd, guest_ptr buf, uint64_t nbyte, int64_t n);

/*
 * Sends the terminal's foreground group SIGINFO and prints the line, unless its attributes say otherwise. reading: the
 * calling process only runs because it has been handed the character.
 */
void terminal_status_typed(struct thread *t, int fd, bool reading);

/* The status character of the terminal behind fd, if the line discipline looks for it now, and its attributes; 0: none. */
uint8_t terminal_status_character(int fd, struct termios2 *host);

/* Before a program's first instruction: sees to it that ^T is heard while it does not read (terminal_watch.c). */
void terminal_program_begins(struct thread *t);

/* Prints the line that tells what the foreground group does (tty_info()). */
void terminal_print_status(struct thread *t, int fd, bool reading);

#endif
