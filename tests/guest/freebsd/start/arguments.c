/*
 * What a new process finds: registers, argument block, auxiliary vector, ps_strings.
 */
#include "guest.h"
#include "sysctl.h"

/* sys/amd64/amd64/machdep.c exec_setregs */
TEST(entry_registers)
{
    CHECK_EQ(guest_entry.rsp & 15, 8);
    CHECK_EQ(guest_entry.rsp, ((guest_entry.rdi - 8) & ~15UL) + 8);
    CHECK_EQ(guest_entry.rax, 0);
    CHECK_EQ(guest_entry.rbx, 0);
    CHECK_EQ(guest_entry.rcx, 0);
    CHECK_EQ(guest_entry.rdx, 0);
    CHECK_EQ(guest_entry.rsi, 0);
    CHECK_EQ(guest_entry.rbp, 0);
    CHECK_EQ(guest_entry.r12, 0);
    CHECK_EQ(guest_entry.r15, 0);
    CHECK_EQ(guest_entry.rflags & 0xcd5, 0); /* no arithmetic flag, direction forward */
}

/* sys/amd64/amd64/fpu.c, sys/x86/include/fpu.h: __INITIAL_FPUCW__, __INITIAL_MXCSR__ */
TEST(entry_floating_point)
{
    CHECK_EQ(guest_entry.mxcsr, 0x1f80);
    CHECK_EQ(guest_entry.fpu_control, 0x37f);
}

/* sys/kern/imgact_elf.c freebsd_copyout_strings: argc, argv, NULL, envp, NULL, auxv */
TEST(argument_block)
{
    uint64_t *block = (uint64_t *)guest_entry.rdi;

    CHECK(guest_argc >= 1);
    CHECK_EQ(block[0], guest_argc);
    CHECK(guest_argv[guest_argc] == NULL);
    CHECK_EQ((uint64_t)&block[1], (uint64_t)guest_argv);
    CHECK_EQ(guest_entry.rdi & 7, 0);
}

/* sys/kern/imgact_elf.c __elfN(freebsd_copyout_auxargs) */
TEST(auxiliary_values)
{
    bool found;

    CHECK_EQ(guest_aux(FREEBSD_AT_PAGESZ, NULL), 4096);
    CHECK_EQ(guest_aux(FREEBSD_AT_PHENT, NULL), 56);
    CHECK(guest_aux(FREEBSD_AT_PHNUM, NULL) > 2);
    CHECK(guest_aux(FREEBSD_AT_PHDR, NULL) != 0);
    CHECK(guest_aux(FREEBSD_AT_ENTRY, NULL) != 0);
    CHECK_EQ(guest_aux(FREEBSD_AT_FLAGS, &found), 0);
    CHECK(found);
    CHECK_EQ(guest_aux(FREEBSD_AT_BASE, &found), 0);
    CHECK(found);
    CHECK_EQ(guest_aux(FREEBSD_AT_CANARYLEN, NULL), 64);
    CHECK(guest_aux(FREEBSD_AT_CANARY, NULL) != 0);
    CHECK(guest_aux(FREEBSD_AT_OSRELDATE, NULL) >= 1000000);
    CHECK(guest_aux(FREEBSD_AT_NCPUS, NULL) >= 1);
    CHECK(guest_aux(FREEBSD_AT_STACKPROT, NULL) >= 3);
    /* ELF_BSDF_SIGFASTBLK: the system watches the word of sigfastblock(2). */
    CHECK_EQ(guest_aux(FREEBSD_AT_BSDFLAGS, NULL) & 1, 1);
}

/* The same: AT_PAGESIZES, smallest page first */
TEST(page_sizes)
{
    uint64_t *sizes = (uint64_t *)guest_aux(FREEBSD_AT_PAGESIZES, NULL);
    uint64_t length = guest_aux(FREEBSD_AT_PAGESIZESLEN, NULL);

    REQUIRE(sizes != NULL);
    CHECK(length >= 8 && length % 8 == 0);
    CHECK_EQ(sizes[0], 4096);
}

/* The canary is random and the string of the path is the program's */
TEST(canary_and_path)
{
    uint64_t *canary = (uint64_t *)guest_aux(FREEBSD_AT_CANARY, NULL);
    const char *path = (const char *)guest_aux(FREEBSD_AT_EXECPATH, NULL);

    REQUIRE(canary != NULL && path != NULL);
    CHECK(canary[0] != 0 && canary[0] != canary[1]);
    CHECK_EQ(path[0], '/');
}

/* sys/kern/imgact_elf.c (since 14): counts and vectors by the auxiliary vector */
TEST(auxiliary_vectors)
{
    bool found;
    int envc = 0;
    uint64_t argc = guest_aux(FREEBSD_AT_ARGC, &found);

    while (guest_envp[envc] != NULL)
        envc++;
    REQUIRE(found);
    CHECK_EQ(argc, guest_argc);
    CHECK_EQ(guest_aux(FREEBSD_AT_ARGV, NULL), (uint64_t)guest_argv);
    CHECK_EQ(guest_aux(FREEBSD_AT_ENVC, NULL), envc);
    CHECK_EQ(guest_aux(FREEBSD_AT_ENVV, NULL), (uint64_t)guest_envp);
}

/* sys/sys/exec.h: where setproctitle and libc find the vectors */
TEST(ps_strings)
{
    struct freebsd_ps_strings *ps = (struct freebsd_ps_strings *)guest_aux(FREEBSD_AT_PS_STRINGS, NULL);
    uint64_t by_sysctl = 0;
    uint64_t length = sizeof(by_sysctl);
    int32_t name[2] = {FREEBSD_CTL_KERN, FREEBSD_KERN_PS_STRINGS};

    REQUIRE(ps != NULL);
    CHECK_EQ(ps->argc, guest_argc);
    CHECK_EQ((uint64_t)ps->argv, (uint64_t)guest_argv);
    CHECK_EQ((uint64_t)ps->envv, (uint64_t)guest_envp);
    CHECK_OK(SYS(__sysctl, name, 2, &by_sysctl, &length, 0, 0));
    CHECK_EQ(by_sysctl, (uint64_t)ps);
}

/* The order the kernel writes them in (freebsd_copyout_auxargs): programs that scan for two neighbours exist */
TEST(auxiliary_order)
{
    static const uint64_t order[] = {
        FREEBSD_AT_PHDR,   FREEBSD_AT_PHENT,     FREEBSD_AT_PHNUM,     FREEBSD_AT_PAGESZ,   FREEBSD_AT_FLAGS,
        FREEBSD_AT_ENTRY,  FREEBSD_AT_BASE,      FREEBSD_AT_EHDRFLAGS, FREEBSD_AT_EXECPATH, FREEBSD_AT_OSRELDATE,
        FREEBSD_AT_CANARY, FREEBSD_AT_CANARYLEN, FREEBSD_AT_NCPUS,
    };
    struct freebsd_auxv *a = guest_auxv;

    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        while (a->type != FREEBSD_AT_NULL && a->type != order[i])
            a++;
        if (a->type == FREEBSD_AT_NULL) {
            guest_fail(__FILE__, __LINE__, "type %lu is missing or out of order", (unsigned long)order[i]);
            return;
        }
    }
}

/* sys/vm/vm_map.c: the stack lies below its strings and grows */
static int use_stack(int depth)
{
    volatile char page[4096];

    page[0] = (char)depth;
    return depth == 0 ? page[0] : use_stack(depth - 1) + page[0] - (char)depth;
}

TEST(stack_grows)
{
    CHECK_EQ(use_stack(1000), 0); /* 4 MB */
}

/* sys/kern/kern_exec.c: a program has no descriptors but those it was given */
TEST(no_stray_descriptors)
{
    for (int fd = 3; fd < 64; fd++)
        CHECK_ERR(SYS(fcntl, fd, FREEBSD_F_GETFD), FREEBSD_EBADF);
}
