/*
 * Between the caller's terminal and one inside: bytes, and the window's size. The program's terminal is a pair of the
 * world's own, so nothing that a program does to it is done to the caller's; what it writes, the caller's shows.
 */
#ifndef CLI_RELAY_H
#define CLI_RELAY_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

struct keeper_message;

enum { RELAY_DESCRIPTORS = 2, RELAY_ROOM = 4096 };

struct relay {
    bool wanted[3]; /* whether the program has the terminal as 0, 1, 2 */
    int terminal;   /* the other side of the program's; -1: none */
    bool reads;     /* keys are passed on */
    bool keyboard;  /* and come from a terminal, which is raw meanwhile */
    bool raw;       /* the caller's terminal is changed: it is this process's to read and to change */
    struct termios before;
    char keys[RELAY_ROOM]; /* typed and not yet taken */
    size_t from, to;
};

/* Looks at the caller's terminal: fills in size and flags of an order. `reads` says whether keys are wanted. */
void relay_look(struct relay *r, struct keeper_message *m);

/* Begins with the other side of the program's terminal, which is taken; makes the caller's raw. */
void relay_begin(struct relay *r, int terminal);

/* Gives the caller's terminal back for a while, and takes it again. */
void relay_leave(struct relay *r);
void relay_enter(struct relay *r);

void relay_resize(struct relay *r);

/* What to wait for, and what to do when that has come. */
void relay_poll(const struct relay *r, struct pollfd fds[RELAY_DESCRIPTORS]);
void relay_take(struct relay *r, const struct pollfd fds[RELAY_DESCRIPTORS]);

/* Shows what is left, and gives the caller's terminal back. */
void relay_end(struct relay *r);

#endif
