/* Moving data between descriptors; see transfer.h. */
#include "syscalls/common/transfer.h"

#include "base/host.h"
#include "signals/signals.h"

#define COPY_BUFFER 16384

/* One buffer's worth by read and write. */
static int64_t copy_once(struct thread *t, int in, int64_t *in_offset, int out, int64_t *out_offset, uint64_t length)
{
    char buffer[COPY_BUFFER];
    uint64_t want = length < sizeof(buffer) ? length : sizeof(buffer);
    int64_t got, put;

    got = in_offset ? host_call_intr(t, __NR_pread64, (uint64_t)in, (uint64_t)buffer, want, (uint64_t)*in_offset, 0, 0)
                    : host_call_intr(t, __NR_read, (uint64_t)in, (uint64_t)buffer, want, 0, 0, 0);
    if (got <= 0) {
        return got;
    }
    put = out_offset ? host_call4(__NR_pwrite64, out, buffer, got, *out_offset)
                     : host_call3(__NR_write, out, buffer, got);
    if (!in_offset && put < got) {
        host_call3(__NR_lseek, in, (put < 0 ? 0 : put) - got, 1); /* what was not written was not read */
    }
    if (put < 0) {
        return put;
    }
    if (in_offset) {
        *in_offset += put;
    }
    if (out_offset) {
        *out_offset += put;
    }
    return put;
}

int64_t do_copy_file_range(struct thread *t, int in, int64_t *in_offset, int out, int64_t *out_offset, uint64_t length)
{
    uint64_t done = 0;
    int64_t r = host_call_intr(t, __NR_copy_file_range, (uint64_t)in, (uint64_t)in_offset, (uint64_t)out,
                               (uint64_t)out_offset, length, 0);

    if (r != -EXDEV && r != -ENOSYS && r != -EOPNOTSUPP) {
        return r;
    }
    while (done < length) {
        r = copy_once(t, in, in_offset, out, out_offset, length - done);
        if (r <= 0) {
            break;
        }
        done += (uint64_t)r;
    }
    return done > 0 ? (int64_t)done : r;
}
