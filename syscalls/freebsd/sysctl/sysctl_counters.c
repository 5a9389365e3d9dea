/*
 * Counters of virtual memory (vm.stats), swap, consoles and the kernel's messages, as the host has them. Sources:
 * sys/vm/vm_meter.c, sys/vm/swap_pager.c, sys/kern/subr_prf.c; proc(5) of the host.
 */
#include "base/format.h"
#include "base/heap.h"
#include "base/host.h"
#include "base/mem.h"
#include "syscalls/freebsd/sysctl/host_text.h"
#include "syscalls/freebsd/sysctl/sysctl.h"

#define PAGE          4096
#define SWAP_VERSION  2 /* XSWDEV_VERSION; 1 is that of before 12 */
#define SW_USED       1 /* the device is in use; the kernel's flags are not the header's */
#define MSGBUF_SIZE   (128u << 10)
#define READ_MESSAGES 3 /* SYSLOG_ACTION_READ_ALL */

/* Programs of before 12 read counters in 32 bits: sysctl_handle_vmstat(). */
static int put_counter(struct sysctl_request *rq, uint64_t value)
{
    uint32_t low = (uint32_t)value;

    if (!guest_is_null(rq->old) && rq->room == sizeof low) {
        return sysctl_put(rq, &low, sizeof low);
    }
    return sysctl_put_number(rq, (int64_t)value);
}

/* The leaf's text is the line's beginning, or NULL for what the host does not count; its number a divisor, or 0. */
static int counter_of(struct sysctl_request *rq, const char *path)
{
    uint64_t divisor = rq->leaf->number > 0 ? (uint64_t)rq->leaf->number : 1;

    return put_counter(rq, rq->leaf->text != NULL ? host_text_value(path, rq->leaf->text) / divisor : 0);
}

int sysctl_vm_counter(struct sysctl_request *rq)
{
    return counter_of(rq, "/proc/vmstat");
}

int sysctl_stat_counter(struct sysctl_request *rq)
{
    return counter_of(rq, "/proc/stat");
}

/* What the host never gives away, in pages; its marks above that are a quarter and a half more (vm.min_free_kbytes). */
int64_t sysctl_free_minimum(struct thread *t)
{
    (void)t;
    return (int64_t)host_text_value("/proc/sys/vm/min_free_kbytes", "") * 1024 / PAGE;
}

int64_t sysctl_free_target(struct thread *t)
{
    return sysctl_free_minimum(t) * 3 / 2;
}

/* One swap area, in pages. */
struct area {
    uint64_t size, used;
};

/* Line `wanted` of /proc/swaps behind its heading: "name type kilobytes used priority". Returns 0 or -ENOENT. */
static int swap_area(int32_t wanted, struct area *area)
{
    struct host_text text;
    int r = host_text_read(&text, "/proc/swaps");
    const char *line = r == 0 ? host_text_next(text.at) : NULL;

    for (; line != NULL && wanted > 0; wanted--) {
        line = host_text_next(line);
    }
    r = line != NULL && wanted == 0 ? 0 : -ENOENT;
    for (int word = 0; r == 0 && word < 2; word++) {
        for (; *line != ' ' && *line != '\t' && *line != '\0'; line++) {}
        for (; *line == ' ' || *line == '\t'; line++) {}
    }
    if (r == 0) {
        area->size = host_text_number(&line) * 1024 / PAGE;
        area->used = host_text_number(&line) * 1024 / PAGE;
    }
    host_text_free(&text);
    return r;
}

int64_t sysctl_swap_devices(struct thread *t)
{
    struct area area;
    int64_t count = 0;

    (void)t;
    while (swap_area((int32_t)count, &area) == 0) {
        count++;
    }
    return count;
}

/* vm.swap_info.N: struct xswdev of sys/vm/vm_param.h, in either version; no device of the guest's stands behind it. */
int sysctl_swap_info(struct sysctl_request *rq)
{
    struct {
        uint32_t version, pad;
        uint64_t device;
        int32_t flags, blocks, used, pad2;
    } now = {.version = SWAP_VERSION, .device = UINT64_MAX, .flags = SW_USED};
    struct {
        uint32_t version, device;
        int32_t flags, blocks, used;
    } old = {.version = 1, .device = UINT32_MAX, .flags = SW_USED};
    struct area area;

    _Static_assert(sizeof now == 32 && sizeof old == 20, "struct xswdev");
    if (rq->rest_count != 1) {
        return -EINVAL;
    }
    int r = rq->rest[0] < 0 ? -ENOENT : swap_area(rq->rest[0], &area);
    if (r < 0) {
        return r;
    }
    now.blocks = old.blocks = (int32_t)area.size;
    now.used = old.used = (int32_t)area.used;
    return rq->room == sizeof old ? sysctl_put(rq, &old, sizeof old) : sysctl_put(rq, &now, sizeof now);
}

/* The host's messages, where it lets the user read them; it may not, as security.bsd.unprivileged_read_msgbuf says. */
int sysctl_msgbuf(struct sysctl_request *rq)
{
    char *text = heap_alloc_unset(MSGBUF_SIZE);

    if (text == NULL) {
        return -ENOMEM;
    }
    int64_t n = host_call3(__NR_syslog, READ_MESSAGES, text, MSGBUF_SIZE - 1);
    if (n >= 0) {
        text[n] = '\0';
        n = sysctl_put(rq, text, (size_t)n + 1);
    }
    heap_free(text);
    return (int)n;
}

/* Consoles in use, a slash, and those that there are: the host knows the first ("ttyS0 tty0"), which are there at least. */
int sysctl_console(struct sysctl_request *rq)
{
    struct host_text text;
    char list[128];
    struct text x = TEXT_ON(list);

    if (host_text_read(&text, "/sys/class/tty/console/active") < 0) {
        return sysctl_put_string(rq, "/");
    }
    for (int pass = 0; pass < 2; pass++) {
        for (const char *at = text.at; *at != '\0'; at++) {
            text_char(&x, *at == ' ' || *at == '\n' ? ',' : *at);
        }
        if (pass == 0) {
            text_char(&x, '/');
        }
    }
    host_text_free(&text);
    return sysctl_put_string(rq, text_cstr(&x));
}

/* struct nchstats of sys/sys/namei.h: how the cache of names has served. The host does not tell. */
int sysctl_name_cache(struct sysctl_request *rq)
{
    static const uint64_t counts[9];
    return sysctl_put(rq, counts, sizeof counts);
}

/* Bytes in buffers of block devices. */
int64_t sysctl_buffers(struct thread *t)
{
    (void)t;
    return (int64_t)host_text_value("/proc/meminfo", "Buffers:") * 1024;
}

int64_t sysctl_msgbuf_open(struct thread *t)
{
    (void)t;
    return host_text_value("/proc/sys/kernel/dmesg_restrict", "") == 0;
}

int64_t sysctl_sockets(struct thread *t)
{
    (void)t;
    return (int64_t)host_text_value("/proc/net/sockstat", "sockets: used");
}

/* "0-3,8": the last number. */
int64_t sysctl_last_cpu(struct thread *t)
{
    struct host_text text;
    int64_t last = 0;

    (void)t;
    if (host_text_read(&text, "/sys/devices/system/cpu/online") == 0) {
        for (const char *at = text.at; *at != '\0'; at += *at != '\0') {
            last = *at >= '0' && *at <= '9' ? (int64_t)host_text_number(&at) : last;
        }
        host_text_free(&text);
    }
    return last;
}
