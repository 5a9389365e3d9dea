/* Guest memory: range checks in front of the faulting accesses of copy.S. */
#include "base/guest.h"

#include "base/host.h"
#include "base/image.h"
#include "base/shared.h"

extern const char guest_fault_begin[], guest_fault_end[], guest_fault_out[];
int guest_fill_zero(void *dst, size_t n);
int64_t guest_copy_string(char *dst, const char *src, size_t cap);
int guest_raw_first_two(const void *src);
int guest_raw_load32(const void *src, uint32_t *value);
int guest_raw_store32(void *dst, uint32_t value);
int guest_raw_cas32(void *word, uint32_t *expected, uint32_t desired);

#define VECTOR_MAX 1024 /* UIO_MAXIOV: sys/uio.h */

/*
 * The engine's ranges beside image and arena (the host's own stack and vDSO). They belong to the address space,
 * which vfork children share, and are only ever added to, before the guest starts.
 */
#define EXCLUDED_MAX 8
static struct {
    uint64_t lo, hi;
} excluded[EXCLUDED_MAX];
static unsigned excluded_count;
uint64_t guest_excluded_lo = USER_END, guest_excluded_hi;

static bool overlaps(uint64_t lo, uint64_t hi, uint64_t other_lo, uint64_t other_hi)
{
    return lo < other_hi && hi > other_lo;
}

bool guest_exclude(uint64_t lo, uint64_t hi)
{
    if (excluded_count == EXCLUDED_MAX) {
        return false;
    }
    excluded[excluded_count].lo = lo;
    excluded[excluded_count].hi = hi;
    excluded_count++;
    guest_excluded_lo = lo < guest_excluded_lo ? lo : guest_excluded_lo;
    guest_excluded_hi = hi > guest_excluded_hi ? hi : guest_excluded_hi;
    return true;
}

static bool is_excluded(uint64_t lo, uint64_t hi)
{
    for (unsigned i = 0; i < excluded_count; i++) {
        if (overlaps(lo, hi, excluded[i].lo, excluded[i].hi)) {
            return true;
        }
    }
    return false;
}

bool guest_range_ok(guest_ptr p, uint64_t len)
{
    uint64_t end = p.va + len;
    if (end < p.va || end > USER_END) {
        return false;
    }
    if (overlaps(p.va, end, ENGINE_BASE, ENGINE_END) || overlaps(p.va, end, ARENA_BASE, ARENA_END)) {
        return false;
    }
    return !overlaps(p.va, end, guest_excluded_lo, guest_excluded_hi) || !is_excluded(p.va, end);
}

/* The one place where a guest address becomes a pointer. */
static void *host_view(guest_ptr p)
{
    return (void *)p.va;
}

int copyin(void *dst, guest_ptr src, size_t len)
{
    return guest_range_ok(src, len) ? guest_copy(dst, host_view(src), len) : -EFAULT;
}

int copyout(guest_ptr dst, const void *src, size_t len)
{
    return guest_range_ok(dst, len) ? guest_copy(host_view(dst), src, len) : -EFAULT;
}

int guest_zero(guest_ptr dst, size_t len)
{
    return guest_range_ok(dst, len) ? guest_fill_zero(host_view(dst), len) : -EFAULT;
}

/* How many bytes from p on the guest may name, at most len: a string may end before a range that is not its own. */
static uint64_t readable_extent(guest_ptr p, uint64_t len)
{
    while (len > 0 && !guest_range_ok(p, len)) {
        len /= 2;
    }
    return len;
}

static uint64_t lower(uint64_t end, uint64_t lo, uint64_t va)
{
    return lo > va && lo < end ? lo : end;
}

/* Where the first memory above va begins that is not the guest's. */
static uint64_t guest_end(uint64_t va)
{
    uint64_t end = lower(lower(USER_END, ARENA_BASE, va), ENGINE_BASE, va);
    for (unsigned i = 0; i < excluded_count; i++) {
        end = lower(end, excluded[i].lo, va);
    }
    return end;
}

struct guest_span guest_span_clip(uint64_t va, uint64_t len)
{
    if (len == 0 || len > INT64_MAX) {
        return (struct guest_span){va, len};
    }
    if (!guest_range_ok(guest_addr(va), 1)) {
        return (struct guest_span){GUEST_NOWHERE, len};
    }
    uint64_t extent = guest_end(va) - va;
    return (struct guest_span){va, len < extent ? len : extent};
}

bool guest_vector_ok(guest_ptr vector, uint64_t count)
{
    uint64_t entry[2];
    if (count > VECTOR_MAX) {
        return true; /* the host's to refuse */
    }
    if (!guest_range_ok(vector, count * sizeof entry)) {
        return false;
    }
    for (uint64_t i = 0; i < count && copyin(entry, guest_at(vector, i * sizeof entry), sizeof entry) == 0; i++) {
        if (!guest_range_ok(guest_addr(entry[0]), entry[1] < INT64_MAX ? entry[1] : 0)) {
            return false;
        }
    }
    return true;
}

int64_t copyin_str(char *dst, guest_ptr src, size_t cap)
{
    size_t done = 0;
    while (done < cap) {
        uint64_t part = readable_extent(guest_at(src, done), cap - done);
        if (part == 0) {
            return -EFAULT;
        }
        int64_t r = guest_copy_string(dst + done, host_view(guest_at(src, done)), part);
        if (r >= 0) {
            return (int64_t)done + r;
        }
        if (r != -1) {
            return r;
        }
        done += part;
    }
    return -ENAMETOOLONG;
}

static bool word_ok(guest_ptr p, uint64_t size)
{
    return (p.va & (size - 1)) == 0 && guest_range_ok(p, size);
}

int guest_first_two(guest_ptr p)
{
    bool below = p.va < ENGINE_BASE - 1; /* as in guest_span() */
    bool above =
        p.va >= ARENA_END && p.va < USER_END - 1 && (p.va >= guest_excluded_hi || p.va + 2 <= guest_excluded_lo);
    return below || above || guest_range_ok(p, 2) ? guest_raw_first_two(host_view(p)) : -EFAULT;
}

int guest_load32(guest_ptr p, uint32_t *value)
{
    return word_ok(p, 4) ? guest_raw_load32(host_view(p), value) : -EFAULT;
}

int guest_load64(guest_ptr p, uint64_t *value)
{
    return word_ok(p, 8) ? guest_raw_load64(host_view(p), value) : -EFAULT;
}

int guest_store32(guest_ptr p, uint32_t value)
{
    return word_ok(p, 4) ? guest_raw_store32(host_view(p), value) : -EFAULT;
}

int guest_cas32(guest_ptr p, uint32_t *expected, uint32_t desired)
{
    return word_ok(p, 4) ? guest_raw_cas32(host_view(p), expected, desired) : -EFAULT;
}

int guest_cas64(guest_ptr p, uint64_t *expected, uint64_t desired)
{
    return word_ok(p, 8) ? guest_raw_cas64(host_view(p), expected, desired) : -EFAULT;
}

uint64_t guest_fault_resume(uint64_t rip)
{
    bool inside = rip >= (uint64_t)guest_fault_begin && rip < (uint64_t)guest_fault_end;
    return inside ? (uint64_t)guest_fault_out : 0;
}
