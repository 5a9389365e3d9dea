/* The instances' seccomp filter: the program that was made while building, run here over every call. */
#include <asm/ioctls.h>
#include <asm/unistd.h>
#include <check.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/socket.h>

#include "instance/filter/filter.h"
#include "instance/filter/table.h"

enum { ALLOWED = 0, CALLS = 1024, X32 = 0x40000000 };

static uint32_t load(const struct seccomp_data *d, uint32_t offset)
{
    uint32_t word;
    ck_assert_uint_le(offset, sizeof *d - sizeof word);
    memcpy(&word, (const char *)d + offset, sizeof word);
    return word;
}

/* Jumps as the kernel makes them: forwards only. Returns how many instructions to skip. */
static uint32_t jump(const struct sock_filter *s, uint32_t a)
{
    switch (BPF_OP(s->code)) {
    case BPF_JA:
        return s->k;
    case BPF_JEQ:
        return a == s->k ? s->jt : s->jf;
    case BPF_JGT:
        return a > s->k ? s->jt : s->jf;
    case BPF_JGE:
        return a >= s->k ? s->jt : s->jf;
    default:
        ck_assert_uint_eq(BPF_OP(s->code), BPF_JSET);
        return (a & s->k) != 0 ? s->jt : s->jf;
    }
}

/* What a filter makes of a call: ALLOWED or the errno. */
static int ask_of(const struct sock_filter *filter, unsigned length, const struct seccomp_data *d)
{
    uint32_t a = 0;
    for (unsigned at = 0; at < length; at++) {
        const struct sock_filter *s = &filter[at];
        switch (BPF_CLASS(s->code)) {
        case BPF_LD:
            ck_assert_uint_eq(s->code, BPF_LD | BPF_W | BPF_ABS);
            a = load(d, s->k);
            break;
        case BPF_ALU:
            ck_assert_uint_eq(s->code, BPF_ALU | BPF_AND | BPF_K);
            a &= s->k;
            break;
        case BPF_JMP:
            at += jump(s, a);
            break;
        default:
            ck_assert_uint_eq(s->code, BPF_RET | BPF_K);
            if (s->k == SECCOMP_RET_ALLOW) {
                return ALLOWED;
            }
            ck_assert_uint_eq(s->k & SECCOMP_RET_ACTION_FULL, SECCOMP_RET_ERRNO);
            return (int)(s->k & SECCOMP_RET_DATA);
        }
    }
    ck_abort_msg("the program runs out of its end");
    return -1;
}

static int ask(const struct seccomp_data *d)
{
    return ask_of(instance_filter, instance_filter_length, d);
}

/* The filter of worlds without namespaces. */
static int fenced(int number, uint64_t a0, uint64_t a1, uint64_t a2)
{
    struct seccomp_data d = {.nr = number, .arch = AUDIT_ARCH_X86_64, .args = {a0, a1, a2}};
    return ask_of(instance_fence, instance_fence_length, &d);
}

static int asked(int number, uint64_t a0, uint64_t a1, uint64_t a2)
{
    struct seccomp_data d = {.nr = number, .arch = AUDIT_ARCH_X86_64, .args = {a0, a1, a2}};
    return ask(&d);
}

/* The numbers of the table's names are libseccomp's to know: some are checked by hand, all others by their count. */
START_TEST(calls_are_the_tables)
{
    static const struct {
        int number;
        int wanted;
    } rows[] = {
        {__NR_read, ALLOWED},
        {__NR_execveat, ALLOWED},
        {__NR_ptrace, ALLOWED},
        {__NR_membarrier, ALLOWED},
        {__NR_seccomp, ALLOWED},
        {__NR_rt_sigreturn, ALLOWED},
        {__NR_restart_syscall, ALLOWED},
        {__NR_mount, EPERM},
        {__NR_umount2, EPERM},
        {__NR_pivot_root, EPERM},
        {__NR_move_mount, EPERM},
        {__NR_open_tree, EPERM},
        {__NR_fsopen, EPERM},
        {__NR_setns, EPERM},
        {__NR_bpf, EPERM},
        {__NR_perf_event_open, EPERM},
        {__NR_userfaultfd, EPERM},
        {__NR_keyctl, EPERM},
        {__NR_add_key, EPERM},
        {__NR_request_key, EPERM},
        {__NR_open_by_handle_at, EPERM},
        {__NR_init_module, EPERM},
        {__NR_finit_module, EPERM},
        {__NR_delete_module, EPERM},
        {__NR_kexec_load, EPERM},
        {__NR_kexec_file_load, EPERM},
        {__NR_reboot, EPERM},
        {__NR_swapon, EPERM},
        {__NR_iopl, EPERM},
        {__NR_ioperm, EPERM},
        {__NR_syslog, EPERM},
        {__NR_acct, EPERM},
        {__NR_clone3, ENOSYS},
        {__NR_io_uring_setup, ENOSYS},
        {__NR_io_uring_enter, ENOSYS},
        {__NR_io_uring_register, ENOSYS},
        {__NR__sysctl, ENOSYS},
        {-1, ENOSYS},
        {467, EPERM},
        {X32 + __NR_read, ENOSYS},
        {X32 + 512, ENOSYS},
        {0x64726741, ENOSYS},
    };
    int allowed = 0;
    int refused = 0;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ck_assert_msg(asked(rows[i].number, 0, 0, 0) == rows[i].wanted, "call %d", rows[i].number);
    }
    for (const struct filter_call *c = filter_calls; c->name != NULL; c++) {
        allowed += c->action == CALL_ALLOW;
        refused += c->action == CALL_EPERM;
    }
    for (int i = 0; i < CALLS; i++) {
        int got = asked(i, i == __NR_socket ? AF_UNIX : 0, 0, 0);
        allowed -= got == ALLOWED;
        refused -= got == EPERM;
        ck_assert_msg(got == ALLOWED || got == EPERM || got == ENOSYS, "call %d", i);
    }
    ck_assert_int_eq(allowed, 0);
    ck_assert_int_eq(refused, 0);
}
END_TEST

START_TEST(other_kinds_of_calls_are_unknown)
{
    enum { SET_THREAD_AREA = 243, GET_THREAD_AREA = 244 };
    struct seccomp_data d = {.arch = AUDIT_ARCH_I386};
    for (d.nr = 0; d.nr < CALLS; d.nr++) {
        bool known = d.nr == SET_THREAD_AREA || d.nr == GET_THREAD_AREA;
        ck_assert_msg(ask(&d) == (known ? ALLOWED : ENOSYS), "call %d of 32 bits", d.nr);
    }
    d = (struct seccomp_data){.nr = __NR_read, .arch = AUDIT_ARCH_AARCH64};
    ck_assert_int_eq(ask(&d), ENOSYS);
}
END_TEST

START_TEST(arguments_are_looked_at_as_the_kernel_does)
{
    static const uint64_t typing[] = {TIOCSTI, TIOCLINUX, TIOCCONS, TIOCSETD};
    for (unsigned i = 0; i < sizeof typing / sizeof typing[0]; i++) {
        ck_assert_int_eq(asked(__NR_ioctl, 0, typing[i], 0), EPERM);
        ck_assert_int_eq(asked(__NR_ioctl, 0, typing[i] | 1ull << 32, 0), EPERM);
        ck_assert_int_eq(asked(__NR_ioctl, 0, typing[i] | 0xffffffffull << 32, 0), EPERM);
    }
    ck_assert_int_eq(asked(__NR_ioctl, TIOCSTI, TCGETS, TIOCSTI), ALLOWED);
    ck_assert_int_eq(asked(__NR_ioctl, 0, TIOCSCTTY, 0), ALLOWED);
}
END_TEST

START_TEST(no_namespace_is_made)
{
    for (uint64_t bit = 1; bit <= UINT32_MAX; bit <<= 1) {
        uint64_t spaces =
            CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
        bool makes = (spaces & bit) != 0;
        ck_assert_int_eq(asked(__NR_clone, bit | 17 | CLONE_VM, 0, 0), makes ? EPERM : ALLOWED);
        ck_assert_int_eq(asked(__NR_clone, bit | 1ull << 40, 0, 0), makes ? EPERM : ALLOWED);
        ck_assert_int_eq(asked(__NR_unshare, bit | CLONE_FILES, 0, 0), makes || bit == 0x80 ? EPERM : ALLOWED);
    }
}
END_TEST

START_TEST(socket_families_are_few)
{
    for (uint64_t family = 0; family < CALLS; family++) {
        bool good = family == AF_UNIX || family == AF_INET || family == AF_INET6 || family == AF_NETLINK;
        ck_assert_int_eq(asked(__NR_socket, family, SOCK_STREAM, 0), good ? ALLOWED : EAFNOSUPPORT);
        ck_assert_int_eq(asked(__NR_socket, family | 1ull << 32, SOCK_STREAM, 0), good ? ALLOWED : EAFNOSUPPORT);
    }
    ck_assert_int_eq(asked(__NR_socket, 1u << 31 | AF_INET, SOCK_STREAM, 0), EAFNOSUPPORT);
    ck_assert_int_eq(asked(__NR_socket, AF_NETLINK, SOCK_RAW, 9), EINVAL);
    ck_assert_int_eq(asked(__NR_socket, AF_NETLINK, SOCK_RAW, 0), ALLOWED);
    ck_assert_int_eq(asked(__NR_socket, AF_INET, SOCK_RAW, 9), ALLOWED);
}
END_TEST

START_TEST(personalities_are_harmless)
{
    static const uint64_t good[] = {
        0, PER_LINUX32, UNAME26, UNAME26 | PER_LINUX32, ADDR_NO_RANDOMIZE, 0xffffffff, ADDR_NO_RANDOMIZE | PER_LINUX32,
    };
    for (unsigned i = 0; i < sizeof good / sizeof good[0]; i++) {
        ck_assert_int_eq(asked(__NR_personality, good[i], 0, 0), ALLOWED);
        ck_assert_int_eq(asked(__NR_personality, good[i] | 1ull << 33, 0, 0), ALLOWED);
    }
    for (uint64_t bit = 1; bit <= UINT32_MAX; bit <<= 1) {
        bool harmless = bit == PER_LINUX32 || bit == UNAME26 || bit == ADDR_NO_RANDOMIZE;
        ck_assert_int_eq(asked(__NR_personality, bit, 0, 0), harmless ? ALLOWED : EPERM);
        ck_assert_int_eq(asked(__NR_personality, UINT32_MAX & ~bit, 0, 0), EPERM);
        ck_assert_int_eq(asked(__NR_personality, bit | 0x80000000, 0, 0), EPERM);
    }
}
END_TEST

START_TEST(no_change_goes_by_a_path)
{
    static const int by_path[] = {
        __NR_chmod,    __NR_fchmodat,  452, __NR_chown,       __NR_lchown,       __NR_fchownat, __NR_utime, __NR_utimes,
        __NR_setxattr, __NR_lsetxattr, 463, __NR_removexattr, __NR_lremovexattr, 466,           __NR_chroot};
    static const int by_descriptor[] = {__NR_fchmod,       __NR_fchown, __NR_fsetxattr,
                                        __NR_fremovexattr, __NR_openat, __NR_rename};
    for (unsigned i = 0; i < sizeof by_path / sizeof by_path[0]; i++) {
        ck_assert_msg(fenced(by_path[i], 0, 0, 0) == EPERM, "call %d", by_path[i]);
    }
    for (unsigned i = 0; i < sizeof by_descriptor / sizeof by_descriptor[0]; i++) {
        ck_assert_msg(fenced(by_descriptor[i], 0, 0, 0) == ALLOWED, "call %d", by_descriptor[i]);
    }
    ck_assert_int_eq(fenced(__NR_utimensat, 3, 0, 1), ALLOWED);
    ck_assert_int_eq(fenced(__NR_utimensat, 3, 1, 1), EPERM);
    ck_assert_int_eq(fenced(__NR_utimensat, 3, 1ull << 32, 1), EPERM);
    ck_assert_int_eq(fenced(__NR_futimesat, 3, 1ull << 32, 1), EPERM);
}
END_TEST

START_TEST(others_are_left_alone)
{
    enum { LOCKS = 10 };
    ck_assert_int_eq(fenced(__NR_prlimit64, 0, 7, 1), ALLOWED);
    ck_assert_int_eq(fenced(__NR_prlimit64, 1, 7, 0), ALLOWED);
    ck_assert_int_eq(fenced(__NR_prlimit64, 1, 7, 1), EPERM);
    ck_assert_int_eq(fenced(__NR_prlimit64, 1, 7, 1ull << 32), EPERM);
    ck_assert_int_eq(fenced(__NR_prlimit64, 0, LOCKS, 1), EPERM);
    ck_assert_int_eq(fenced(__NR_prlimit64, 0, 1ull << 32 | LOCKS, 1), EPERM);
    ck_assert_int_eq(fenced(__NR_prlimit64, 0, LOCKS, 0), ALLOWED);
    ck_assert_int_eq(fenced(__NR_setrlimit, LOCKS, 1, 0), EPERM);
    ck_assert_int_eq(fenced(__NR_setrlimit, 7, 1, 0), ALLOWED);
    ck_assert_int_eq(fenced(__NR_setpriority, 0, 0, 5), ALLOWED);
    ck_assert_int_eq(fenced(__NR_setpriority, 0, 1, 5), EPERM);
    ck_assert_int_eq(fenced(__NR_setpriority, 1, 0, 5), EPERM);
    ck_assert_int_eq(fenced(__NR_sched_setaffinity, 0, 8, 1), ALLOWED);
    ck_assert_int_eq(fenced(__NR_sched_setaffinity, 1, 8, 1), EPERM);
    ck_assert_int_eq(fenced(__NR_shmget, 0, 1, 0), ENOSYS);
    ck_assert_int_eq(fenced(__NR_socket, AF_UNIX, SOCK_STREAM, 0), EAFNOSUPPORT);
    ck_assert_int_eq(fenced(__NR_socket, 1ull << 32 | AF_UNIX, SOCK_STREAM, 0), EAFNOSUPPORT);
    ck_assert_int_eq(fenced(__NR_socketpair, AF_UNIX, SOCK_STREAM, 0), ALLOWED);
    ck_assert_int_eq(fenced(__NR_socket, AF_INET, SOCK_STREAM, 0), ALLOWED);
    static const uint64_t families[] = {AF_INET, AF_INET6, AF_NETLINK};
    for (unsigned i = 0; i < sizeof families / sizeof families[0]; i++) {
        struct seccomp_data d = {.nr = __NR_socket, .arch = AUDIT_ARCH_X86_64, .args = {families[i], SOCK_DGRAM}};
        ck_assert_int_eq(ask_of(instance_fence_network, instance_fence_network_length, &d), EAFNOSUPPORT);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("filter");
    TCase *tc = tcase_create("calls");
    SRunner *runner = srunner_create(suite);

    tcase_add_test(tc, calls_are_the_tables);
    tcase_add_test(tc, other_kinds_of_calls_are_unknown);
    tcase_add_test(tc, arguments_are_looked_at_as_the_kernel_does);
    tcase_add_test(tc, no_namespace_is_made);
    tcase_add_test(tc, socket_families_are_few);
    tcase_add_test(tc, personalities_are_harmless);
    tcase_add_test(tc, no_change_goes_by_a_path);
    tcase_add_test(tc, others_are_left_alone);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
