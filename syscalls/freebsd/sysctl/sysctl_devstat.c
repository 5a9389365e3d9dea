/*
 * kern.devstat: what disks have done, for devstat(3), which iostat(8), vmstat(8) and systat(1) are built on. Layout:
 * struct devstat of sys/sys/devicestat.h; semantics: sys/kern/subr_devstat.c. The host counts in /proc/diskstats.
 */
#include <linux/fcntl.h>

#include "base/format.h"
#include "base/host.h"
#include "base/mem.h"
#include "syscalls/freebsd/sysctl/host_text.h"
#include "syscalls/freebsd/sysctl/sysctl.h"

#define NAME_LENGTH   16 /* DEVSTAT_NAME_LEN */
#define HOST_SECTOR   512
#define PRIORITY_DISK 0x110 /* DEVSTAT_PRIORITY_DISK */
#define MS_PER_S      1000

enum { NO_DATA, READ, WRITE, FREE, TRANSACTIONS };

/* struct bintime: seconds and 2^-64 of one. */
struct freebsd_bintime {
    int64_t sec;
    uint64_t frac;
};

struct freebsd_devstat {
    uint32_t sequence0;
    int32_t allocated;
    uint32_t start_count, end_count;
    struct freebsd_bintime busy_from;
    uint64_t next;
    uint32_t device_number;
    char device_name[NAME_LENGTH];
    int32_t unit_number;
    uint64_t bytes[TRANSACTIONS], operations[TRANSACTIONS];
    struct freebsd_bintime duration[TRANSACTIONS], busy_time, creation_time;
    uint32_t block_size;
    uint64_t tag_types[3];
    int32_t flags, device_type, priority;
    uint64_t id;
    uint32_t sequence1;
};
_Static_assert(sizeof(struct freebsd_devstat) == 288 && offsetof(struct freebsd_devstat, bytes) == 64 &&
                   offsetof(struct freebsd_devstat, block_size) == 224,
               "sys/devicestat.h");

/* The columns of a line behind the name, in the host's order: Documentation/admin-guide/iostats.rst. */
enum {
    READS,
    READS_MERGED,
    SECTORS_READ,
    MS_READING,
    WRITES,
    WRITES_MERGED,
    SECTORS_WRITTEN,
    MS_WRITING,
    IN_FLIGHT,
    MS_BUSY,
    MS_WEIGHTED,
    DISCARDS,
    DISCARDS_MERGED,
    SECTORS_DISCARDED,
    MS_DISCARDING,
    COLUMNS
};

static struct freebsd_bintime bintime(uint64_t ms)
{
    return (struct freebsd_bintime){.sec = (int64_t)(ms / MS_PER_S), .frac = ms % MS_PER_S * (UINT64_MAX / MS_PER_S)};
}

/* Whether a name is a whole disk's: partitions are shown as parts of theirs. */
static bool is_disk(const char *name)
{
    char path[64];
    struct text x = TEXT_ON(path);

    text_format(&x, "/sys/block/%s", name);
    return host_call3(__NR_faccessat, AT_FDCWD, text_cstr(&x), 0) == 0;
}

/* nvme0n1 is unit 1 of nvme0n; a disk whose name has no number at its end is the first of its name. */
static void set_name(struct freebsd_devstat *d, const char *name)
{
    size_t length = hot_strlen(name), stem = length;

    while (stem > 1 && name[stem - 1] >= '0' && name[stem - 1] <= '9') {
        stem--;
    }
    for (size_t i = stem; i < length; i++) {
        d->unit_number = d->unit_number * 10 + (name[i] - '0');
    }
    memcpy(d->device_name, name, stem < NAME_LENGTH ? stem : NAME_LENGTH - 1);
}

static void set_counts(struct freebsd_devstat *d, const uint64_t *v)
{
    d->operations[READ] = v[READS];
    d->operations[WRITE] = v[WRITES];
    d->operations[FREE] = v[DISCARDS];
    d->bytes[READ] = v[SECTORS_READ] * HOST_SECTOR;
    d->bytes[WRITE] = v[SECTORS_WRITTEN] * HOST_SECTOR;
    d->bytes[FREE] = v[SECTORS_DISCARDED] * HOST_SECTOR;
    d->duration[READ] = bintime(v[MS_READING]);
    d->duration[WRITE] = bintime(v[MS_WRITING]);
    d->duration[FREE] = bintime(v[MS_DISCARDING]);
    d->busy_time = bintime(v[MS_BUSY]);
    d->end_count = (uint32_t)(v[READS] + v[WRITES] + v[DISCARDS]);
    d->start_count = d->end_count + (uint32_t)v[IN_FLIGHT];
}

/* One line; false where it is no disk's, or that of one which was never used (the host has loop devices in store). */
static bool parse_line(const char *line, struct freebsd_devstat *d)
{
    uint64_t v[COLUMNS];
    char name[32];
    size_t n = 0;

    host_text_number(&line); /* major and minor */
    host_text_number(&line);
    line += *line == ' ';
    for (; line[n] != ' ' && line[n] != '\n' && line[n] != '\0' && n < sizeof name - 1; n++) {
        name[n] = line[n];
    }
    name[n] = '\0';
    line += n;
    for (uint32_t i = 0; i < COLUMNS; i++) {
        v[i] = host_text_number(&line); /* older hosts have fewer columns: 0 */
    }
    if (v[READS] + v[WRITES] == 0 || !is_disk(name)) {
        return false;
    }
    memset(d, 0, sizeof *d);
    d->allocated = 1;
    d->block_size = HOST_SECTOR;
    d->priority = PRIORITY_DISK;
    set_name(d, name);
    set_counts(d, v);
    return true;
}

/* Counts the disks, and hands each out where there is a request. Returns how many, or what sysctl_put() or the host refuses. */
static int64_t each(struct sysctl_request *rq)
{
    struct host_text text;
    struct freebsd_devstat d;
    int64_t count = 0;
    int r = host_text_read(&text, "/proc/diskstats");

    for (const char *line = r == 0 ? text.at : NULL; r == 0 && line != NULL; line = host_text_next(line)) {
        if (parse_line(line, &d)) {
            d.device_number = (uint32_t)count++;
            r = rq != NULL ? sysctl_put(rq, &d, sizeof d) : 0;
        }
    }
    host_text_free(&text);
    return r < 0 ? r : count;
}

int64_t sysctl_devstat_count(struct thread *t)
{
    (void)t;
    int64_t count = each(NULL);
    return count < 0 ? 0 : count;
}

/* The generation, which is what kern.devstat.generation says, and then each device's. */
int sysctl_devstat_all(struct sysctl_request *rq)
{
    int64_t generation = sysctl_devstat_count(rq->t);
    int r = sysctl_put(rq, &generation, sizeof generation);

    if (r < 0) {
        return r;
    }
    int64_t count = each(rq);
    return count < 0 && count != -ENOENT ? (int)count : 0;
}
