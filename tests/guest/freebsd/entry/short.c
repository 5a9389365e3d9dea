/*
 * Call sites with nothing as long as a jump before them. An engine may turn them into jumps all the same, whose last
 * bytes are the site's own, so that they lead to one place among few, away from the code. That place is the program's:
 * it may have something there, or want it later. Whatever happens there, the calls answer as they did.
 */
#include "answer.h"

enum { JUMP = 0xe9, JUMP_SIZE = 5, MAPPED = FREEBSD_PROT_READ | FREEBSD_PROT_WRITE };

static const enum code_form forms[] = {CODE_SHORT, CODE_THREE, CODE_TWO};
enum { FORMS = sizeof(forms) / sizeof(forms[0]) };

/* The bytes right before the call that are replaced. */
static const unsigned lengths[FORMS] = {4, 3, 2};

/* A fresh site at the end of some nops; *call becomes its `syscall`. */
static uint8_t *make_site(unsigned form, uint32_t number, uint8_t **call)
{
    uint8_t *code = code_pages(0, CODE_PAGE);
    size_t offset;

    if (code == NULL)
        return NULL;
    memset(code, 0x90, 64);
    code_site(code + 64, forms[form], number, CODE_RETURN, &offset);
    *call = code + 64 + offset;
    return code_seal(code, CODE_PAGE) ? code : NULL;
}

/* Where a jump over so many bytes leads, with the lowest or the highest displacement that its fixed bytes leave. */
static uint64_t reach(const uint8_t *call, unsigned length, bool highest)
{
    const uint8_t *from = call - length;
    int32_t displacement = 0;
    uint8_t bytes[4];

    for (unsigned i = 0; i < 4; i++)
        bytes[i] = i + 1 < length ? (highest ? 0xff : 0) : from[i + 1];
    memcpy(&displacement, bytes, sizeof(bytes));
    return (uint64_t)from + JUMP_SIZE + (uint64_t)(int64_t)displacement;
}

static uint64_t page_of(uint64_t address)
{
    return address & ~(uint64_t)(CODE_PAGE - 1);
}

static int64_t map_there(uint64_t at, size_t size, int flags)
{
    return SYS(mmap, at, size, MAPPED, flags | FREEBSD_MAP_PRIVATE | FREEBSD_MAP_ANON | FREEBSD_MAP_FIXED, -1, 0);
}

/* All of the place is taken before the site has ever been used. The first test here: no engine has had reason to take it. */
TEST(with_the_place_taken)
{
    for (unsigned form = 1; form < FORMS && !guest_failed(); form++) {
        uint8_t *call;
        uint8_t *code = make_site(form, ANSWER_PARENT, &call);

        REQUIRE(code != NULL);
        uint64_t low = page_of(reach(call, lengths[form], false));
        uint64_t high = page_of(reach(call, lengths[form], true)) + CODE_PAGE;

        for (uint64_t page = low; page < high; page += CODE_PAGE) {
            int64_t r = map_there(page, CODE_PAGE, FREEBSD_MAP_EXCL);

            REQUIRE(r == (int64_t)page);
            *(volatile uint64_t *)page = page;
        }
        answer_right(code + 64, ANSWER_PARENT, 2 * ANSWER_HOT, code_form_name(forms[form]));
        CHECK(call[-(int)lengths[form]] != JUMP);
        for (uint64_t page = low; page < high; page += CODE_PAGE)
            CHECK_EQ(*(volatile uint64_t *)page, page);
        SYS(munmap, low, high - low);
        code_free(code, CODE_PAGE);
    }
}

/* Under an engine that makes jumps these are jumps, too. */
TEST(become_jumps)
{
    for (unsigned form = 0; form < FORMS && !guest_failed(); form++) {
        uint8_t *call;
        uint8_t *code = make_site(form, ANSWER_PARENT, &call);

        REQUIRE(code != NULL);
        answer_right(code + 64, ANSWER_PARENT, 2 * ANSWER_HOT, code_form_name(forms[form]));
        if (guest_intercepted_by("rewrite"))
            CHECK_EQ(call[-(int)lengths[form]], JUMP);
        CHECK(call[0] == 0x0f && call[1] == 0x05);
        code_free(code, CODE_PAGE);
    }
}

/* Taken when the site is hot: by what maps there whatever there was, what unmaps, and what closes. */
TEST(with_the_place_taken_later)
{
    for (unsigned form = 0; form < FORMS && !guest_failed(); form++) {
        uint8_t *call;
        uint8_t *code = make_site(form, ANSWER_PARENT, &call);

        REQUIRE(code != NULL);
        answer_right(code + 64, ANSWER_PARENT, 2 * ANSWER_HOT, code_form_name(forms[form]));
        bool jump = call[-(int)lengths[form]] == JUMP;
        int32_t displacement;

        memcpy(&displacement, call - lengths[form] + 1, sizeof(displacement));
        uint64_t page = page_of((uint64_t)(call - lengths[form]) + JUMP_SIZE + (uint64_t)(int64_t)displacement);

        if (!jump)
            page = page_of(reach(call, lengths[form], true));
        int64_t r = map_there(page, CODE_PAGE, 0);

        /* What a system calls its own it need not give. */
        CHECK(r == (int64_t)page || (jump && r == -FREEBSD_ENOMEM));
        answer_right(code + 64, ANSWER_PARENT, ANSWER_HOT, "mapped over");
        r = map_there(page, CODE_PAGE, FREEBSD_MAP_EXCL);
        CHECK_EQ(r, -FREEBSD_ENOMEM); /* vm_map_fixed(): KERN_NO_SPACE */
        answer_right(code + 64, ANSWER_PARENT, ANSWER_HOT, "mapped there");
        SYS(mprotect, page, CODE_PAGE, FREEBSD_PROT_NONE);
        answer_right(code + 64, ANSWER_PARENT, ANSWER_HOT, "closed");
        SYS(munmap, page, CODE_PAGE);
        answer_right(code + 64, ANSWER_PARENT, ANSWER_HOT, "unmapped");
        code_free(code, CODE_PAGE);
    }
}

/* The byte behind the call ends a page; the next one changes, and with it where the jump leads. */
TEST(the_byte_behind_changes)
{
    for (unsigned round = 0; round < 12 && !guest_failed(); round++) {
        uint8_t *code = code_pages(0, 2 * CODE_PAGE);
        uint8_t site[CODE_SITE_MAX];
        size_t call;
        size_t size = code_site(site, CODE_TWO, ANSWER_PID, CODE_RETURN, &call);
        uint8_t *second = code + CODE_PAGE;
        uint8_t *at = second - call - 2;

        REQUIRE(code != NULL);
        memcpy(at, site, size);
        REQUIRE(code_seal(code, 2 * CODE_PAGE));
        answer_right(at, ANSWER_PID, ANSWER_HOT, "two bytes at a page's end");
        if (round % 2 == 0)
            REQUIRE(code_open(second, CODE_PAGE));
        else
            REQUIRE(code_pages((uint64_t)second, CODE_PAGE) == second);
        second[0] = round % 3 == 0 ? 0x90 : 0xf5; /* nop; or cmc, twice */
        second[1] = second[0];
        memcpy(second + 2, site + call + 2, size - call - 2);
        REQUIRE(code_seal(second, CODE_PAGE));
        answer_right(at, ANSWER_PID, ANSWER_HOT, "with another byte behind");
        code_free(code, 2 * CODE_PAGE);
    }
}

/* Two calls in a row: what is replaced before the second is the byte behind the first. */
TEST(one_behind_another)
{
    static const uint8_t bytes[] = {
        0x49, 0x89, 0xca,       /* mov %rcx,%r10 */
        0x8b, 0x74, 0x24, 0x08, /* mov 8(%rsp),%esi */
        0x89, 0xf0,             /* mov %esi,%eax */
        0x0f, 0x05,             /* syscall */
        0x89, 0xf0, 0x0f, 0x05, /* the same once more, and again */
        0x89, 0xf0, 0x0f, 0x05, 0x72, 0x01, 0xc3, 0x48, 0xf7, 0xd8, 0xc3,
    };
    for (unsigned round = 0; round < 8 && !guest_failed(); round++) {
        uint8_t *code = code_pages(0, CODE_PAGE);
        uint8_t *at = code + 64 + (size_t)round * 16;

        REQUIRE(code != NULL);
        memset(code, 0x90, CODE_PAGE);
        memcpy(at, bytes, sizeof(bytes));
        REQUIRE(code_seal(code, CODE_PAGE));
        answer_right(at, ANSWER_PID, 2 * ANSWER_HOT, "three in a row");
        /* One of them first: those that follow find it as it is. */
        for (int i = 0; i < ANSWER_HOT && !guest_failed(); i++)
            CHECK_EQ(code_at(at + 11)(0, ANSWER_PARENT, 0, 0, 0, 0, 0), answer_wanted(ANSWER_PARENT));
        answer_right(at, ANSWER_PARENT, ANSWER_HOT, "three in a row");
        REQUIRE(code_open(code, CODE_PAGE));
        CHECK_EQ(memcmp(at, bytes, sizeof(bytes)), 0);
        code_free(code, CODE_PAGE);
    }
}
