#include "instance/complain.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/plain.h"

int complain(const char *format, ...)
{
    char line[2048];
    va_list args;
    int head = snprintf(line, sizeof line, "dragoman: ");
    va_start(args, format);
    int n = vsnprintf(line + head, sizeof line - (size_t)head - 1, format, args);
    va_end(args);
    size_t size = (size_t)head + (n < 0 ? 0 : (size_t)n);
    if (size > sizeof line - 2) {
        size = sizeof line - 2;
    }
    plain_message(line, size);
    line[size] = '\n';
    if (write(STDERR_FILENO, line, size + 1) < 0) {
        return COMPLAINED; /* nobody listens */
    }
    return COMPLAINED;
}
