#include "instance/children.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void children_kill(void)
{
    char path[64], text[4096];
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (fd >= 0) {
        close(fd);
    }
    text[n > 0 ? n : 0] = '\0';
    if (n == (ssize_t)sizeof text - 1) {
        char *last = strrchr(text, ' '); /* whose number may be cut off */
        *(last != NULL ? last : text) = '\0';
    }
    for (char *at = text, *end; *at != '\0'; at = end) {
        long pid = strtol(at, &end, 10);
        if (end == at) {
            break;
        }
        if (pid > 1) {
            kill((pid_t)pid, SIGKILL);
        }
    }
}
