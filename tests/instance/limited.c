/*
 * limited NAME=VALUE... -- COMMAND [ARG...]: COMMAND under limits (memory, cpu, pids, files, disk), in a control group
 * if there is one, and with a resource limit on its files. Prints the group's folders first, and at the end whether they
 * are gone. change=memory:VALUE: after half a second, another limit.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "instance/limits.h"

static uint64_t change_to;

static void take(struct instance_plan *plan, const char *word)
{
    struct instance_limits *l = &plan->limits;
    const char *value = strchr(word, '=');
    uint64_t n = value != NULL ? strtoull(value + 1, NULL, 10) : 0;
    if (strncmp(word, "memory=", 7) == 0) {
        l->memory = n;
    } else if (strncmp(word, "cpu=", 4) == 0) {
        l->cpu_milli = n;
    } else if (strncmp(word, "pids=", 5) == 0) {
        l->pids = n;
    } else if (strncmp(word, "files=", 6) == 0) {
        l->files = n;
    } else if (strncmp(word, "change=", 7) == 0) {
        change_to = n;
    } else if (strcmp(word, "weaker") == 0) {
        plan->least = ISOLATION_NAMESPACES;
    } else {
        fprintf(stderr, "limited: %s: not understood\n", word);
        exit(2);
    }
}

int main(int argc, char **argv)
{
    struct instance_plan plan = {.name = "limited", .least = ISOLATION_FULL, .owners = OWNERS_EMULATED};
    struct world_limits l;
    char folders[CGROUP_PARTS][CGROUP_PATH_MAX];
    int at = 1;
    for (; at < argc && strcmp(argv[at], "--") != 0; at++) {
        take(&plan, argv[at]);
    }
    if (at + 1 >= argc || world_limits_prepare(&l, &plan) != 0 || world_limits_enter(&l) != 0) {
        return 125;
    }
    memcpy(folders, l.group.folder, sizeof folders);
    pid_t pid = fork();
    if (pid == 0) {
        int r = world_limits_process(&l, &plan.limits);
        if (r == 0) {
            execvp(argv[at + 1], argv + at + 1);
        }
        _exit(126);
    }
    int status = world_limits_leave(&l);
    if (change_to != 0) {
        struct instance_limits other = plan.limits;
        char why[200];
        other.memory = change_to;
        usleep(500000);
        if (world_limits_change(&l, &plan.limits, &other, why, sizeof why) != 0) {
            fprintf(stderr, "limited: %s\n", why);
        }
    }
    int ended = 0;
    waitpid(pid, &ended, 0);
    world_limits_end(&l);
    for (int i = 0; i < CGROUP_PARTS; i++) {
        if (folders[i][0] != '\0') {
            printf("%s %s\n", folders[i], access(folders[i], F_OK) == 0 ? "stays" : "gone");
        }
    }
    return status != 0 ? status : WIFEXITED(ended) ? WEXITSTATUS(ended) : 128 + WTERMSIG(ended);
}
