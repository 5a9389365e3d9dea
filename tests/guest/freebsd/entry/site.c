/*
 * What the tests of all areas rest on: under `rewrite` their calls come in by the fast entry, under every other mode by
 * traps. A program that reads its own code sees which; nothing of FreeBSD's says that it may not.
 */
#include "guest.h"

TEST(rewritten_when_tests_begin)
{
    enum { JUMP = 0xe9, MOVE_TO_R12 = 0x41 };

    if (guest_intercepted_by("rewrite"))
        CHECK_EQ(*(volatile const uint8_t *)guest_site, JUMP);
    else
        CHECK_EQ(*(volatile const uint8_t *)guest_site, MOVE_TO_R12);
}

/* A fork's child has the code with its jumps. */
static void child(void *unused)
{
    (void)unused;
    test_rewritten_when_tests_begin();
}

TEST(in_a_forks_child)
{
    CHECK_EQ(guest_in_child(child, NULL), 0);
}
