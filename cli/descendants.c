/*
 * All descendants of a process, from /proc: what a timeout has to end. Reading the whole table is one pass; parents are
 * resolved within it.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/supervise.h"

struct relation {
    pid_t pid;
    pid_t parent;
    bool descends;
};

/* Parent of a process that is not yet dead; -1 where it is gone or a zombie. */
static pid_t parent_of(const char *pid)
{
    char path[64];
    char text[512];
    snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -1;
    }
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    if (n <= 0) {
        return -1;
    }
    text[n] = '\0';
    /* "pid (name) state parent …": the name may hold anything, also parentheses. */
    char *at = strrchr(text, ')');
    char state = '\0';
    int parent = -1;
    if (at == NULL || sscanf(at + 1, " %c %d", &state, &parent) != 2 || state == 'Z' || state == 'X') {
        return -1;
    }
    return parent;
}

static struct relation *read_relations(size_t *count)
{
    struct relation *list = NULL;
    size_t room = 0;
    *count = 0;
    DIR *dir = opendir("/proc");
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        pid_t parent = pid > 0 ? parent_of(entry->d_name) : -1;
        if (parent < 0) {
            continue;
        }
        if (*count == room) {
            struct relation *grown = realloc(list, (room * 2 + 64) * sizeof *list);
            if (grown == NULL) {
                break;
            }
            list = grown;
            room = room * 2 + 64;
        }
        list[(*count)++] = (struct relation){pid, parent, false};
    }
    if (dir != NULL) {
        closedir(dir);
    }
    return list;
}

/* Marks whoever has a marked parent, until nobody is added. */
static void mark(struct relation *list, size_t count, pid_t root)
{
    bool more = true;
    while (more) {
        more = false;
        for (size_t i = 0; i < count; i++) {
            bool descends = list[i].parent == root;
            for (size_t j = 0; j < count && !descends; j++) {
                descends = list[j].descends && list[j].pid == list[i].parent;
            }
            if (descends && !list[i].descends) {
                list[i].descends = true;
                more = true;
            }
        }
    }
}

unsigned signal_descendants(int signal)
{
    size_t count = 0;
    unsigned reached = 0;
    struct relation *list = read_relations(&count);
    mark(list, count, getpid());
    for (size_t i = 0; i < count; i++) {
        if (list[i].descends && kill(list[i].pid, signal) == 0) {
            reached++;
        }
    }
    free(list);
    return reached;
}
