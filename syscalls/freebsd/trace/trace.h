/* What the tracer knows of FreeBSD: names of constants, structures, and arguments that need explaining. */
#ifndef SYSCALLS_FREEBSD_TRACE_H
#define SYSCALLS_FREEBSD_TRACE_H

#include "syscalls/trace/view.h"

/* trace_names.c: for struct personality. */
extern const struct trace_names freebsd_trace_names;

/* trace_flags_*.c: each ended by a NULL name. */
extern const struct trace_table freebsd_trace_file_tables[];
extern const struct trace_table freebsd_trace_process_tables[];
extern const struct trace_table freebsd_trace_network_tables[];

/* trace_structs_*.c: each ended by a NULL name. */
extern const struct trace_struct freebsd_trace_scalar_structs[];
extern const struct trace_struct freebsd_trace_file_structs[];
extern const struct trace_struct freebsd_trace_process_structs[];
extern const struct trace_struct freebsd_trace_network_structs[];

/* trace_special.c: ended by a NULL call. */
extern const struct trace_special freebsd_trace_specials[];

/* trace_classes.c: ended by a NULL name. */
extern const struct trace_class freebsd_trace_classes[];

/* trace_errno.c */
#define FREEBSD_TRACE_ERRNOS  98
#define FREEBSD_TRACE_SIGNALS 127
extern const struct trace_errno freebsd_trace_errnos[FREEBSD_TRACE_ERRNOS];
extern const char *const freebsd_trace_signals[FREEBSD_TRACE_SIGNALS];

#endif
