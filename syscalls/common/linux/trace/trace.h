/* How calls of Linux's programs are traced. */
#ifndef SYSCALLS_COMMON_LINUX_TRACE_H
#define SYSCALLS_COMMON_LINUX_TRACE_H

#include "syscalls/trace/view.h"

#define LINUX_TRACE_ERRNOS 134

extern const struct trace_errno linux_trace_errnos[LINUX_TRACE_ERRNOS];

/* Names that do not depend on the size of a word; structures are shown as addresses. */
extern const struct trace_names linux_trace_names;

#endif
