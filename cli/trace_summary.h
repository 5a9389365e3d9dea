/*
 * `dragoman trace -c`: adds up the compact lines that the tracer writes and prints the table.
 *
 * A line is "pid tid name result errno_name duration_ns"; errno_name is "-" where the call succeeded, result "?" where
 * it did not return. Beside them stand what processes tell at their end of the ways of their calls, lines that begin
 * with a word (syscalls/entry/ways.h).
 */
#ifndef CLI_TRACE_SUMMARY_H
#define CLI_TRACE_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "cli/ways.h"

struct call_count {
    char name[64];
    uint64_t calls;
    uint64_t errors;
    uint64_t ns;
};

/* A set of process ids. */
struct pid_set {
    uint64_t *bits; /* NULL: empty */
    unsigned count;
};

struct trace_summary {
    struct call_count *counts;
    size_t count;
    size_t room;
    struct ways ways;
    struct pid_set processes; /* that wrote anything */
    struct pid_set told;      /* of them those that told their ways */
    uint64_t lost;            /* lines that were none */
    char partial[512];        /* the beginning of a line whose rest has not come yet */
    size_t partial_length;
};

/* Takes the next `length` bytes of the stream of lines. Returns false where memory ran out. */
bool trace_summary_take(struct trace_summary *summary, const char *bytes, size_t length);

/* Most time first. */
void trace_summary_sort(struct trace_summary *summary);

/* The table, for people or as one JSON object. */
void trace_summary_print(const struct trace_summary *summary, FILE *out, bool json);

void trace_summary_clear(struct trace_summary *summary);

#endif
