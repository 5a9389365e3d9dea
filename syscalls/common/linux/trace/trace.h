/*
 * How calls of Linux's programs are traced: names as strace has them, and structures by their members. What does not depend
 * on the size of a word is shared; the rest is in one file for each size (structs_64.c, structs_32.c).
 */
#ifndef SYSCALLS_COMMON_LINUX_TRACE_H
#define SYSCALLS_COMMON_LINUX_TRACE_H

#include "syscalls/trace/view.h"

#define LINUX_TRACE_ERRNOS  134
#define LINUX_TRACE_SIGNALS 32

extern const struct trace_errno linux_trace_errnos[LINUX_TRACE_ERRNOS];
extern const char *const linux_trace_signals[LINUX_TRACE_SIGNALS];

/* For struct personality: 64-bit words, i386, x32. */
extern const struct trace_names linux_trace_names, linux_i386_trace_names, linux_x32_trace_names;

/* Each ended by a NULL name: of either size; with longs of 64 bits, as x32 has them, too; with addresses of 64 or 32 bits. */
extern const struct trace_struct linux_trace_structs[], linux_trace_socket_structs[];
extern const struct trace_struct linux_trace_structs_64[], linux_trace_structs_32[], linux_trace_structs_i386[];
extern const struct trace_layout linux_trace_layouts[], linux_trace_socket_layouts[], linux_trace_long_layouts[];
extern const struct trace_layout linux_trace_layouts_64[], linux_trace_layouts_32[], linux_trace_layouts_i386[];

/* Arguments that others explain; ended by a NULL call. */
extern const struct trace_special linux_trace_specials[];

/* A set of signals, of `size` bytes. */
void linux_trace_signal_set(struct trace_view *v, const void *set, uint32_t size);

/* Which of a call's last arguments are there: those of fcntl, open and prctl depend on others. */
bool linux_trace_given(const struct trace_view *v, uint32_t index);

/* Bytes of a word of the guest whose call is shown. */
uint32_t linux_trace_word(const struct trace_view *v);

/* "[", the elements of a struct iovec, "]". `rest`: bytes that have been read into them, or UINT64_MAX: all they hold. */
void linux_trace_vector(struct trace_view *v, uint64_t va, uint64_t count, uint64_t rest);

/* The value of a socket's option: an int, or bytes. */
void linux_trace_option(struct trace_view *v, uint64_t va, uint64_t length);

#endif
