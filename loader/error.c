#include "loader/error.h"

#include <stdarg.h>
#include <stdio.h>

int loader_fail(struct loader_error *err, int host_errno, const char *format, ...)
{
    va_list args;

    err->host_errno = host_errno;
    va_start(args, format);
    vsnprintf(err->text, sizeof(err->text), format, args);
    va_end(args);
    return -host_errno;
}
