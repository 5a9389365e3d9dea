/* Rewriting, its cold side: what the decoder is asked. With the gate held. */
#include <errno.h>
#include <linux/membarrier.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/image.h"
#include "syscalls/entry/choose.h"
#include "syscalls/entry/rewrite.h"
#include "syscalls/entry/rewrite_code.h"

extern char _end[];

enum { PAGE = 4096 };

int rewrite_init(void)
{
    uintptr_t from = ((uintptr_t)_end + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
    /* Nothing may be put there that a guest asks for: calls from below ENGINE_CALLS_END would not be caught. */
    void *reserve = mmap((void *)from, ENGINE_END - from, PROT_NONE, /* NOLINT(performance-no-int-to-ptr) */
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (reserve == MAP_FAILED) {
        return -errno;
    }
    /* Now, while there is one thread: with several the host waits until all processors have rested. */
    code_can_synchronise = syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0) == 0;
    return 0;
}

static bool read_guest(void *context, void *to, uint64_t from, size_t size)
{
    (void)context;
    return code_read(to, from, size);
}

int64_t rewrite_choose(void *request)
{
    struct rewrite_request *rq = request;
    enum site_refusal refusal = choose_patch(&rq->window, &rq->choice);
    bool seen = refusal == REFUSED_NOT && choice_seen(&rq->choice, &rq->regs, read_guest, NULL);
    return refusal == REFUSED_NOT && !seen ? REFUSED_UNCLEAR : refusal;
}
