/*
 * The ends of a process, for the runner, which looks at them from outside: exit statuses and deaths by signal.
 */
#include "guest.h"

static void die_of_fault(const char *kind)
{
    if (guest_strcmp(kind, "segv") == 0)
        *(volatile int *)8 = 1;
    if (guest_strcmp(kind, "ill") == 0)
        __asm__ volatile("ud2");
    if (guest_strcmp(kind, "fpe") == 0)
        __asm__ volatile("xorl %%ecx, %%ecx\n\txorl %%edx, %%edx\n\tdivl %%ecx" : : : "eax", "ecx", "edx", "cc");
    if (guest_strcmp(kind, "trap") == 0)
        __asm__ volatile("int3");
}

static int number(const char *s)
{
    int n = 0;

    while (*s >= '0' && *s <= '9')
        n = n * 10 + (*s++ - '0');
    return n;
}

int guest_child(int argc, char **argv)
{
    if (argc < 3)
        return 98;
    if (guest_strcmp(argv[1], "--exit") == 0)
        return number(argv[2]);
    if (guest_strcmp(argv[1], "--kill") == 0)
        SYS(kill, SYS(getpid), number(argv[2]));
    if (guest_strcmp(argv[1], "--fault") == 0)
        die_of_fault(argv[2]);
    return 97;
}
