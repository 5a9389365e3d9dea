/* What the host knows, as sysctl values. */
#include <asm/stat.h>
#include <linux/fcntl.h>
#include <linux/sysinfo.h>
#include <linux/time.h>
#include <linux/time_types.h>
#include <linux/utsname.h>

#include "base/format.h"
#include "base/host.h"
#include "base/host_clock.h"
#include "base/host_file.h"
#include "base/mem.h"
#include "process/process.h"
#include "process/thread.h"
#include "syscalls/freebsd/process/limits.h"
#include "syscalls/freebsd/sysctl/sysctl.h"

#define PAGE            4096
#define MAX_CPUS        1024
#define ARANDOM_MAX     8192
#define LOAD_SCALE      2048 /* FSCALE */
#define HOST_LOAD_SHIFT 16   /* SI_LOAD_SHIFT */

static uint64_t parse(const char **at)
{
    uint64_t value = 0;
    while (**at >= '0' && **at <= '9') {
        value = value * 10 + (uint64_t)(*(*at)++ - '0');
    }
    return value;
}

static int64_t number_in(const char *path, int64_t otherwise)
{
    char text[64];
    const char *at = text;
    return host_file_read(path, text, sizeof text) > 0 ? (int64_t)parse(&at) : otherwise;
}

uint32_t freebsd_built_for(const struct thread *t)
{
    return t->proc->built_for != 0 ? t->proc->built_for : t->proc->release;
}

void freebsd_release_name(struct thread *t, char *to, size_t size)
{
    struct text x = {to, size, 0};
    const struct process *p = t->proc;
    if (p->settings.release[0] != '\0') {
        hot_strlcpy(to, p->settings.release, size);
        return;
    }
    /* __FreeBSD_version: 1402000 is release 14.2 */
    text_format(&x, "%u.%u-RELEASE", p->release / 100000, p->release / 1000 % 100);
    text_cstr(&x);
}

int sysctl_osrelease(struct sysctl_request *rq)
{
    char name[32];
    freebsd_release_name(rq->t, name, sizeof name);
    return sysctl_put_string(rq, name);
}

int sysctl_version(struct sysctl_request *rq)
{
    char name[32], version[96];
    struct text x = TEXT_ON(version);
    freebsd_release_name(rq->t, name, sizeof name);
    text_format(&x, "FreeBSD %s GENERIC\n", name);
    return sysctl_put_string(rq, text_cstr(&x));
}

int sysctl_hostname(struct sysctl_request *rq)
{
    struct new_utsname u;
    const char *own = rq->t->proc->settings.hostname;
    host_call1(__NR_uname, &u);
    return sysctl_put_string(rq, own[0] != '\0' ? own : u.nodename);
}

int sysctl_domainname(struct sysctl_request *rq)
{
    struct new_utsname u;
    host_call1(__NR_uname, &u);
    return sysctl_put_string(rq, hot_strcmp(u.domainname, "(none)") == 0 ? "" : u.domainname);
}

int sysctl_clockrate(struct sysctl_request *rq)
{
    static const int32_t clockinfo[5] = {1000, 1000, 0, 127, 8128}; /* hz, tick, spare, stathz, profhz */
    return sysctl_put(rq, clockinfo, sizeof clockinfo);
}

int sysctl_boottime(struct sysctl_request *rq)
{
    struct __kernel_timespec now, up;
    host_clock_read(CLOCK_REALTIME, &now);
    host_clock_read(CLOCK_MONOTONIC, &up);
    /* Consistent with the monotonic clock, which FreeBSD starts at boot. */
    int64_t since[2] = {now.tv_sec - up.tv_sec, (now.tv_nsec - up.tv_nsec) / 1000};
    if (since[1] < 0) {
        since[0]--;
        since[1] += 1000000;
    }
    return sysctl_put(rq, since, sizeof since);
}

/* As much as is asked for. */
int sysctl_arandom(struct sysctl_request *rq)
{
    uint8_t bytes[256];
    uint64_t left = guest_is_null(rq->old) ? sizeof(int64_t) : rq->room;
    left = left > ARANDOM_MAX ? ARANDOM_MAX : left;
    while (left > 0) {
        uint64_t n = left < sizeof bytes ? left : sizeof bytes;
        if (host_call3(__NR_getrandom, bytes, n, 0) != (int64_t)n) {
            return -EIO;
        }
        int r = sysctl_put(rq, bytes, n);
        if (r < 0) {
            return r;
        }
        left -= n;
    }
    return 0;
}

/* The host's machine id, which is a UUID without its hyphens. */
int sysctl_hostuuid(struct sysctl_request *rq)
{
    char id[64] = "", uuid[40];
    struct text x = TEXT_ON(uuid);
    if (host_file_read("/etc/machine-id", id, sizeof id) < 32) {
        return sysctl_put_string(rq, "00000000-0000-0000-0000-000000000000");
    }
    for (int i = 0; i < 32; i++) {
        if (i == 8 || i == 12 || i == 16 || i == 20) {
            text_char(&x, '-');
        }
        text_char(&x, id[i]);
    }
    return sysctl_put_string(rq, text_cstr(&x));
}

int sysctl_model(struct sysctl_request *rq)
{
    static const char key[] = "model name";
    char text[2048];
    if (host_file_read("/proc/cpuinfo", text, sizeof text) > 0) {
        for (char *line = text; line != NULL && *line != '\0'; line = hot_strchr(line, '\n')) {
            line += *line == '\n';
            char *value = hot_strchr(line, ':');
            if (hot_strncmp(line, key, sizeof key - 1) == 0 && value != NULL && value[1] == ' ') {
                char *end = hot_strchr(value, '\n');
                if (end != NULL) {
                    *end = '\0';
                }
                return sysctl_put_string(rq, value + 2);
            }
        }
    }
    return sysctl_put_string(rq, "amd64");
}

int sysctl_loadavg(struct sysctl_request *rq)
{
    struct sysinfo info;
    struct {
        uint32_t load[3];
        uint32_t pad;
        int64_t scale;
    } out = {.scale = LOAD_SCALE};
    host_call1(__NR_sysinfo, &info);
    for (int i = 0; i < 3; i++) {
        out.load[i] = (uint32_t)(info.loads[i] * LOAD_SCALE >> HOST_LOAD_SHIFT);
    }
    return sysctl_put(rq, &out, sizeof out);
}

int sysctl_pagesizes(struct sysctl_request *rq)
{
    static const uint64_t sizes[3] = {PAGE, 2 << 20, 0};
    return sysctl_put(rq, sizes, sizeof sizes);
}

/* "0-3,8": how many. */
int64_t sysctl_ncpu(struct thread *t)
{
    char text[256];
    const char *at = text;
    int64_t count = 0;
    (void)t;
    if (host_file_read("/sys/devices/system/cpu/online", text, sizeof text) <= 0) {
        return 1;
    }
    while (*at >= '0' && *at <= '9') {
        uint64_t first = parse(&at), last = first;
        if (*at == '-') {
            at++;
            last = parse(&at);
        }
        count += (int64_t)(last - first) + 1;
        at += *at == ',';
    }
    return count > 0 ? count : 1;
}

int64_t sysctl_maxcpus(struct thread *t)
{
    (void)t;
    return MAX_CPUS;
}

/* Bytes of a mask that has the processors that are there: whole words. libthr asks, and refuses to go on without. */
int64_t sysctl_cpusetsizemin(struct thread *t)
{
    int64_t word = 8 * (int64_t)sizeof(uint64_t);
    return (sysctl_ncpu(t) + word - 1) / word * (int64_t)sizeof(uint64_t);
}

/* A kernel's own cpuset_t: MAXCPU of its machine/param.h, in bytes. */
int64_t sysctl_cpusetsize(struct thread *t)
{
    uint32_t release = t->proc->release;
    int64_t most = release < 1100000 ? 64 : release < 1400000 ? 256 : MAX_CPUS;
    int64_t least = sysctl_cpusetsizemin(t);
    return most / 8 > least ? most / 8 : least;
}

static struct sysinfo memory(void)
{
    struct sysinfo info = {0};
    host_call1(__NR_sysinfo, &info);
    if (info.mem_unit == 0) {
        info.mem_unit = 1;
    }
    return info;
}

int64_t sysctl_physmem(struct thread *t)
{
    (void)t;
    struct sysinfo info = memory();
    return (int64_t)(info.totalram * info.mem_unit);
}

int64_t sysctl_usermem(struct thread *t)
{
    return sysctl_physmem(t);
}

int64_t sysctl_pages(struct thread *t)
{
    return sysctl_physmem(t) / PAGE;
}

int64_t sysctl_free_pages(struct thread *t)
{
    (void)t;
    struct sysinfo info = memory();
    return (int64_t)(info.freeram * info.mem_unit / PAGE);
}

int64_t sysctl_swap_total(struct thread *t)
{
    (void)t;
    struct sysinfo info = memory();
    return (int64_t)(info.totalswap * info.mem_unit);
}

int64_t sysctl_osreldate(struct thread *t)
{
    return t->proc->release;
}

int64_t sysctl_usrstack(struct thread *t)
{
    return (int64_t)t->proc->stack_top;
}

int64_t sysctl_ps_strings(struct thread *t)
{
    return (int64_t)t->proc->ps_strings.va;
}

int64_t sysctl_maxfiles(struct thread *t)
{
    (void)t;
    int64_t files = number_in("/proc/sys/fs/file-max", 1048576);
    return files > INT32_MAX || files <= 0 ? INT32_MAX : files;
}

int64_t sysctl_maxfilesperproc(struct thread *t)
{
    (void)t;
    return freebsd_max_files();
}

int64_t sysctl_maxproc(struct thread *t)
{
    (void)t;
    return number_in("/proc/sys/kernel/pid_max", 32768);
}

int64_t sysctl_somaxconn(struct thread *t)
{
    (void)t;
    return number_in("/proc/sys/net/core/somaxconn", 128);
}

int64_t sysctl_hostid(struct thread *t)
{
    (void)t;
    return 0;
}

/* "cpu MHz : 2599.998" is all the host tells. */
int64_t sysctl_tsc_freq(struct thread *t)
{
    (void)t;
    char text[2048];
    if (host_file_read("/proc/cpuinfo", text, sizeof text) <= 0) {
        return 0;
    }
    for (char *at = text; (at = hot_strchr(at, 'M')) != NULL; at++) {
        char *value = hot_strchr(at, ':');
        if (hot_strncmp(at, "MHz", 3) == 0 && value != NULL) {
            const char *digits = value + 2;
            return (int64_t)parse(&digits) * 1000000;
        }
    }
    return 0;
}
