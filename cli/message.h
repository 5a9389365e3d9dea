/*
 * What dragoman says to its user, in one form: `dragoman: what: why (what to do)`.
 */
#ifndef CLI_MESSAGE_H
#define CLI_MESSAGE_H

#include <stdbool.h>
#include <stdio.h>

/*
 * Writes `dragoman: `, the formatted text and a newline to standard error and returns `status`, so that a
 * caller can say `return fail(EXIT_DRAGOMAN, "%s: %s", what, why);`.
 */
int fail(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The looks that text can have on a terminal. */
enum style { STYLE_PLAIN, STYLE_BOLD, STYLE_GOOD, STYLE_WARN, STYLE_BAD };

/*
 * The escape sequence that switches to `style` on `out`; the empty string where `out` is no terminal, TERM is
 * `dumb` or NO_COLOR is set. The string is a constant.
 */
const char *style_on(FILE *out, enum style style);

/*
 * The candidate nearest to `word` by edit distance, or NULL where none is near enough to be meant.
 * `candidates` ends with NULL.
 */
const char *nearest(const char *word, const char *const *candidates);

/*
 * Flushes `out` and tells whether all that was written to it arrived: a report that a full disk cut short
 * must not end with status 0. Complains itself. Returns 0, or EXIT_DRAGOMAN.
 */
int finish_output(FILE *out);

#endif
