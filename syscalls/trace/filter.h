/*
 * Trace filters: `--trace=FILTER`, `dragoman trace -e FILTER`.
 *
 *   open,openat      these calls
 *   file,network     classes; %file is the same
 *   !clock_gettime   all but this one (where the first word is negated, otherwise it takes away)
 *   all, none
 *
 * A name also means its older generations: `kevent` is freebsd11_kevent too.  `trace=` in front is accepted,
 * as strace's users type it.
 */
#ifndef SYSCALLS_TRACE_FILTER_H
#define SYSCALLS_TRACE_FILTER_H

#include <stddef.h>
#include <stdint.h>

#include "base/personality.h"

/*
 * Resolves `filter` for a personality into bits[words], bit n for call number n; an empty filter is every
 * call. Returns 0, or -1 where a word names neither call nor class: the word is then in `fault` (cut to
 * fault_size).
 */
int trace_filter_resolve(const struct personality *p, const char *filter, uint64_t *bits, size_t words, char *fault,
                         size_t fault_size);

#endif
