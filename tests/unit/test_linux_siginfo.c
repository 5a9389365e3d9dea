/* siginfo with words of four bytes: what each layout has room for goes to the host's form and back. */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "syscalls/common/linux/signals/compat_siginfo.h"

/* Signal, code, and how many words after the first three are the layout's own (i386). */
static const struct {
    int signo, code;
    unsigned words;
} layouts[] = {
    {SIGUSR1, SI_USER, 2},     {SIGUSR1, SI_QUEUE, 3},    {SIGUSR1, SI_TKILL, 3},   {SIGALRM, SI_TIMER, 3},
    {SIGCHLD, CLD_EXITED, 5},  {SIGIO, POLL_IN, 2},       {SIGUSR2, POLL_HUP, 2},   {SIGSEGV, SEGV_MAPERR, 1},
    {SIGSEGV, SEGV_BNDERR, 4}, {SIGSEGV, SEGV_PKUERR, 3}, {SIGSYS, 1, 3},           {SIGTRAP, 6, 4},
    {SIGSEGV, SI_KERNEL, 2},   {SIGFPE, FPE_INTDIV, 1},   {SIGUSR1, SI_ASYNCIO, 3}, {40, -77, 3},
};

static void fill(struct linux_compat_siginfo *in, int i)
{
    memset(in, 0, sizeof *in);
    in->signo = layouts[i].signo;
    in->error = 7;
    in->code = layouts[i].code;
    for (unsigned w = 0; w < layouts[i].words; w++) {
        in->words[w] = 0x80000001u + w * 0x1010101u;
    }
    if (in->signo == SIGSEGV && (in->code == SEGV_BNDERR || in->code == SEGV_PKUERR)) {
        in->words[1] = 0; /* padding */
    }
}

START_TEST(there_and_back)
{
    struct linux_compat_siginfo in, out;
    siginfo_t host;
    fill(&in, _i);
    linux_compat_siginfo_to_host(&in, false, &host);
    ck_assert_int_eq(host.si_signo, in.signo);
    ck_assert_int_eq(host.si_code, in.code);
    ck_assert_int_eq(host.si_errno, 7);
    linux_compat_siginfo_from_host(&host, false, &out);
    ck_assert_mem_eq(&in, &out, sizeof in);
}
END_TEST

START_TEST(x32_child)
{
    struct linux_compat_siginfo in, out;
    siginfo_t host;
    memset(&in, 0, sizeof in);
    in.signo = SIGCHLD;
    in.code = CLD_KILLED;
    in.child_x32.pid = 77;
    in.child_x32.uid = 1000;
    in.child_x32.status = SIGKILL;
    in.child_x32.utime = 0x123456789;
    in.child_x32.stime = 0x987654321;
    linux_compat_siginfo_to_host(&in, true, &host);
    ck_assert_int_eq(host.si_utime, 0x123456789);
    linux_compat_siginfo_from_host(&host, true, &out);
    ck_assert_mem_eq(&in, &out, sizeof in);
}
END_TEST

START_TEST(fields)
{
    siginfo_t host;
    struct linux_compat_siginfo out;
    memset(&host, 0, sizeof host);
    host.si_signo = SIGRTMIN;
    host.si_code = SI_QUEUE;
    host.si_pid = 12;
    host.si_uid = 34;
    host.si_value.sival_int = 56;
    linux_compat_siginfo_from_host(&host, false, &out);
    ck_assert_int_eq(out.rt.pid, 12);
    ck_assert_uint_eq(out.rt.uid, 34);
    ck_assert_uint_eq(out.rt.value, 56);
    memset(&host, 0, sizeof host);
    host.si_signo = SIGCHLD;
    host.si_code = CLD_EXITED;
    host.si_pid = 12;
    host.si_status = 3;
    host.si_utime = 5;
    host.si_stime = 6;
    linux_compat_siginfo_from_host(&host, false, &out);
    ck_assert_int_eq(out.child.status, 3);
    ck_assert_uint_eq(out.child.utime, 5);
    ck_assert_uint_eq(out.child.stime, 6);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("linux siginfo");
    TCase *c = tcase_create("words of four bytes");
    tcase_add_loop_test(c, there_and_back, 0, sizeof layouts / sizeof layouts[0]);
    tcase_add_test(c, x32_child);
    tcase_add_test(c, fields);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
