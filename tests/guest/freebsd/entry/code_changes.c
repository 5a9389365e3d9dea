/*
 * Code that changes: made at run time, rewritten, unmapped, replaced, shared, mapped from files. Each time the calls
 * in it answer for the code that is there now, however hot the code was that stood there before.
 */
#include "answer.h"

#define ENOUGH 500000000ULL /* ns for one case */

enum { PAGES = 2 * CODE_PAGE, HOT = ANSWER_HOT, ROUNDS = 4000, FEW = 12 };

static const uint32_t numbers[2] = {ANSWER_PID, ANSWER_PARENT};

static bool go_on(unsigned round, uint64_t end)
{
    return !guest_failed() && round < ROUNDS && (round < FEW || guest_now() < end);
}

/* The shape and the number of a round: both numbers in one shape after another, at the same place. */
static enum code_form form_of(unsigned round)
{
    return (enum code_form)(round / 2 % CODE_FORMS);
}

static uint32_t number_of(unsigned round)
{
    return numbers[round % 2];
}

static void put_site(uint8_t *at, unsigned round)
{
    code_site(at, form_of(round), number_of(round), CODE_RETURN, NULL);
}

static bool is_right(const uint8_t *at, unsigned round, unsigned times)
{
    if (answer_right(at, number_of(round), times, code_form_name(form_of(round))))
        return true;
    guest_printf("# in round %u\n", round);
    return false;
}

static uint8_t *map(uint64_t at, size_t size, int protection, int flags, int fd, int64_t offset)
{
    int64_t r = SYS(mmap, at, size, protection, flags | (at != 0 ? FREEBSD_MAP_FIXED : 0), fd, offset);

    if (r < 0)
        guest_fail(__FILE__, __LINE__, "mmap: error %ld", (long)-r);
    return r < 0 ? NULL : (uint8_t *)r;
}

enum {
    RX = FREEBSD_PROT_READ | FREEBSD_PROT_EXEC,
    RW = FREEBSD_PROT_READ | FREEBSD_PROT_WRITE,
    RWX = RX | FREEBSD_PROT_WRITE,
    ANON = FREEBSD_MAP_PRIVATE | FREEBSD_MAP_ANON,
};

/* ---- code that is writable ---- */

TEST(written_while_executable)
{
    uint8_t *code = map(0, CODE_PAGE, RWX, ANON, -1, 0);
    uint64_t end = guest_now() + ENOUGH;

    REQUIRE(code != NULL);
    for (unsigned round = 0; go_on(round, end); round++) {
        put_site(code + 64, round);
        is_right(code + 64, round, round % 8 == 0 ? HOT : 5);
        /* Only the number changes: one byte of a hot instruction. */
        if (form_of(round) == CODE_EAX) {
            bool parent = number_of(round) == ANSWER_PARENT;

            code[64 + 4] = parent ? ANSWER_PID : ANSWER_PARENT; /* after mov %rcx,%r10 and the opcode */
            answer_right(code + 64, parent ? ANSWER_PID : ANSWER_PARENT, 5, "changed byte");
        }
    }
    code_free(code, CODE_PAGE);
}

/* Hot while it is read-only, then opened, changed and closed again: what just-in-time compilers do. */
TEST(opened_and_sealed)
{
    uint8_t *code = code_pages(0, CODE_PAGE);
    uint64_t end = guest_now() + 2 * ENOUGH;

    REQUIRE(code != NULL);
    for (unsigned round = 0; go_on(round, end); round++) {
        put_site(code + 64, round);
        REQUIRE(code_seal(code, CODE_PAGE));
        is_right(code + 64, round, round % 4 == 0 ? HOT : 20);
        REQUIRE(code_open(code, CODE_PAGE));
    }
    code_free(code, CODE_PAGE);
}

/* Opened, the code is what the program wrote: it may read it, and change a part and rely on the rest. */
TEST(opened_code_is_the_programs)
{
    uint8_t *code = code_pages(0, CODE_PAGE);
    uint8_t wrote[CODE_SITE_MAX];

    REQUIRE(code != NULL);
    for (unsigned round = 0; round < 4 * CODE_FORMS && !guest_failed(); round++) {
        put_site(code, round);
        memcpy(wrote, code, sizeof(wrote));
        REQUIRE(code_seal(code, CODE_PAGE));
        is_right(code, round, HOT);
        REQUIRE(code_open(code, CODE_PAGE));
        CHECK_EQ(memcmp(code, wrote, sizeof(wrote)), 0);
        if (form_of(round) != CODE_EAX)
            continue;
        code[4] = (uint8_t)number_of(round + 1);
        REQUIRE(code_seal(code, CODE_PAGE));
        is_right(code, round + 1, HOT);
        REQUIRE(code_open(code, CODE_PAGE));
    }
    code_free(code, CODE_PAGE);
}

enum { RLIMIT_NOFILE = 8 }; /* sys/sys/resource.h */

/* The system may need descriptors for what it does with code, but a program that has none left owes it none. */
TEST(opened_without_a_descriptor_left)
{
    struct freebsd_rlimit few = {16, 0}, old;
    uint8_t *code = code_pages(0, CODE_PAGE);
    uint8_t wrote[CODE_SITE_MAX];
    int64_t last = 0;

    REQUIRE(code != NULL);
    put_site(code, 0);
    memcpy(wrote, code, sizeof(wrote));
    REQUIRE(code_seal(code, CODE_PAGE));
    is_right(code, 0, HOT);
    CHECK_OK(SYS(getrlimit, RLIMIT_NOFILE, &old));
    few.maximum = old.maximum;
    CHECK_OK(SYS(setrlimit, RLIMIT_NOFILE, &few));
    for (int64_t fd = 0; fd >= 0; fd = SYS(dup, 1))
        last = fd;
    CHECK_ERR(SYS(dup, 1), FREEBSD_EMFILE);
    CHECK(code_open(code, CODE_PAGE));
    CHECK_EQ(memcmp(code, wrote, sizeof(wrote)), 0);
    CHECK_ERR(SYS(dup, 1), FREEBSD_EMFILE);
    for (; last > 2; last--)
        SYS(close, last);
    CHECK_OK(SYS(setrlimit, RLIMIT_NOFILE, &old));
    REQUIRE(code_seal(code, CODE_PAGE));
    is_right(code, 0, HOT);
    code_free(code, CODE_PAGE);
}

/* Opened by all the ways there are to open a page, and hot again without any change. */
TEST(protections_come_and_go)
{
    static const int ways[] = {FREEBSD_PROT_READ, FREEBSD_PROT_NONE, RWX, RW, RX};
    uint64_t end = guest_now() + ENOUGH;

    for (unsigned round = 0; go_on(round, end); round++) {
        uint8_t *code = code_pages(0, PAGES);

        REQUIRE(code != NULL);
        put_site(code + CODE_PAGE + 16, round);
        REQUIRE(code_seal(code, PAGES));
        is_right(code + CODE_PAGE + 16, round, HOT);
        for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
            CHECK_OK(SYS(mprotect, code + CODE_PAGE, CODE_PAGE, ways[i]));
            if (ways[i] == RWX)
                is_right(code + CODE_PAGE + 16, round, 20);
            REQUIRE(code_seal(code, PAGES));
            is_right(code + CODE_PAGE + 16, round, 60);
        }
        code_free(code, PAGES);
    }
}

/* ---- places that are used again ---- */

TEST(unmapped_and_mapped_again)
{
    uint64_t end = guest_now() + ENOUGH;
    uint8_t *place = code_pages(0, PAGES);

    REQUIRE(place != NULL);
    for (unsigned round = 0; go_on(round, end); round++) {
        put_site(place + 100, round);
        put_site(place + CODE_PAGE + 100, round + 1);
        REQUIRE(code_seal(place, PAGES));
        is_right(place + 100, round, 100);
        is_right(place + CODE_PAGE + 100, round + 1, 20);
        code_free(place, PAGES);
        REQUIRE(code_pages((uint64_t)place, PAGES) == place);
    }
    code_free(place, PAGES);
}

TEST(mapped_over)
{
    uint64_t end = guest_now() + ENOUGH;
    uint8_t *place = code_pages(0, PAGES);

    REQUIRE(place != NULL);
    for (unsigned round = 0; go_on(round, end); round++) {
        uint8_t *second = place + CODE_PAGE;

        put_site(place + 100, round);
        put_site(second + 100, round);
        REQUIRE(code_seal(place, PAGES));
        is_right(place + 100, round, HOT);
        is_right(second + 100, round, HOT);
        /* Only one page of the two. */
        REQUIRE(code_pages((uint64_t)second, CODE_PAGE) == second);
        put_site(second + 100, round + 1);
        REQUIRE(code_seal(second, CODE_PAGE));
        is_right(second + 100, round + 1, HOT);
        is_right(place + 100, round, 20);
        REQUIRE(code_pages((uint64_t)place, PAGES) == place);
    }
    code_free(place, PAGES);
}

/* A site whose mov lies across two pages, of which one changes. */
TEST(across_two_pages)
{
    for (unsigned before = 1; before < 16 && !guest_failed(); before++) {
        for (unsigned round = 0; round < 2 * CODE_FORMS && !guest_failed(); round++) {
            uint8_t *code = code_pages(0, PAGES);
            uint8_t *second = code + CODE_PAGE;
            uint8_t *site = second - before;

            REQUIRE(code != NULL);
            put_site(site, round);
            REQUIRE(code_seal(code, PAGES));
            is_right(site, round, HOT);
            REQUIRE(code_open(second, CODE_PAGE)); /* the first page stays as it is */
            REQUIRE(code_seal(second, CODE_PAGE));
            is_right(site, round, 20);
            REQUIRE(code_pages((uint64_t)second, CODE_PAGE) == second); /* the half of the site is gone */
            REQUIRE(code_open(code, PAGES));
            put_site(site, round + 1);
            REQUIRE(code_seal(code, PAGES));
            is_right(site, round + 1, HOT);
            code_free(code, PAGES);
        }
        if (guest_failed())
            guest_printf("# %u bytes before the page's end\n", before);
    }
}

/* The second page writable all the time: it changes without a word to the system. */
TEST(into_a_writable_page)
{
    enum { NUMBER_AT = 4 }; /* mov %rcx,%r10 and the opcode come first */

    for (unsigned before = 1; before <= NUMBER_AT && !guest_failed(); before++) {
        uint8_t *code = code_pages(0, PAGES);
        uint8_t *site = code + CODE_PAGE - before;

        REQUIRE(code != NULL);
        code_site(site, CODE_EAX, ANSWER_PID, CODE_RETURN, NULL);
        REQUIRE(code_seal(code, CODE_PAGE));
        CHECK_OK(SYS(mprotect, code + CODE_PAGE, CODE_PAGE, RWX));
        for (int round = 0; round < 6 && !guest_failed(); round++) {
            site[NUMBER_AT] = (uint8_t)numbers[round % 2];
            answer_right(site, numbers[round % 2], HOT, "half writable");
        }
        code_free(code, PAGES);
    }
}

/* madvise(2): after MADV_FREE the page may be empty; what is written then counts. */
TEST(freed_pages)
{
    uint8_t *code = code_pages(0, CODE_PAGE);

    REQUIRE(code != NULL);
    for (unsigned round = 0; round < 200 && !guest_failed(); round++) {
        put_site(code, round);
        REQUIRE(code_seal(code, CODE_PAGE));
        is_right(code, round, HOT);
        CHECK_OK(SYS(madvise, code, CODE_PAGE, round % 2 ? FREEBSD_MADV_FREE : FREEBSD_MADV_DONTNEED));
        REQUIRE(code_open(code, CODE_PAGE));
    }
    code_free(code, CODE_PAGE);
}

/* ---- files ---- */

static int code_file(const char *name, unsigned round)
{
    uint8_t page[CODE_PAGE];
    int fd = guest_file(name, "");

    memset(page, 0x90, sizeof(page));
    put_site(page + 200, round);
    CHECK_EQ(SYS(write, fd, page, sizeof(page)), (int64_t)sizeof(page));
    return fd;
}

static bool map_file(uint64_t at, int fd, uint8_t **code)
{
    *code = map(at, CODE_PAGE, RX, FREEBSD_MAP_PRIVATE, fd, 0);
    return *code != NULL;
}

TEST(mapped_from_files)
{
    uint64_t end = guest_now() + ENOUGH;
    uint8_t *place = code_pages(0, CODE_PAGE);
    int fds[2 * CODE_FORMS];

    REQUIRE(place != NULL);
    for (unsigned i = 0; i < 2 * CODE_FORMS; i++) {
        char name[16];

        guest_format(name, sizeof(name), "code.%u", i);
        fds[i] = code_file(name, i);
    }
    for (unsigned round = 0; go_on(round, end); round++) {
        uint8_t *code;

        REQUIRE(map_file((uint64_t)place, fds[round % (2 * CODE_FORMS)], &code));
        is_right(code + 200, round % (2 * CODE_FORMS), round % 2 ? HOT : 30);
        if (round % 3 == 0)
            code_free(code, CODE_PAGE);
    }
    for (unsigned i = 0; i < 2 * CODE_FORMS; i++)
        SYS(close, fds[i]);
    code_free(place, CODE_PAGE);
}

/* Two private mappings of one file: what happens to one is not seen in the other, in the file, or in a third. */
TEST(one_file_mapped_twice)
{
    uint8_t before[CODE_PAGE];
    uint8_t after[CODE_PAGE];
    uint8_t mapped[CODE_PAGE]; /* not the file's, where what earlier rounds have found is rewritten at once */

    for (unsigned round = 0; round < 4 * CODE_FORMS && !guest_failed(); round++) {
        uint8_t *one;
        uint8_t *two;
        int fd = code_file("code.twice", round);

        CHECK_EQ(SYS(pread, fd, before, CODE_PAGE, 0), CODE_PAGE);
        REQUIRE(map_file(0, fd, &one) && map_file(0, fd, &two));
        memcpy(mapped, two, CODE_PAGE);
        is_right(one + 200, round, HOT);
        CHECK_EQ(memcmp(two, mapped, CODE_PAGE), 0);
        is_right(two + 200, round, HOT);
        CHECK_EQ(SYS(pread, fd, after, CODE_PAGE, 0), CODE_PAGE);
        CHECK_EQ(memcmp(after, before, CODE_PAGE), 0);
        code_free(one, CODE_PAGE);
        is_right(two + 200, round, 20);
        code_free(two, CODE_PAGE);
        SYS(close, fd);
    }
}

/* Shared memory that is written through another mapping: it changes without a word to the system. */
TEST(shared_memory)
{
    int fd = (int)SYS(shm_open2, 1 /* SHM_ANON */, FREEBSD_O_RDWR, 0600, 0, 0);
    uint64_t end = guest_now() + ENOUGH;

    REQUIRE(fd >= 0);
    CHECK_OK(SYS(ftruncate, fd, CODE_PAGE));
    uint8_t *writable = map(0, CODE_PAGE, RW, FREEBSD_MAP_SHARED, fd, 0);
    uint8_t *code = map(0, CODE_PAGE, RX, FREEBSD_MAP_SHARED, fd, 0);

    REQUIRE(writable != NULL && code != NULL);
    for (unsigned round = 0; go_on(round, end); round++) {
        uint8_t wrote[CODE_SITE_MAX];

        put_site(writable + 64, round);
        memcpy(wrote, writable + 64, sizeof(wrote));
        is_right(code + 64, round, round % 4 ? 30 : HOT);
        CHECK_EQ(memcmp(wrote, writable + 64, sizeof(wrote)), 0);
    }
    code_free(writable, CODE_PAGE);
    code_free(code, CODE_PAGE);
    SYS(close, fd);
}

/* ---- processes ---- */

struct two_pages {
    uint8_t *code;
    uint8_t copy[CODE_SITE_MAX];
    unsigned round;
};

/* Heats its parent's cold code, changes it and heats it again. */
static void change_in_child(void *argument)
{
    struct two_pages *p = argument;

    is_right(p->code, p->round, HOT);
    REQUIRE(code_open(p->code, CODE_PAGE));
    put_site(p->code, p->round + 1);
    REQUIRE(code_seal(p->code, CODE_PAGE));
    is_right(p->code, p->round + 1, HOT);
}

/* A child has its own copy of the code: the parent's stays as it is, cold or hot. */
TEST(a_child_changes_its_own)
{
    uint64_t end = guest_now() + ENOUGH;

    for (unsigned round = 0; go_on(round, end); round++) {
        struct two_pages p = {.code = code_pages(0, CODE_PAGE), .round = round};
        bool hot = round / 2 % 2 != 0;

        REQUIRE(p.code != NULL);
        put_site(p.code, round);
        memcpy(p.copy, p.code, sizeof(p.copy));
        REQUIRE(code_seal(p.code, CODE_PAGE));
        if (hot)
            is_right(p.code, round, HOT);
        CHECK(EXITED(guest_in_child(change_in_child, &p), 0));
        if (!hot)
            CHECK_EQ(memcmp(p.code, p.copy, sizeof(p.copy)), 0);
        is_right(p.code, round, HOT);
        code_free(p.code, CODE_PAGE);
    }
}
