#include "answer.h"

int64_t answer_wanted(uint32_t number)
{
    if (number == ANSWER_PID)
        return SYS(getpid);
    return number == ANSWER_PARENT ? SYS(getppid) : -FREEBSD_ENOSYS;
}

bool answer_right(const uint8_t *function, uint32_t number, unsigned times, const char *what)
{
    int64_t want = answer_wanted(number);

    for (unsigned i = 0; i < times; i++) {
        int64_t got = code_at(function)(0, 0, 0, 0, 0, 0, number);

        if (got != want) {
            guest_fail(__FILE__, __LINE__, "%s: call %u of number %u answers %ld, not %ld", what, i + 1, number,
                       (long)got, (long)want);
            return false;
        }
    }
    return true;
}

int64_t answer_jump(const uint8_t *at, uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    register uint64_t r10 __asm__("r10") = d;
    register uint64_t r8 __asm__("r8") = 0;
    register uint64_t r9 __asm__("r9") = 0;
    int64_t result;

    /* Below the red zone, as the compiler does not know of the call. */
    __asm__ volatile("leaq -128(%%rsp), %%rsp\n\tcall *%[at]\n\tleaq 128(%%rsp), %%rsp"
                     : "=a"(result), "+D"(a), "+S"(b), "+d"(c), "+c"(d), "+r"(r10), "+r"(r8), "+r"(r9)
                     : "0"(number), [at] "b"(at)
                     : "r11", "memory", "cc");
    return result;
}

void answer_meet(struct answer_barrier *barrier, uint32_t count)
{
    uint32_t round = __atomic_load_n(&barrier->round, __ATOMIC_ACQUIRE);

    if (__atomic_add_fetch(&barrier->arrived, 1, __ATOMIC_ACQ_REL) == count) {
        barrier->arrived = 0;
        __atomic_store_n(&barrier->round, round + 1, __ATOMIC_RELEASE);
        return;
    }
    for (unsigned spins = 0; __atomic_load_n(&barrier->round, __ATOMIC_ACQUIRE) == round; spins++)
        if (spins > 2000)
            SYS(sched_yield);
}
