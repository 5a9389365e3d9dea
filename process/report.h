/*
 * Reports: what a run could not do for its guest. Each call that is not supported is recorded once per process
 * and written where the settings say; --strict makes it fatal.
 *
 * The file is DIR/COMMAND.PID.jsonl, or in an isolated world one for all of it, a JSON object per line. A kind's first line is written when it is met, so that
 * a process that is killed leaves it; another follows at the end with what was counted since. Then comes a line about
 * the ways by which its calls came in (syscalls/entry/ways.h).
 */
#ifndef PROCESS_REPORT_H
#define PROCESS_REPORT_H

#include <stdbool.h>

struct process;
struct settings;
struct text;
struct thread;

#define REPORT_LINE_MAX 4096 /* bytes of a line: it holds the longest program path with every character escaped */

/*
 * Records that the guest asked for something unsupported. name: the guest's name of the call; nr: its number;
 * detail: what exactly (a flag, an operation), NULL for the whole call; it is copied, up to 79 bytes. With --strict, ends the process with
 * status 125 and does not return.
 */
void report_unsupported(struct thread *t, const char *name, int nr, const char *detail);

/* Whether reports are written. */
bool report_wanted(const struct settings *s);

/* A fork's child reports on its own account. */
void report_after_fork(struct thread *t);

/* What all lines begin with: an object, left open, that says which process and program this is. */
void report_head(const struct process *p, struct text *x);

/* Appends a whole line of another kind to the process's file. Where that cannot be written it is lost. */
void report_append(const struct process *p, const struct text *line);

/* Writes what is outstanding, when the process ends or executes another program. */
void report_flush(struct thread *t);

#endif
