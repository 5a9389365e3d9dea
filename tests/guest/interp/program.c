/*
 * A program with an interpreter, built both at a fixed address and position-independent: the interpreter ran first,
 * and everything is where it was told. Source: sys/kern/imgact_elf.c.
 */
#include "guest.h"

/* Defined, so that no weak symbol is left for the interpreter to look up. */
int guest_child(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return 1;
}

/* interpreter.c leaves its mark in r12 and what was wrong, as bits, in r13. */
TEST(interpreter_ran_first)
{
    CHECK_EQ(guest_entry.r12, 0x1d);
}

TEST(auxiliary_vector_was_right)
{
    CHECK_EQ(guest_entry.r13, 0);
}

TEST(entry_is_the_programs)
{
    extern char _start[] __attribute__((visibility("hidden")));

    CHECK_EQ(guest_aux(FREEBSD_AT_ENTRY, NULL), (uint64_t)_start);
}

/* The interpreter lies apart from program, break and stack */
TEST(interpreter_is_elsewhere)
{
    extern char _end[] __attribute__((visibility("hidden")));
    extern char __ehdr_start[] __attribute__((visibility("hidden")));
    uint64_t base = guest_aux(FREEBSD_AT_BASE, NULL);

    CHECK(base != 0 && (base & 4095) == 0);
    CHECK(base > (uint64_t)_end || base < (uint64_t)__ehdr_start);
}

/* The break begins behind the program, not behind the interpreter */
TEST(break_is_the_programs)
{
    extern char _end[] __attribute__((visibility("hidden")));
    uint64_t end = ((uint64_t)_end + 2 * 4096) & ~4095UL;

    CHECK_EQ(SYS(break, end + 4096), (int64_t)(end + 4096));
    *(volatile char *)end = 1;
}
