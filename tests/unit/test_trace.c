/* Whole trace lines: text, JSON and counting, with arguments read from memory. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/personality.h"
#include "base/process.h"
#include "base/thread.h"
#define SYSCALL_TABLE_SHAPE_ONLY
#include "freebsd_syscalls.c"
#include "syscalls/freebsd/trace/trace.h"
#include "syscalls/trace/trace.h"

static const uint8_t errno_map[] = {[ENOENT] = 2, [EAGAIN] = 35};
static struct personality personality;
static struct process process;
static struct thread thread;
static struct trace_call call;
static int output[2];
static char line[TRACE_LINE_SIZE + 1];

/* What the engine's handler does for a fault of copyin. */
static void on_fault(int signo, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    uint64_t resume = guest_fault_resume((uint64_t)uc->uc_mcontext.gregs[REG_RIP]);
    (void)info;
    if (resume == 0) {
        signal(signo, SIG_DFL);
        return;
    }
    uc->uc_mcontext.gregs[REG_RIP] = (greg_t)resume;
}

static void setup(void)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    ck_assert_int_eq(sigaction(SIGSEGV, &action, NULL), 0);
    ck_assert_int_eq(pipe2(output, O_NONBLOCK), 0);
    personality.trace = &freebsd_trace_names;
    personality.errno_from_host = errno_map;
    personality.errno_from_host_count = sizeof(errno_map);
    process.personality = &personality;
    process.pid = 40;
    process.settings.trace_mode = TRACE_TEXT;
    process.settings.trace_fd = output[1];
    process.settings.trace_string_size = 32;
    thread.proc = &process;
    thread.tid = 40;
    thread.call_flags = 0;
}

static const char *read_line(void)
{
    ssize_t n = read(output[0], line, sizeof(line) - 1);
    line[n > 0 ? n : 0] = 0;
    return line;
}

static struct syscall_request request;

static void enter(const char *name, const uint64_t *args)
{
    for (unsigned n = 0; n < FREEBSD_SYSCALL_COUNT; n++) {
        const struct syscall_entry *entry = &freebsd_syscall_table[n];
        if (entry->name != NULL && strcmp(entry->name, name) == 0) {
            request.number = n;
            request.entry = entry;
            memcpy(request.args, args, sizeof(request.args));
            trace_enter(&thread, &call, &request);
            return;
        }
    }
    ck_abort_msg("no call %s", name);
}

/* Traces one call and returns its line. */
#define TRACE(name, result, ...) trace(name, result, (uint64_t[8]){__VA_ARGS__})

static const char *trace(const char *name, int64_t result, const uint64_t *args)
{
    enter(name, args);
    trace_exit(&thread, &call, result);
    return read_line();
}

#define ADDRESS(object) ((uint64_t)(uintptr_t)(object))
#define DIRFD_CWD       ((uint64_t)-100)

START_TEST(open_shows_path_flags_and_result)
{
    ck_assert_str_eq(TRACE("openat", 3, DIRFD_CWD, ADDRESS("/etc/passwd"), 0x100000, 0777),
                     "40 openat(AT_FDCWD, \"/etc/passwd\", O_RDONLY|O_CLOEXEC, _) = 3\n");
    ck_assert_str_eq(
        TRACE("open", -ENOENT,
              ADDRESS("a\n\"\1"
                      "7\x80"),
              0x201, 0644),
        "40 open(\"a\\n\\\"\\0017\\200\", O_WRONLY|O_CREAT, 0644) = -1 ENOENT (No such file or directory)\n");
}
END_TEST

START_TEST(other_threads_show_their_guest_number)
{
    thread.tid = 41;
    ck_assert_str_eq(TRACE("getpid", 40), "40/100041 getpid() = 40\n");
}
END_TEST

START_TEST(buffers_show_what_was_transferred)
{
    char text[] = "hello, world: this is longer than the limit";
    ck_assert_str_eq(TRACE("read", 5, 0, ADDRESS(text), 4096), "40 read(0, \"hello\", 4096) = 5\n");
    ck_assert_str_eq(TRACE("write", 43, 1, ADDRESS(text), 43),
                     "40 write(1, \"hello, world: this is longer tha\"..., 43) = 43\n");
    char expected[128];
    snprintf(expected, sizeof(expected), "40 read(0, %#lx, 4096) = -1 EAGAIN (Resource temporarily unavailable)\n",
             ADDRESS(text));
    ck_assert_str_eq(TRACE("read", -EAGAIN, 0, ADDRESS(text), 4096), expected);
}
END_TEST

START_TEST(bad_pointers_are_numbers)
{
    ck_assert_str_eq(TRACE("open", -ENOENT, 0x10, 0, 0),
                     "40 open(0x10, O_RDONLY, _) = -1 ENOENT (No such file or directory)\n");
    ck_assert_str_eq(TRACE("chdir", 0, 0), "40 chdir(NULL) = 0\n");
    ck_assert_str_eq(TRACE("write", 3, 1, 0x10, 3), "40 write(1, 0x10, 3) = 3\n");
    ck_assert_str_eq(TRACE("pipe2", 0, 0x10, 0x100000), "40 pipe2(0x10, O_CLOEXEC) = 0\n");
}
END_TEST

START_TEST(strings_end_at_the_edge_of_memory)
{
    char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_int_eq(mprotect(page + 4096, 4096, PROT_NONE), 0);
    memcpy(page + 4093, "ab", 3);
    ck_assert_str_eq(TRACE("chdir", 0, ADDRESS(page + 4093)), "40 chdir(\"ab\") = 0\n");
}
END_TEST

START_TEST(structures)
{
    int64_t limits[2] = {1024, INT64_MAX};
    ck_assert_str_eq(TRACE("getrlimit", 0, 8, ADDRESS(limits)),
                     "40 getrlimit(RLIMIT_NOFILE, {rlim_cur=1024, rlim_max=RLIM_INFINITY}) = 0\n");
    uint32_t set[4] = {0x4002, 0, 0, 0};
    ck_assert_str_eq(TRACE("sigprocmask", 0, 1, ADDRESS(set), 0),
                     "40 sigprocmask(SIG_BLOCK, [SIGINT SIGTERM], NULL) = 0\n");
    uint32_t status = 0x0100;
    ck_assert_str_eq(TRACE("wait4", 7, (uint64_t)-1, ADDRESS(&status), 1, 0),
                     "40 wait4(-1, [WIFEXITED && WEXITSTATUS == 1], WNOHANG, NULL) = 7\n");
    uint8_t address[16] = {16, 2, 0x1f, 0x90, 127, 0, 0, 1};
    ck_assert_str_eq(TRACE("bind", 0, 3, ADDRESS(address), 16),
                     "40 bind(3, {sa_family=AF_INET, sin_port=8080, sin_addr=127.0.0.1}, 16) = 0\n");
    uint8_t address6[28] = {28, 28, 0, 80, 0, 0, 0, 0, 0xfe, 0x80, [23] = 1, [24] = 2};
    ck_assert_str_eq(TRACE("connect", 0, 3, ADDRESS(address6), 28),
                     "40 connect(3, {sa_family=AF_INET6, sin6_port=80, sin6_addr=fe80::1, sin6_scope_id=2}, 28) = 0\n");
}
END_TEST

START_TEST(kevent_shows_changes_and_events)
{
    struct {
        uint64_t ident;
        int16_t filter;
        uint16_t flags;
        uint32_t fflags;
        int64_t data;
        uint64_t udata, ext[4];
    } change = {5, -1, 0x21, 0, 0, 7, {0}}, event = {2, -6, 0x20, 0, 1, 0, {0}};
    int64_t timeout[2] = {0, 500};
    ck_assert_str_eq(
        TRACE("kevent", 1, 4, ADDRESS(&change), 1, ADDRESS(&event), 8, ADDRESS(timeout)),
        "40 kevent(4, [{ident=5, filter=EVFILT_READ, flags=EV_ADD|EV_CLEAR, fflags=0, data=0, udata=0x7}], "
        "1, "
        "[{ident=SIGINT, filter=EVFILT_SIGNAL, flags=EV_CLEAR, fflags=0, data=1, udata=0x0}], 8, "
        "{tv_sec=0, tv_nsec=500}) = 1\n");
}
END_TEST

START_TEST(umtx_timeouts_by_size)
{
    struct {
        int64_t sec, nsec;
        uint32_t flags;
        int32_t clock;
    } timeout = {1, 2, 1, 4};
    ck_assert_str_eq(TRACE("_umtx_op", 0, 0x1000, 15, 3, 24, ADDRESS(&timeout)),
                     "40 _umtx_op(0x1000, UMTX_OP_WAIT_UINT_PRIVATE, 3, 0x18, {_timeout={tv_sec=1, tv_nsec=2}, "
                     "_flags=UMTX_ABSTIME, _clockid=CLOCK_MONOTONIC}) = 0\n");
}
END_TEST

START_TEST(exec_is_written_before_and_after_failure)
{
    const char *argv[] = {"ls", "-l", NULL}, *envp[] = {"A=1", NULL};
    enter("execve", (uint64_t[8]){ADDRESS("/bin/ls"), ADDRESS(argv), ADDRESS(envp)});
    char expected[200];
    snprintf(expected, sizeof(expected),
             "40 execve(\"/bin/ls\", [\"ls\", \"-l\"], %#lx /* 1 vars */ <unfinished ...>\n", ADDRESS(envp));
    ck_assert_str_eq(read_line(), expected);
    trace_exit(&thread, &call, -ENOENT);
    ck_assert_str_eq(read_line(), "40 <... execve resumed>) = -1 ENOENT (No such file or directory)\n");
}
END_TEST

START_TEST(calls_that_end_the_thread_are_written_at_once)
{
    enter("exit", (uint64_t[8]){3});
    ck_assert_str_eq(read_line(), "40 exit(3) = ?\n");
}
END_TEST

START_TEST(numbers_outside_the_table)
{
    request = (struct syscall_request){.number = 9999, .args = {1, 2, 3, 4, 5, 6}};
    trace_enter(&thread, &call, &request);
    trace_exit(&thread, &call, -(1024 + 78));
    ck_assert_str_eq(read_line(),
                     "40 syscall_9999(0x1, 0x2, 0x3, 0x4, 0x5, 0x6) = -1 ENOSYS (Function not implemented)\n");
}
END_TEST

START_TEST(restarted_and_raw_results)
{
    ck_assert_str_eq(TRACE("fsync", -512, 1), "40 fsync(1) = ? ERESTART (interrupted by a signal)\n");
    thread.call_flags = CALL_RAW_RESULT;
    ck_assert_str_eq(TRACE("getpriority", -5, 0, 0), "40 getpriority(PRIO_PROCESS, 0) = -5\n");
    thread.call_flags = CALL_REGS_SET;
    ck_assert_str_eq(TRACE("sigreturn", 0, 0x10), "40 sigreturn(0x10) = ?\n");
}
END_TEST

START_TEST(json_lines)
{
    process.settings.trace_mode = TRACE_JSON;
    TRACE("open", -ENOENT, ADDRESS("a\"b"), 0, 0);
    ck_assert_ptr_nonnull(strstr(line, "{\"pid\":40,\"tid\":100040,\"time\":"));
    ck_assert_ptr_nonnull(strstr(line, "\"call\":\"open\",\"args\":[\"\\\"a\\\\\\\"b\\\"\",\"O_RDONLY\",\"_\"]"));
    ck_assert_ptr_nonnull(strstr(line, "\"result\":-1,\"error\":\"ENOENT\",\"duration\":0."));
    ck_assert_str_eq(line + strlen(line) - 2, "}\n");
}
END_TEST

START_TEST(count_lines)
{
    process.settings.trace_mode = TRACE_COUNT;
    ck_assert_ptr_nonnull(strstr(TRACE("close", -ENOENT, 3), "40 100040 close -1 ENOENT "));
    ck_assert_ptr_nonnull(strstr(TRACE("dup", 7, 3), "40 100040 dup 7 - "));
}
END_TEST

START_TEST(long_lines_are_cut_and_still_end)
{
    static char big[6000];
    memset(big, 1, sizeof(big));
    process.settings.trace_string_size = sizeof(big);
    TRACE("link", 0, ADDRESS(big), ADDRESS(big));
    ck_assert_uint_le(strlen(line), TRACE_LINE_SIZE);
    ck_assert_str_eq(line + strlen(line) - 6, ") = 0\n");
}
END_TEST

START_TEST(filter_and_switch)
{
    struct settings *s = &process.settings;
    ck_assert(!trace_wanted(s, 3));
    s->trace_calls[0] = 1u << 3;
    ck_assert(trace_wanted(s, 3));
    ck_assert(!trace_wanted(s, 4));
    s->trace_mode = TRACE_OFF;
    ck_assert(!trace_wanted(s, 3));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("trace");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, open_shows_path_flags_and_result);
    tcase_add_test(tests, other_threads_show_their_guest_number);
    tcase_add_test(tests, buffers_show_what_was_transferred);
    tcase_add_test(tests, bad_pointers_are_numbers);
    tcase_add_test(tests, strings_end_at_the_edge_of_memory);
    tcase_add_test(tests, structures);
    tcase_add_test(tests, kevent_shows_changes_and_events);
    tcase_add_test(tests, umtx_timeouts_by_size);
    tcase_add_test(tests, exec_is_written_before_and_after_failure);
    tcase_add_test(tests, calls_that_end_the_thread_are_written_at_once);
    tcase_add_test(tests, numbers_outside_the_table);
    tcase_add_test(tests, restarted_and_raw_results);
    tcase_add_test(tests, json_lines);
    tcase_add_test(tests, count_lines);
    tcase_add_test(tests, long_lines_are_cut_and_still_end);
    tcase_add_test(tests, filter_and_switch);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
