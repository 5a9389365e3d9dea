/*
 * A line of a report file. `run --report DIR` makes one file per process, or in an isolated world one for all; each line but the last of a process tells of one thing that
 * the guest asked for and did not get, or not whole:
 *
 *   {"pid":1,"program":"/x","personality":"freebsd","call":"name","number":1,"level":"nosys","count":1,"detail":"…"}
 *
 * The last, which a process that is killed lacks, tells by which ways its calls came in (syscalls/entry/ways.h):
 *
 *   {"pid":1,"program":"/x","personality":"freebsd","ways":{"rewritten":9,"trapped":3},
 *    "sites":{"seen":2,"rewritten":1,"refused":{"short":1}}}
 *
 * A process that dies may leave its last line cut off; keys that a reader does not know are skipped.
 */
#ifndef CLI_REPORT_LINE_H
#define CLI_REPORT_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/ways.h"

struct report_line {
    int64_t pid;
    int64_t number;
    int64_t count;
    char program[1024];
    char personality[32];
    char call[64];
    char level[16];
    char detail[256];
    struct ways ways;
};

/*
 * Reads one line, without its newline. Returns false where it is no whole object, or tells of no call, no detail and no
 * ways.
 */
bool report_line_parse(const char *text, struct report_line *line);

#endif
