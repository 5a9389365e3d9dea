/* Standing outside of an isolated world for a program in it: terminal, signals, and the end. */
#ifndef CLI_ATTEND_H
#define CLI_ATTEND_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/keeper_link.h"
#include "cli/supervise.h"
#include "instance/inside.h"

enum terminal_wish {
    TERMINAL_BY_DESCRIPTORS, /* where 0, 1 or 2 is a terminal, one of the world's own takes its place */
    TERMINAL_YES,            /* -t: one for all three */
    TERMINAL_NO,
};

struct attendance {
    const struct inside_order *order;
    enum terminal_wish terminal;
    bool no_input;       /* nothing of the caller's standard input: exec without -i */
    bool detached;       /* its start only is waited for */
    uint64_t timeout_ms; /* 0: none */
    /* What to read meanwhile, and that the order's trace goes there, which is closed here; NULL: nothing. */
    const struct supervision *supervision;
};

/*
 * Has the keeper run the program, and attends it to its end: `end` tells how that was. All signals should be blocked
 * (attend_block()). Waits for the keeper, too, where it is the caller's own. Returns 0, or an exit status after
 * complaining.
 */
int attend(const struct keeper_link *link, const struct attendance *how, struct supervised_end *end);

/*
 * Waits for the end of the whole instance, which `end` then tells; a signal that asks to end stops it. Returns 0, or an
 * exit status after complaining. The link stays open.
 */
int attend_instance(const struct keeper_link *link, struct supervised_end *end);

/* Blocks all signals, and lets children be waited for. */
void attend_block(void);

/* Sends the order of a program. Returns 0, or an exit status after complaining. */
int attend_order(const struct keeper_link *link, const struct inside_order *order, struct keeper_message *m,
                 const int *given, unsigned count);

#endif
