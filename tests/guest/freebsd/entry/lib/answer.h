/*
 * Calls whose answer tells who gave it. Number 20 is getpid here and writev for the host; 39 is getppid here and
 * getpid for the host: a call that reached the host's kernel with the guest's number gives something else.
 */
#ifndef ANSWER_H
#define ANSWER_H

#include "code.h"

enum { ANSWER_PID = FREEBSD_SYS_getpid, ANSWER_PARENT = FREEBSD_SYS_getppid, ANSWER_NONE = 1999 };

/* More turns than an engine lets pass before it does something to a site. */
enum { ANSWER_HOT = 150 };

/* What that number answers in this process; asks for it if this is a new process. ANSWER_NONE: -ENOSYS. */
int64_t answer_wanted(uint32_t number);
/* Calls a site made with CODE_RETURN that often; false and a failed test at the first wrong answer. */
bool answer_right(const uint8_t *function, uint32_t number, unsigned times, const char *what);
/* Jumps to that address with the number in rax; what is there returns. */
int64_t answer_jump(const uint8_t *at, uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d);

/* Threads wait here for each other; a barrier of zeros is ready. */
struct answer_barrier {
    volatile uint32_t arrived, round;
};
void answer_meet(struct answer_barrier *barrier, uint32_t count);

#endif
