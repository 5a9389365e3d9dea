/*
 * What processors have spent their time on: kern.cp_time and kern.cp_times, in CPUSTATES longs of 1/stathz s (sys/sys/
 * resource.h, sysctl_kern_cp_times() in sys/kern/kern_clock.c). The host counts in 1/100 s (proc(5), /proc/stat).
 */
#include "base/heap.h"
#include "base/host.h"
#include "base/host_file.h"
#include "base/mem.h"
#include "freebsd_syscalls.h"
#include "syscalls/freebsd/sysctl/sysctl.h"

#define STAT_HZ    127
#define HOST_HZ    100
#define CPU_STATES 5
#define TEXT_MAX   (256 << 10) /* room for the lines of a thousand processors */

static int64_t number(const char **at)
{
    int64_t value = 0;
    while (**at == ' ') {
        ++*at;
    }
    while (**at >= '0' && **at <= '9') {
        value = value * 10 + (*(*at)++ - '0');
    }
    return value;
}

/* user, nice, system, interrupt, idle; the host has also iowait, interrupts of two kinds, and what others took. */
static void states(const char *at, int64_t out[CPU_STATES])
{
    int64_t host[7];
    for (int i = 0; i < 7; i++) {
        host[i] = number(&at) * STAT_HZ / HOST_HZ;
    }
    out[0] = host[0];
    out[1] = host[1];
    out[2] = host[2];
    out[3] = host[5] + host[6];
    out[4] = host[3] + host[4];
}

int sysctl_cp_time(struct sysctl_request *rq)
{
    char text[256];
    int64_t out[CPU_STATES];
    if (host_file_read("/proc/stat", text, sizeof text) < 5) {
        return -ENOENT;
    }
    states(text + 3, out);
    return sysctl_put(rq, out, sizeof out);
}

static int put_each(struct sysctl_request *rq, const char *line)
{
    static const int64_t absent[CPU_STATES];
    int64_t next = 0;
    int r = 0;
    while (r == 0 && line != NULL && hot_strncmp(line, "cpu", 3) == 0) {
        const char *at = line + 3;
        int64_t out[CPU_STATES], cpu = number(&at);
        states(at, out);
        for (; r == 0 && next < cpu; next++) {
            r = sysctl_put(rq, absent, sizeof absent); /* one that is off has no line */
        }
        r = r == 0 ? sysctl_put(rq, out, sizeof out) : r;
        next = cpu + 1;
        line = hot_strchr(line, '\n');
        line = line != NULL ? line + 1 : NULL;
    }
    return r;
}

int sysctl_cp_times(struct sysctl_request *rq)
{
    char *text = heap_alloc_unset(TEXT_MAX);
    if (text == NULL) {
        return -ENOMEM;
    }
    /* The first line is of all of them. */
    const char *first = host_file_read("/proc/stat", text, TEXT_MAX) > 0 ? hot_strchr(text, '\n') : NULL;
    int r = first != NULL ? put_each(rq, first + 1) : -ENOENT;
    heap_free(text);
    return r;
}
