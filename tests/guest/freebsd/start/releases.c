/*
 * What the kernel keeps for programs that were built for older releases: it goes by the ABI note of the running program
 * (p_osrel), not by its own release. Sources: P_OSREL_* in sys/sys/param.h and where they are used (sys/vm/vm_mmap.c,
 * sys/kern/uipc_syscalls.c). The program runs copies of itself in whose note another release stands.
 */
#include "guest.h"
#include "socket.h"

enum { NOTE_RELEASE = 1400097, OLD_RELEASE = 1002000 };

static const char *copy_path = "built-for-another";

/* What stands before the release: name size, description size, NT_FREEBSD_ABI_TAG, name. */
static const uint8_t note[] = {8, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 'F', 'r', 'e', 'e', 'B', 'S', 'D', 0};

static bool write_copy(uint32_t release)
{
    static uint8_t bytes[4 << 20];
    int in = (int)SYS(open, guest_self, FREEBSD_O_RDONLY);
    int out = guest_file(copy_path, "");
    int64_t size = in < 0 ? -1 : SYS(read, in, bytes, sizeof(bytes));
    int found = 0;

    for (int64_t i = 0; i + (int64_t)sizeof(note) + 4 <= size; i++) {
        uint32_t *there = (uint32_t *)(bytes + i + sizeof(note));

        if (memcmp(bytes + i, note, sizeof(note)) == 0 && *there == NOTE_RELEASE) {
            *there = release;
            found++;
        }
    }
    bool good = found == 1 && SYS(write, out, bytes, size) == size && SYS(fchmod, out, 0755) == 0;
    SYS(close, in);
    SYS(close, out);
    return good;
}

/* The exit status of a copy that was built for that release; it is told which. */
static int run_copy(uint32_t release)
{
    char *argv[] = {"copy", release == OLD_RELEASE ? "--old" : "--new", NULL};

    if (!write_copy(release))
        return -1;
    int pid = guest_fork();
    if (pid == 0) {
        SYS(execve, copy_path, argv, guest_envp);
        guest_exit(99);
    }
    return guest_wait(pid);
}

static int64_t own_release(void)
{
    int32_t name[4] = {1, 14, 40, (int32_t)SYS(getpid)}; /* kern.proc.osrel */
    int32_t value = -1;
    uint64_t size = sizeof(value);
    int64_t r = SYS(__sysctl, name, 4, &value, &size, 0, 0);

    return r < 0 ? r : value;
}

int guest_child(int argc, char **argv)
{
    bool old = guest_strcmp(argv[argc - 1], "--old") == 0;
    int fd = guest_file("mapped", "content");
    int s = (int)SYS(socket, FREEBSD_AF_INET, FREEBSD_SOCK_STREAM, 0);
    char *at = (char *)SYS(mmap, 0, 4096, FREEBSD_PROT_READ | FREEBSD_PROT_WRITE, 0, fd, 0);
    int wrong = 0;

    if (old) {
        wrong |= own_release() != OLD_RELEASE;
        wrong |= at < (char *)4096 || at[2] != 'n' ? 2 : 0;
        if (!wrong) {
            char first = 0;

            at[0] = 'C'; /* it is the program's own */
            SYS(pread, fd, &first, 1, 0);
            wrong |= first != 'c' ? 4 : 0;
        }
        wrong |= SYS(shutdown, s, 2) != 0 ? 8 : 0;
    } else {
        wrong |= own_release() <= OLD_RELEASE;
        wrong |= (int64_t)at != -FREEBSD_EINVAL ? 2 : 0;
        wrong |= SYS(shutdown, s, 2) != -FREEBSD_ENOTCONN ? 8 : 0;
    }
    return wrong;
}

/* A file mapped as neither shared nor private is private; shutting down what is not connected succeeds */
TEST(built_for_10)
{
    CHECK_EQ(run_copy(OLD_RELEASE), 0);
}

TEST(built_for_14)
{
    CHECK_EQ(run_copy(NOTE_RELEASE), 0);
}

TEST(built_for_15)
{
    CHECK_EQ(run_copy(1500068), 0);
}
