/* Room on the disk that no name in the tree leads to, taken a piece at a time, by the host's own calls. */
#include "hostile.h"

enum {
    SOCKETPAIR = 53,
    SENDMSG = 46,
    RECVMSG = 47,
    PRCTL = 157,
    CLONE = 56,
    LANDLOCK_CREATE_RULESET = 444,
    PIECE = 8 << 20,
    BLOCK = 64 << 10,
    PAGE = 4096,
    TEMPORARY = 020200002, /* O_TMPFILE | O_RDWR */
    NEW = 0102,            /* O_CREAT | O_RDWR */
    READ_ONLY = 1,
    READ_WRITE = 3,
    SHARED = 1,
    PRIVATE = 2,
    SET_DUMPABLE = 4,
    THREAD = 0x10b00, /* CLONE_VM | CLONE_FS | CLONE_SIGHAND | CLONE_THREAD, and not CLONE_FILES */
    PIECES = 24,
    MANY_PIECES = 80,
    SMALL_FILES = 900,
};

static long fill(long fd, long size)
{
    static char block[BLOCK];
    memset(block, 1, sizeof block);
    for (long n = 0; n < size; n += BLOCK) {
        if (op(WRITE, fd, P(block), BLOCK) != BLOCK) {
            break;
        }
    }
    return fd;
}

static const char *name_of(long n)
{
    static char path[512];
    copy(path, given("below"));
    append(path, "/nameless-");
    append_number(path, n);
    return path;
}

/* A file that has had a name, and has something in it. */
static long deleted(long n, long size)
{
    long fd = op(OPEN, P(name_of(n)), NEW, 0600);
    op(UNLINK, P(name_of(n)), 0, 0);
    return fill(fd, size);
}

/* One that another has taken the name of. */
static long replaced(long n)
{
    char other[512];
    long fd = fill(op(OPEN, P(name_of(n)), NEW, 0600), PIECE);
    copy(other, name_of(n + 1));
    op(CLOSE, op(OPEN, P(other), NEW, 0600), 0, 0);
    op(RENAME, P(other), P(name_of(n)), 0);
    return fd;
}

static long temporary(long size)
{
    char path[512];
    copy(path, given("below"));
    append(path, "/.");
    return fill(op(OPEN, P(path), TEMPORARY, 0600), size);
}

static void keep_mapped(long n, long size, long protection, long how)
{
    long fd = deleted(n, PIECE);
    op6(MMAP, 0, size, protection, how, fd, 0);
    op(CLOSE, fd, 0, 0);
}

/* unix(7): one descriptor in a message of one byte, sent or received. Returns it. */
static long pass(long number, long socket, long fd)
{
    static char byte;
    static void *part[2];
    long control[3] = {20, 1L << 32 | 1, fd};
    struct {
        void *name;
        long name_length;
        void *parts;
        long part_count;
        void *control;
        long control_length, flags;
    } message = {0, 0, part, 1, control, sizeof control, 0};
    part[0] = &byte;
    part[1] = (void *)1;
    call(number, socket, P(&message), 0, 0, 0, 0);
    return control[2] & 0xffffffff;
}

static void send_away(long n)
{
    static int ends[2];
    if (n == 0) {
        call(SOCKETPAIR, 1, 1, 0, P(ends), 0, 0);
    }
    long fd = deleted(n, PIECE);
    pass(SENDMSG, ends[0], fd);
    op(CLOSE, fd, 0, 0);
}

static void hold_in_thread(void)
{
    for (long n = 0; n < PIECES; n++) {
        deleted(n, PIECE);
        rest_ms(250);
    }
    rest_ms(40000);
    say("STAYED\n");
    call(231, 0, 0, 0, 0, 0, 0); /* exit_group */
}

/* A thread with a table of its own, while the first one has ended. */
static void leave_to_a_thread(void)
{
    static long stack[8192];
    long *top = stack + 8190;
    if (P(top) % 16 != 8) {
        top--; /* aligned, when what is there has been taken off */
    }
    *top = P(hold_in_thread);
    register long r10 __asm__("r10") = 0;
    register long r8 __asm__("r8") = 0;
    long result = CLONE;
    __asm__ volatile("syscall\n test %%rax, %%rax\n jnz 1f\n xor %%ebp, %%ebp\n pop %%rax\n call *%%rax\n1:"
                     : "+a"(result)
                     : "D"(THREAD), "S"(top), "d"(0), "r"(r10), "r"(r8)
                     : "rcx", "r11", "memory");
    op(EXIT, 0, 0, 0);
}

/* What any program may do. */
static void be_modest(void)
{
    int ends[2];
    deleted(0, 1 << 20);
    temporary(1 << 20);
    long fd = deleted(1, 1 << 20);
    op6(MMAP, 0, 1 << 20, READ_WRITE, SHARED, fd, 0);
    op(CLOSE, fd, 0, 0);
    call(SOCKETPAIR, 1, 1, 0, P(ends), 0, 0);
    for (int i = 0; i < 60; i++) {
        fd = deleted(2, 1 << 20);
        pass(SENDMSG, ends[0], fd);
        op(CLOSE, fd, 0, 0);
        op(CLOSE, pass(RECVMSG, ends[1], 0), 0, 0);
        rest_ms(100);
    }
    say("STAYED\n");
}

void keep_nameless(void)
{
    const char *how = given("how");
    if (same(how, "modest")) {
        be_modest();
        return;
    }
    if (same(how, "pinned")) {
        static const long handled[2] = {1, 0};
        tell("pinned-by-a-rule", call(LANDLOCK_CREATE_RULESET, P(handled), 8, 0, 0, 0, 0) >= 0 ||
                                     call(LANDLOCK_CREATE_RULESET, 0, 0, 1, 0, 0, 0) >= 0);
        return;
    }
    if (same(how, "thread")) {
        leave_to_a_thread();
    }
    if (same(how, "undumpable")) {
        call(PRCTL, SET_DUMPABLE, 0, 0, 0, 0, 0);
    }
    bool estimated = same(how, "mapped-page") || same(how, "sent");
    bool grow = same(how, "growing");
    long growing[2] = {grow ? deleted(0, 0) : -1, grow ? deleted(1, 0) : -1};
    for (long n = 0; n < (estimated ? MANY_PIECES : grow ? 4 : PIECES); n++) {
        if (grow) {
            fill(growing[n % 2], PIECE);
        } else if (same(how, "temporary")) {
            temporary(PIECE);
        } else if (same(how, "replaced")) {
            replaced(n);
        } else if (same(how, "many")) {
            for (long i = 0; i < SMALL_FILES / PIECES; i++) {
                deleted(n, BLOCK);
            }
        } else if (same(how, "mapped")) {
            keep_mapped(n, PIECE, READ_WRITE, SHARED);
        } else if (same(how, "mapped-page")) {
            keep_mapped(n, PAGE, READ_ONLY, PRIVATE);
        } else if (same(how, "sent")) {
            send_away(n);
        } else {
            deleted(n, PIECE);
        }
        rest_ms(250);
    }
    rest_ms(40000);
    say("STAYED\n");
}
