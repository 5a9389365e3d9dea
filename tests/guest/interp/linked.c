/*
 * A program that a dynamic linker (linker.c) has put together with a library before it begins, at a fixed address and
 * position-independent: what the linker asked of the kernel holds. Sources: libexec/rtld-elf, mmap(2) (MAP_GUARD),
 * sys/amd64/amd64/sys_machdep.c (the FS base).
 */
#include "guest.h"
#include "library.h"

static __thread int own = 3;
static __thread char own_room[5000];

__attribute__((visibility("default"))) int program_number(void)
{
    return 42;
}

int guest_child(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return own == 3 && library_variable == 5 && library_add(1, 1) == 2 ? 0 : 1;
}

TEST(linker_ran_first)
{
    CHECK_EQ(guest_entry.r12, 0x2e);
}

TEST(functions)
{
    CHECK_EQ(library_add(40, 2), 42);
    CHECK_EQ(library_indirect(), 64);
    CHECK(library_of_itself() == (void *)library_add);
}

/* The constructor ran, and found the program's function in place of the library's */
TEST(constructor_ran)
{
    CHECK_EQ(library_began, 42);
}

TEST(data_is_one)
{
    CHECK_EQ(library_copied[2], 9);
    library_copied[0] = 70;
    CHECK_EQ(library_first_copied(), 70);
}

TEST(thread_variables)
{
    CHECK_EQ(own, 3);
    CHECK_EQ(library_variable, 5);
    CHECK(library_variable_address() == &library_variable);
    CHECK_EQ(library_hidden(0), 11);
    for (int i = 0; i < LIBRARY_ROOM; i++)
        if (library_room()[i] != 0)
            CHECK_EQ(i, -1);
    for (unsigned i = 0; i < sizeof(own_room); i++)
        if (own_room[i] != 0)
            CHECK_EQ(i, -1);
}

static void change(void *argument)
{
    (void)argument;
    own = 30;
    library_variable = 50;
    CHECK_EQ(*library_variable_address(), 50);
    CHECK_EQ(library_hidden(1), 12);
}

/* A child has them where its parent has them, and as copies */
TEST(thread_variables_of_a_child)
{
    CHECK(EXITED(guest_in_child(change, NULL), 0));
    CHECK_EQ(own, 3);
    CHECK_EQ(library_variable, 5);
}

/* They begin anew with a new image */
TEST(thread_variables_after_exec)
{
    char *argv[] = {"linked", "--child", NULL};
    int pid;

    own = 31;
    library_variable = 51;
    pid = guest_fork();
    if (pid == 0) {
        SYS(execve, guest_self, argv, guest_envp);
        guest_exit(9);
    }
    CHECK(EXITED(guest_wait(pid), 0));
    own = 3;
    library_variable = 5;
}

static void on_signal(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)signo;
    (void)info;
    (void)context;
    own++;
    library_hidden(5);
}

/* A handler has the thread's own */
TEST(thread_variables_in_a_handler)
{
    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, on_signal, 0));
    CHECK_OK(SYS(kill, SYS(getpid), FREEBSD_SIGUSR1));
    CHECK_EQ(own, 4);
    CHECK_EQ(library_hidden(-5), 11);
    own = 3;
}

static void touch(void *address)
{
    *(volatile char *)address;
    guest_exit(77);
}
static void write_to(void *address)
{
    *(volatile char *)address = 1;
    guest_exit(77);
}
static bool faults(void (*function)(void *), void *address)
{
    int status = guest_in_child(function, address);

    return KILLED(status, FREEBSD_SIGSEGV) || KILLED(status, FREEBSD_SIGBUS);
}

/* Between the library's text and its data lies a hole, which nothing may be put into unasked */
TEST(holes_stay)
{
    char *text = (char *)((uint64_t)library_text() & ~4095UL);
    char *data = (char *)&*library_constants();
    uint64_t apart = (uint64_t)(data > text ? data - text : text - data);

    REQUIRE(apart > 1 << 20);
    CHECK(faults(touch, text + (1 << 20)));
    for (int i = 0; i < 200; i++) {
        char *other = guest_pages(65536);

        REQUIRE(other != NULL);
        CHECK(other + 65536 <= text || other >= data + 4096);
    }
}

TEST(relocated_constants_are_protected)
{
    CHECK_EQ(library_constants()[1][0], 's');
    CHECK(faults(write_to, (void *)library_constants()));
}
