/* Arguments and results as text, by the types of the system-call table. */
#ifndef SYSCALLS_TRACE_ARGS_H
#define SYSCALLS_TRACE_ARGS_H

#include "syscalls/trace/view.h"

/* Whether argument `index` shows something that only the finished call has: it is printed at the end. */
bool trace_arg_is_output(const struct trace_view *v, uint32_t index);

/* Whether the call has argument `index`; if not, none behind it either. */
bool trace_arg_is_given(const struct trace_view *v, uint32_t index);

/* Prints argument `index`; before the call has returned, outputs appear as addresses. */
void trace_arg(struct trace_view *v, uint32_t index);

/* Prints a result that is no error. */
void trace_result(struct trace_view *v);

#endif
