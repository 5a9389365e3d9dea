/* Mappings from /proc/self/maps; see code_map.h. */
#include "syscalls/entry/code_map.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A line is "low-high rwxp offset ...". Returns whether `at` lies in its mapping, and is what can be rewritten. */
static bool take_line(const char *line, uint64_t at, struct code_mapping *out, bool *found)
{
    char rights[5];
    unsigned long low, high;
    if (sscanf(line, "%lx-%lx %4s", &low, &high, rights) != 3 || at < low || at >= high) {
        return false;
    }
    *out = (struct code_mapping){low, high};
    *found = strcmp(rights, "r-xp") == 0;
    return true;
}

/* By pread: the descriptor is shared with vfork children, and its offset with it. */
int64_t code_map_read(void *reading)
{
    struct code_map_reading *r = reading;
    static char text[1 << 14];
    size_t kept = 0;
    off_t offset = 0;
    ssize_t n;
    bool found = false;
    while ((n = pread(r->maps, text + kept, sizeof text - 1 - kept, offset)) > 0) {
        offset += n;
        kept += (size_t)n;
        text[kept] = '\0';
        char *line = text, *end;
        for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
            *end = '\0';
            if (take_line(line, r->at, &r->mapping, &found)) {
                return found;
            }
        }
        kept = strlen(line);
        memmove(text, line, kept);
    }
    return false;
}
