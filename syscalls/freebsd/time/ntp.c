/*
 * The clock's discipline: ntp_adjtime, ntp_gettime, adjtime. Semantics: ntp_adjtime(2), adjtime(2), sys/kern/kern_ntptime.c,
 * sys/sys/timex.h. Both kernels have it from David Mills' "Kernel Model for Precision Timekeeping", with the same
 * units, states and status bits. A jail's processes may look at it and not change it (PRIV_ADJTIME and PRIV_NTP_ADJTIME
 * are not in prison_priv_check(), sys/kern/kern_jail.c).
 */
#include <linux/time_types.h>
#include <linux/timex.h>

#include "base/host.h"
#include "base/mem.h"
#include "freebsd_syscalls.h"

#define US_PER_SECOND 1000000

struct freebsd_timex {
    uint32_t modes, pad0;
    int64_t offset, freq, maxerror, esterror;
    int32_t status, pad1;
    int64_t constant, precision, tolerance;
    int64_t ppsfreq, jitter;
    int32_t shift, pad2;
    int64_t stabil, jitcnt, calcnt, errcnt, stbcnt;
};
_Static_assert(sizeof(struct freebsd_timex) == 136, "sys/timex.h");

struct freebsd_ntptimeval {
    struct __kernel_timespec time;
    int64_t maxerror, esterror, tai;
    int32_t time_state, pad;
};
_Static_assert(sizeof(struct freebsd_ntptimeval) == 48, "sys/timex.h");

int64_t freebsd_ntp_adjtime(struct thread *t, guest_ptr tp)
{
    (void)t;
    struct freebsd_timex guest;
    int r = COPYIN(&guest, tp);
    if (r < 0) {
        return r;
    }
    if (guest.modes != 0) {
        return -EPERM;
    }
    struct __kernel_timex x = {.modes = 0};
    int64_t state = host_call1(__NR_adjtimex, &x);
    if (state < 0) {
        return state;
    }
    memset(&guest.pad0, 0, sizeof guest - sizeof guest.modes);
    guest.offset = x.offset;
    guest.freq = x.freq;
    guest.maxerror = x.maxerror;
    guest.esterror = x.esterror;
    guest.status = x.status;
    guest.constant = x.constant;
    guest.precision = x.precision;
    guest.tolerance = x.tolerance;
    guest.ppsfreq = x.ppsfreq;
    guest.jitter = x.jitter;
    guest.shift = x.shift;
    guest.stabil = x.stabil;
    guest.jitcnt = x.jitcnt;
    guest.calcnt = x.calcnt;
    guest.errcnt = x.errcnt;
    guest.stbcnt = x.stbcnt;
    r = COPYOUT(tp, &guest);
    return r < 0 ? r : state;
}

int64_t freebsd_ntp_gettime(struct thread *t, guest_ptr ntvp)
{
    (void)t;
    struct __kernel_timex x = {.modes = 0};
    int64_t state = host_call1(__NR_adjtimex, &x);
    if (state < 0) {
        return state;
    }
    bool nanoseconds = (x.status & STA_NANO) != 0;
    struct freebsd_ntptimeval out = {
        .time = {x.time.tv_sec, nanoseconds ? x.time.tv_usec : x.time.tv_usec * 1000},
        .maxerror = x.maxerror,
        .esterror = x.esterror,
        .tai = x.tai,
        .time_state = (int32_t)state,
    };
    int r = COPYOUT(ntvp, &out);
    return r < 0 ? r : state;
}

int64_t freebsd_adjtime(struct thread *t, guest_ptr delta, guest_ptr olddelta)
{
    (void)t;
    int64_t change[2];
    struct __kernel_timex x = {.modes = ADJ_OFFSET_SS_READ};
    if (!guest_is_null(delta)) {
        int r = copyin(change, delta, sizeof change);
        return r < 0 ? r : -EPERM;
    }
    int64_t r = host_call1(__NR_adjtimex, &x);
    if (r < 0 || guest_is_null(olddelta)) {
        return r < 0 ? r : 0;
    }
    int64_t left[2] = {x.offset / US_PER_SECOND, x.offset % US_PER_SECOND};
    if (left[1] < 0) {
        left[1] += US_PER_SECOND;
        left[0]--;
    }
    return copyout(olddelta, left, sizeof left);
}
