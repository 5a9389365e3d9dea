/* Addresses of the internet as text. */
#ifndef SYSCALLS_TRACE_INTERNET_H
#define SYSCALLS_TRACE_INTERNET_H

#include <stdint.h>

#include "base/format.h"

/* The 16 bytes of an IPv6 address with its longest run of zero groups as "::" (RFC 5952). */
void trace_inet6(struct text *out, const uint8_t *address);

#endif
