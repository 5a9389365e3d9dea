/*
 * The table of the seccomp filter that every process of an instance is under: what a guest, or somebody who has taken
 * over the engine, may ask of the host's kernel.
 *
 * Theory.  The list is a container's (containers/common's default profile, moby's where that is wider and the engine
 * needs it), less a set that is named in table.c with its reasons. A call that is refused answers what it answers in a
 * container: EPERM where a kernel would miss a capability, ENOSYS for what programs do without, for what is newer than
 * this table, and for clone3, whose flags lie in memory where no filter sees them.
 *
 * instance/filter/generate.c makes a program of the kernel's filter language of it when dragoman is built, with
 * libseccomp; so nothing of that is needed where dragoman runs. tests/unit/test_filter.c runs that program over every
 * call and compares.
 *
 * Only ERRNO is used: the engine takes a SIGSYS for a guest's call (signals/entry.S).
 */
#ifndef INSTANCE_FILTER_TABLE_H
#define INSTANCE_FILTER_TABLE_H

#include <stdint.h>

enum call_action {
    CALL_ALLOW,
    CALL_EPERM,
    CALL_ENOSYS, /* as for each call without a row: said where a container would have allowed it */
};

struct filter_call {
    const char *name;
    int number; /* amd64's; 0: libseccomp knows it by name (and read is called by name) */
    enum call_action action;
};

/* A condition: the low 32 bits of argument `index`, masked, are `value`. The kernel, too, takes ints so. */
struct filter_condition {
    unsigned index;
    uint32_t mask;
    uint32_t value;
};

/* What is refused of an allowed call: where all conditions hold (the second's mask 0: there is one). */
struct filter_refusal {
    const char *name;
    int error; /* positive errno */
    struct filter_condition when[2];
};

/* Ends with a row without a name. */
extern const struct filter_call filter_calls[];
extern const struct filter_refusal filter_refusals[];

/* Calls of 32-bit programs (`int $0x80`) that the engine itself makes; no other gets through. Ends with NULL. */
extern const char *const filter_calls32[];

/*
 * Sets of bits, of which each stands for a row as above: refused is the call where that bit is 1 and those of `beside` are
 * 0, or, with `missing`, where that bit is 0 and those of `beside` are 1.
 */
struct filter_bits {
    const char *name;
    int error;
    unsigned index;
    uint32_t bits;
    uint32_t beside;
    int missing;
};

extern const struct filter_bits filter_bits[];

/* Socket families that are allowed: bit n for family n. All others below 64 answer EAFNOSUPPORT. */
extern const uint64_t filter_families;

/*
 * What is refused besides in a world without namespaces, by a filter of its own on top of the other: what goes by a path
 * and Landlock does not look at, and what reaches processes outside. `nonzero`: bit n where argument n must not be 0 for
 * this; `when`: of mask 0, none.
 */
struct filter_fence {
    const char *name;
    int error;
    unsigned nonzero;
    struct filter_condition when;
};

/* Ends with a row without a name. The second is for a world that is to have no network. */
extern const struct filter_fence filter_fence[];
extern const struct filter_fence filter_fence_network[];

#endif
