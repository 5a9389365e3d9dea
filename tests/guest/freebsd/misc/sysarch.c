/*
 * sysarch(2). Sources: amd64_get_fsbase(2) and its kin, machine/sysarch.h, sys/amd64/amd64/sys_machdep.c.
 */
#include "sysarch.h"
#include "guest.h"

static uint64_t fs_base(void)
{
    uint64_t base = 0;

    CHECK_OK(SYS(sysarch, FREEBSD_AMD64_GET_FSBASE, &base));
    return base;
}

TEST(bases)
{
    static uint64_t place[2] = {0, 77};
    uint64_t base = (uint64_t)&place[1], old_fs = fs_base(), old_gs = 0, got = 0, loaded;

    CHECK_OK(SYS(sysarch, FREEBSD_AMD64_GET_GSBASE, &old_gs));
    CHECK_OK(SYS(sysarch, FREEBSD_AMD64_SET_FSBASE, &base));
    __asm__("movq %%fs:0, %0" : "=r"(loaded));
    CHECK_EQ(loaded, 77);
    CHECK_EQ(fs_base(), base);
    CHECK_OK(SYS(sysarch, FREEBSD_AMD64_SET_GSBASE, &base));
    __asm__("movq %%gs:0, %0" : "=r"(loaded));
    CHECK_EQ(loaded, 77);
    CHECK_OK(SYS(sysarch, FREEBSD_AMD64_GET_GSBASE, &got));
    CHECK_EQ(got, base);
    CHECK_OK(SYS(sysarch, FREEBSD_AMD64_SET_GSBASE, &old_gs));
    CHECK_OK(SYS(sysarch, FREEBSD_AMD64_SET_FSBASE, &old_fs));
    base = 0x800000000000UL; /* VM_MAXUSER_ADDRESS */
    CHECK_ERR(SYS(sysarch, FREEBSD_AMD64_SET_FSBASE, &base), FREEBSD_EINVAL);
    CHECK_ERR(SYS(sysarch, FREEBSD_AMD64_SET_GSBASE, &base), FREEBSD_EINVAL);
    CHECK_ERR(SYS(sysarch, FREEBSD_AMD64_SET_FSBASE, 0x10), FREEBSD_EFAULT);
    CHECK_ERR(SYS(sysarch, FREEBSD_AMD64_GET_FSBASE, 0x10), FREEBSD_EFAULT);
    CHECK_ERR(SYS(sysarch, FREEBSD_AMD64_GET_GSBASE, 0x10), FREEBSD_EFAULT);
}

/* The i386 operations take 32 bits, of 64-bit programs too. */
TEST(bases_of_32_bits)
{
    uint64_t old_fs = fs_base(), got = 0;
    uint32_t base = 0x12345678, words[2] = {0, 0x55aa55aa};

    CHECK_OK(SYS(sysarch, FREEBSD_I386_SET_FSBASE, &base));
    CHECK_EQ(fs_base(), 0x12345678);
    CHECK_OK(SYS(sysarch, FREEBSD_I386_GET_FSBASE, words));
    CHECK_EQ(words[0], 0x12345678);
    CHECK_EQ(words[1], 0x55aa55aa);
    CHECK_OK(SYS(sysarch, FREEBSD_AMD64_SET_FSBASE, &old_fs));
    CHECK_OK(SYS(sysarch, FREEBSD_I386_SET_GSBASE, &base));
    CHECK_OK(SYS(sysarch, FREEBSD_AMD64_GET_GSBASE, &got));
    CHECK_EQ(got, 0x12345678);
    CHECK_OK(SYS(sysarch, FREEBSD_I386_GET_GSBASE, words));
    CHECK_EQ(words[0], 0x12345678);
    got = 0;
    CHECK_OK(SYS(sysarch, FREEBSD_AMD64_SET_GSBASE, &got));
    CHECK_ERR(SYS(sysarch, FREEBSD_I386_SET_FSBASE, 0x10), FREEBSD_EFAULT);
}

/* Since release 15 a thread library says where its storage is (P_OSREL_TLSBASE). */
TEST(storage_of_the_library)
{
    uint64_t old_fs = fs_base(), base = (uint64_t)&old_fs, got = 0;
    bool found;

    if (guest_aux(FREEBSD_AT_OSRELDATE, &found) < 1500044) {
        CHECK_ERR(SYS(sysarch, FREEBSD_AMD64_GET_TLSBASE, &got), FREEBSD_EINVAL);
        CHECK_ERR(SYS(sysarch, FREEBSD_AMD64_SET_TLSBASE, &base), FREEBSD_EINVAL);
        return;
    }
    CHECK_ERR(SYS(sysarch, FREEBSD_AMD64_GET_TLSBASE, &got), FREEBSD_ESRCH);
    CHECK_OK(SYS(sysarch, FREEBSD_AMD64_SET_TLSBASE, &base));
    CHECK_EQ(fs_base(), base);
    CHECK_OK(SYS(sysarch, FREEBSD_AMD64_GET_TLSBASE, &got));
    CHECK_EQ(got, base);
    CHECK_OK(SYS(sysarch, FREEBSD_AMD64_SET_FSBASE, &old_fs));
    CHECK_OK(SYS(sysarch, FREEBSD_AMD64_GET_TLSBASE, &got));
    CHECK_EQ(got, base);
    base = 0x800000000000UL;
    CHECK_ERR(SYS(sysarch, FREEBSD_AMD64_SET_TLSBASE, &base), FREEBSD_EINVAL);
}

TEST(extended_state)
{
    static uint8_t state[8192];
    struct freebsd_xfpustate request = {state, sizeof(state), 0};

    CHECK_ERR(SYS(sysarch, FREEBSD_AMD64_GET_XFPUSTATE, &request), FREEBSD_EINVAL); /* more than there is */
    CHECK_ERR(SYS(sysarch, FREEBSD_AMD64_GET_XFPUSTATE, 0x10), FREEBSD_EFAULT);
    request.length = 64; /* the header of the extended part, whose end is zero (Intel SDM 1, 13.4.2) */
    memset(state, 0xff, sizeof(state));
    CHECK_OK(SYS(sysarch, FREEBSD_AMD64_GET_XFPUSTATE, &request));
    CHECK_EQ(state[40], 0);
    CHECK_EQ(state[64], 0xff);
    request.address = (void *)0x10;
    CHECK_ERR(SYS(sysarch, FREEBSD_AMD64_GET_XFPUSTATE, &request), FREEBSD_EFAULT);
}

/* No tables, no ports: what a process without either is told, and what a jail is refused. */
TEST(heritage)
{
    struct freebsd_ioperm ports = {0x3f8, 8, 1};
    struct freebsd_ldt table = {0, 0, NULL, 1, 0};

    CHECK_OK(SYS(sysarch, FREEBSD_I386_GET_IOPERM, &ports));
    CHECK_EQ(ports.length, 0);
    ports.start = 65536;
    CHECK_ERR(SYS(sysarch, FREEBSD_I386_GET_IOPERM, &ports), FREEBSD_EINVAL);
    CHECK_ERR(SYS(sysarch, FREEBSD_I386_SET_IOPERM, &ports), FREEBSD_EPERM);
    CHECK_ERR(SYS(sysarch, FREEBSD_I386_SET_IOPERM, 0x10), FREEBSD_EFAULT);
    CHECK_ERR(SYS(sysarch, FREEBSD_I386_GET_LDT, &table), FREEBSD_EINVAL);
    CHECK_ERR(SYS(sysarch, FREEBSD_I386_GET_LDT, 0x10), FREEBSD_EFAULT);
    CHECK_OK(SYS(sysarch, FREEBSD_I386_SET_LDT, &table)); /* frees what is not there */
    table = (struct freebsd_ldt){5, 0, NULL, 0, 0};
    CHECK_ERR(SYS(sysarch, FREEBSD_I386_SET_LDT, &table), FREEBSD_EINVAL);
    table = (struct freebsd_ldt){600, 0, &ports, 1, 0};
    CHECK_ERR(SYS(sysarch, FREEBSD_I386_SET_LDT, &table), FREEBSD_EINVAL);
    for (int op = -1; op < 200; op++)
        if (op == 2 || op == 5 || op == 6 || (op > 11 && op < 128) || op > 136 || op < 0)
            CHECK_ERR(SYS(sysarch, op, &table), FREEBSD_EINVAL);
}

TEST(protection_keys)
{
    struct freebsd_pkru keys = {(uint64_t)guest_pages(4096), 4096, 1, 4};

    CHECK_ERR(SYS(sysarch, FREEBSD_AMD64_SET_PKRU, 0x10), FREEBSD_EFAULT);
    CHECK_ERR(SYS(sysarch, FREEBSD_AMD64_SET_PKRU, &keys), FREEBSD_EINVAL); /* an unknown flag */
    keys.flags = 0;
    keys.keyidx = 16;
    CHECK_ERR(SYS(sysarch, FREEBSD_AMD64_SET_PKRU, &keys), FREEBSD_EINVAL);
    CHECK_ERR(SYS(sysarch, FREEBSD_AMD64_CLEAR_PKRU, &keys), FREEBSD_EINVAL);
    keys.keyidx = 0;
    keys.addr = ~0UL;
    CHECK_ERR(SYS(sysarch, FREEBSD_AMD64_SET_PKRU, &keys), FREEBSD_EFAULT);
}
