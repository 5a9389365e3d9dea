/* Names of Linux's constants as the tables of the tracer have them: by the kernel's own headers. */
#ifndef SYSCALLS_COMMON_LINUX_TRACE_NAMES_H
#define SYSCALLS_COMMON_LINUX_TRACE_NAMES_H

#include "syscalls/trace/flags.h"

#define BIT(name) FLAG_BIT(name, #name)
#define MASKED(mask, name)                                                                                             \
    {                                                                                                                  \
        (mask), (name), #name                                                                                          \
    }
#define VALUE(name)                                                                                                    \
    {                                                                                                                  \
        (name), #name                                                                                                  \
    }

/* trace_flags_*.c: each ended by a NULL name */
extern const struct trace_table linux_trace_file_tables[];
extern const struct trace_table linux_trace_process_tables[];
extern const struct trace_table linux_trace_network_tables[];

#endif
