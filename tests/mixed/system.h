/*
 * What a station (station.c) asks of its system. Results are 0 or more, or negative; what has names, as signals and
 * the ways in which a child ends, goes by these names, so that stations of all systems say the same.
 */
#ifndef MIXED_SYSTEM_H
#define MIXED_SYSTEM_H

#include <stdbool.h>

enum signal_name { NONE, HUP, INT, KILL, USR1, USR2, TERM, CONT, STOP, TSTP, TTOU, CHLD, SIGNALS };
enum what_became { ENDED, KILLED, STOPPED, CONTINUED, OTHER };

struct event {
    enum what_became how;
    int of; /* the exit status, or an enum signal_name */
};

extern const char system_name[];

_Noreturn void system_exit(int status);
long system_write(int fd, const void *data, unsigned long size);
long system_read(int fd, void *data, unsigned long size);
long system_close(int fd);
long system_dup2(int from, int to);
long system_pipe(int ends[2]);
long system_fork(void);
long system_exec(char **arguments, char **variables);
/* Waits for one child; with `stops`, for its stops and its going on as well. */
long system_wait(long pid, bool stops, struct event *event);
long system_kill(long pid, enum signal_name signal);
/* `handler` gets an enum signal_name; NULL: the signal is ignored. Calls that it interrupts are restarted. */
long system_catch(enum signal_name signal, void (*handler)(int));
bool system_ignores(enum signal_name signal);
/* Blocks a signal, or no longer; whether one is blocked. */
long system_block(enum signal_name signal, bool block);
bool system_blocks(enum signal_name signal);
/* Unblocks the signal and waits until a handler has run. */
void system_await(enum signal_name signal);
long system_pid(void);
long system_parent(void);
long system_own_group(long pid);
long system_foreground(int fd, long group);
/* Rows and columns of a terminal; negative where it is none. */
long system_window(int fd, unsigned short *rows, unsigned short *columns);

#endif
