#include "cli/tool.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/message.h"

int own_path(char *out, size_t size)
{
    ssize_t n = readlink("/proc/self/exe", out, size - 1);
    if (n < 0) {
        return fail(EXIT_DRAGOMAN, "/proc/self/exe: %s (mount /proc)", strerror(errno));
    }
    out[n] = '\0';
    return 0;
}

int tool_path(const char *name, char *out, size_t size)
{
    static const char *const places[] = {"libexec/dragoman", "../libexec/dragoman"};
    char self[PATH_MAX];
    int status = own_path(self, sizeof self);
    if (status != 0) {
        return status;
    }
    char *slash = strrchr(self, '/');
    for (size_t i = 0; slash != NULL && i < sizeof places / sizeof places[0]; i++) {
        int n = snprintf(out, size, "%.*s/%s/%s", (int)(slash - self), self, places[i], name);
        if (n > 0 && (size_t)n < size && access(out, X_OK) == 0) {
            return 0;
        }
    }
    return fail(EXIT_DRAGOMAN, "libexec/dragoman/%s: not found beside %s (install dragoman whole)", name, self);
}
