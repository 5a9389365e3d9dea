/*
 * The program's descriptors are its own while other threads' call sites are looked at and rewritten: a number that is
 * free stays free (open(2): the lowest), and one that is taken stays as it is.
 */
#include "code.h"

enum { SITES = 64, CALLS = 16, TIME = 700000000 };

static volatile uint32_t over;

/* Makes fresh sites and calls from each until it has trapped often enough to be rewritten. */
static void heat(void *unused)
{
    (void)unused;
    while (!over) {
        uint8_t *code = code_pages(0, CODE_PAGE);

        if (code == NULL)
            return;
        memset(code, 0x90, CODE_PAGE);
        for (unsigned i = 0; i < SITES; i++)
            code_site(code + (size_t)i * CODE_SITE_MAX, CODE_EAX_R10, FREEBSD_SYS_getppid, CODE_RETURN, NULL);
        if (!code_seal(code, CODE_PAGE))
            return;
        for (unsigned i = 0; i < SITES; i++)
            for (int call = 0; call < CALLS; call++)
                code_at(code + (size_t)i * CODE_SITE_MAX)(0, 0, 0, 0, 0, 0, FREEBSD_SYS_getppid);
        code_free(code, CODE_PAGE);
    }
}

static void while_others_heat(void (*look)(int file, int free, unsigned *wrong))
{
    struct guest_thread other;
    unsigned wrong = 0;
    int file = guest_file("own", "text");
    int free = (int)SYS(dup, file);

    over = 0;
    REQUIRE(file >= 0 && free > file);
    CHECK_OK(SYS(close, free));
    REQUIRE(guest_thread_start(&other, heat, NULL) == 0);
    for (uint64_t end = guest_now() + TIME; guest_now() < end;)
        for (int i = 0; i < 100; i++)
            look(file, free, &wrong);
    over = 1;
    guest_thread_join(&other);
    CHECK_EQ(wrong, 0);
    SYS(close, file);
}

static void is_free(int file, int free, unsigned *wrong)
{
    struct freebsd_stat st;

    (void)file;
    *wrong += SYS(fstat, free, &st) != -FREEBSD_EBADF;
}

TEST(free_ones_stay_free)
{
    while_others_heat(is_free);
}

static void is_lowest(int file, int free, unsigned *wrong)
{
    int got = (int)SYS(dup, file);

    *wrong += got != free;
    SYS(close, got);
}

TEST(the_lowest_is_given)
{
    while_others_heat(is_lowest);
}

static void is_kept(int file, int free, unsigned *wrong)
{
    struct freebsd_stat st;

    *wrong += SYS(dup2, file, free) != free || SYS(fstat, free, &st) != 0 || st.size != 4 || SYS(close, free) != 0;
}

TEST(taken_ones_are_kept)
{
    while_others_heat(is_kept);
}

/* What the system itself has open is none of the program's, whoever asks. */
TEST(none_but_its_own_is_seen)
{
    struct guest_thread other;
    struct freebsd_stat st;

    over = 0;
    REQUIRE(guest_thread_start(&other, heat, NULL) == 0);
    for (uint64_t end = guest_now() + TIME / 4; guest_now() < end;)
        continue;
    for (int fd = 3; fd < 8192 && !guest_failed(); fd++) {
        CHECK_ERR(SYS(fstat, fd, &st), FREEBSD_EBADF);
        CHECK_ERR(SYS(fcntl, fd, 1, 0), FREEBSD_EBADF); /* F_GETFD */
    }
    over = 1;
    guest_thread_join(&other);
}
