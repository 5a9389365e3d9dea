/*
 * fault-report: writes the report on a guest that dies of a fault.
 *
 *     fault-report --fd N --pid PID
 *
 * The dying process starts it (process/fault.c), having put the facts into descriptor N, and waits. The tool
 * reads that process's memory from outside; it is an ordinary program of the host.
 * Status: 0 the report was written, 1 there is nowhere to write it, 2 wrong use or facts that are none.
 */
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/fault-report/output.h"
#include "cli/fault-report/report.h"

static int number(const char *text)
{
    char *end;
    long n = strtol(text, &end, 10);
    return *text && !*end && n >= 0 && n <= 0x7fffffff ? (int)n : -1;
}

static bool read_facts(int fd, int pid, struct fault_facts *facts)
{
    if (pread(fd, facts, sizeof(*facts), 0) != (ssize_t)sizeof(*facts) || facts->magic != FAULT_FACTS_MAGIC ||
        facts->version != FAULT_FACTS_VERSION || facts->size != sizeof(*facts) || facts->pid != pid) {
        return false;
    }
    facts->personality[sizeof(facts->personality) - 1] = '\0';
    facts->program[sizeof(facts->program) - 1] = '\0';
    facts->report_dir[sizeof(facts->report_dir) - 1] = '\0';
    return true;
}

/* The dying guest's dispositions and mask came along: an ignored SIGCHLD would lose the children's statuses. */
static void restore_signals(void)
{
    for (int i = 1; i < NSIG; i++) {
        (void)signal(i, SIG_DFL);
    }
    (void)signal(SIGPIPE, SIG_IGN);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"fd", required_argument, NULL, 'f'}, {"pid", required_argument, NULL, 'p'}, {NULL, 0, NULL, 0}};
    static struct fault_facts facts;
    int fd = -1, pid = -1, option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'f':
            fd = number(optarg);
            break;
        case 'p':
            pid = number(optarg);
            break;
        default:
            return 2;
        }
    }
    if (fd < 0 || pid <= 0 || optind != argc) {
        fprintf(stderr, "usage: fault-report --fd N --pid PID\n");
        return 2;
    }
    restore_signals();
    if (!read_facts(fd, pid, &facts)) {
        fprintf(stderr, "fault-report: descriptor %d: not the facts of process %d\n", fd, pid);
        return 2;
    }
    if (!output_open(&facts)) {
        return 1;
    }
    report_write(&facts);
    return 0;
}
