#include "syscalls/freebsd/trace/trace.h"

#include <stddef.h>

#include "process/thread.h"

static const struct trace_table *const tables[] = {
    freebsd_trace_file_tables,
    freebsd_trace_process_tables,
    freebsd_trace_network_tables,
    NULL,
};

static const struct trace_struct *const structs[] = {
    freebsd_trace_scalar_structs,
    freebsd_trace_file_structs,
    freebsd_trace_process_structs,
    freebsd_trace_network_structs,
    NULL,
};

static const char *const leaving[] = {"execve", "fexecve", "__mac_execve", NULL};

static int64_t thread_id(const struct thread *t)
{
    return (int64_t)t->tid + FREEBSD_TID_OFFSET;
}

const struct trace_names freebsd_trace_names = {
    .tables = tables,
    .structs = structs,
    .specials = freebsd_trace_specials,
    .errnos = freebsd_trace_errnos,
    .errno_count = FREEBSD_TRACE_ERRNOS,
    .signals = freebsd_trace_signals,
    .signal_count = FREEBSD_TRACE_SIGNALS,
    .at_fdcwd = -100,
    .leaving = leaving,
    .classes = freebsd_trace_classes,
    .thread_id = thread_id,
};
