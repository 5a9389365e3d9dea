/* Whether an instruction before a call site is seen to have been executed: registers, memory, and who has called. */
#include "choose_window.h"

#include <stdlib.h>

#include <check.h>

/* The chosen instructions must be seen in the registers; memory is a stack of two words, 1 and 2, at 0x1000. */
static bool read_stack(void *context, void *to, uint64_t from, size_t size)
{
    static const uint64_t stack[] = {1, 2, 0x300000004, 5};
    (void)context;
    if (from < 0x1000 || size > sizeof stack || from - 0x1000 > sizeof stack - size) {
        return false;
    }
    memcpy(to, (const char *)stack + (from - 0x1000), size);
    return true;
}

static bool seen(const uint8_t *bytes, size_t size, struct cpu_context *regs)
{
    struct patch_choice c;
    window_of(bytes, size);
    ck_assert_int_eq(choose_patch(&w, &c), REFUSED_NOT);
    return choice_seen(&c, regs, read_stack, NULL);
}

START_TEST(effects)
{
    static const uint8_t constant[] = {MOV_EAX}, wide[] = {0x48, 0xc7, 0xc0, 0xff, 0xff, 0xff, 0xff},
                         loads[] = {0x48, 0x8b, 0x7c, 0x24, 0x08, 0x48, 0x8b, 0x44, 0x24, 0x00},
                         alone[] = {0xc3, 0x48, 0x8b, 0x44, 0x24, 0x00},
                         address[] = {0x8d, 0x44, 0x24, 0x10, 0x8d, 0x84, 0x24, 0x20, 0, 0, 0};
    struct cpu_context regs = {.rax = 0x27, .rsp = 0x1000};
    ck_assert(seen(constant, sizeof constant, &regs));
    regs.rax = 0x28;
    ck_assert(!seen(constant, sizeof constant, &regs));
    regs.rax = 0x100000027;
    ck_assert(!seen(constant, sizeof constant, &regs));
    regs.rax = UINT64_MAX;
    ck_assert(seen(wide, sizeof wide, &regs));
    regs.rax = 1;
    regs.rdi = 2;
    ck_assert(seen(loads, sizeof loads, &regs));
    regs.rdi = 3; /* the one before was not executed */
    ck_assert(!seen(loads, sizeof loads, &regs));
    ck_assert(!seen(alone, sizeof alone, &regs)); /* 32 bits would have been loaded as well without the prefix */
    regs.rsp = 0x1010;
    regs.rax = 0x300000004;
    ck_assert(seen(alone, sizeof alone, &regs));
    regs.rsp = 0x5000; /* no memory */
    ck_assert(!seen(alone, sizeof alone, &regs));
    regs.rax = 0x5020;
    ck_assert(seen(address, sizeof address, &regs));
}
END_TEST

/*
 * Code of the guest's at 0x2000 that has called, whose stack, at 0x1000, begins with where the call returns to; a stub at
 * 0x3000, and at 0x4000 a word of memory that calls and stubs may go by.
 */
struct caller {
    uint64_t returns_to;
    uint8_t call[8], stub[16];
    uint64_t word;
};

static bool read_caller(void *context, void *to, uint64_t from, size_t size)
{
    const struct caller *c = context;
    const struct {
        uint64_t at;
        const void *bytes;
        size_t size;
    } memory[] = {{0x1000, &c->returns_to, sizeof c->returns_to},
                  {0x2000, c->call, sizeof c->call},
                  {0x3000, c->stub, sizeof c->stub},
                  {0x4000, &c->word, sizeof c->word}};
    for (size_t i = 0; i < sizeof memory / sizeof memory[0]; i++) {
        if (from >= memory[i].at && from + size <= memory[i].at + memory[i].size) {
            memcpy(to, (const char *)memory[i].bytes + (from - memory[i].at), size);
            return true;
        }
    }
    return false;
}

static bool called(const struct patch_choice *c, const struct cpu_context *regs, uint8_t opcode, uint64_t place)
{
    struct caller caller = {.returns_to = 0x2005, .call = {opcode}, .stub = {0}, .word = 0};
    int32_t distance = (int32_t)(place - caller.returns_to);
    memcpy(caller.call + 1, &distance, sizeof distance);
    return choice_seen(c, regs, read_caller, &caller);
}

/*
 * A move that may have been entered behind its prefix: go's, whose moves before it leave nothing to be seen. The guest has
 * come by a call of their first, or of another whole one, or else cannot be told to have.
 */
START_TEST(calls_that_are_seen)
{
    static const uint8_t go[] = {0x49, 0x89, 0xf2, 0x48, 0x89, 0xfa, 0x48, 0x89, 0xce, 0x48, 0x89, 0xdf},
                         jumps[] = {0x49, 0x89, 0xf2, 0x74, 0x00, 0x48, 0x89, 0xce, 0x48, 0x89, 0xdf},
                         leaves[] = {0x49, 0x89, 0xf2, 0x74, 0x40, 0x48, 0x89, 0xce, 0x48, 0x89, 0xdf};
    struct cpu_context regs = {.rdi = 3, .rbx = 3, .rsp = 0x1000, .rip = AT + 2};
    struct patch_choice c;
    window_of(go, sizeof go);
    ck_assert_int_eq(choose_patch(&w, &c), REFUSED_NOT);
    for (uint64_t back = 1; back <= 9; back++) {
        bool whole = back % 3 == 0 || (back % 3 == 2 && back != 2); /* an earlier move without its prefix is one, too */
        ck_assert_msg(called(&c, &regs, 0xe8, AT - back) == whole, "-%u", (unsigned)back);
    }
    ck_assert(called(&c, &regs, 0xe8, AT - sizeof go));
    ck_assert(!called(&c, &regs, 0xe8, AT - 51)); /* so far nobody has looked */
    ck_assert(!called(&c, &regs, 0xe8, AT - 64 - sizeof go));
    ck_assert(!called(&c, &regs, 0xe9, AT - sizeof go));
    ck_assert(!called(&c, &regs, 0xe8, AT));
    ck_assert(!called(&c, &regs, 0xe8, AT + sizeof go));
    regs.rsp = 0x1008;
    ck_assert(!called(&c, &regs, 0xe8, AT - sizeof go)); /* nothing to be read there */
    regs.rdi = regs.rbx = 3ULL << 32;
    ck_assert(!called(&c, &regs, 0xe8, AT - sizeof go));
    regs.rsp = 0x1000;
    regs.rdi = 4;
    ck_assert(!called(&c, &regs, 0xe8, AT - sizeof go)); /* the move was not executed */
    /* Past a jump near by the reading is not plain: whether it was taken is not known. */
    regs.rdi = regs.rbx;
    window_of(jumps, sizeof jumps);
    ck_assert_int_eq(choose_patch(&w, &c), REFUSED_NOT);
    ck_assert(called(&c, &regs, 0xe8, AT - 6));
    ck_assert(!called(&c, &regs, 0xe8, AT - 8));
    ck_assert(!called(&c, &regs, 0xe8, AT - sizeof jumps));
    /* One that leads away was not taken. */
    window_of(leaves, sizeof leaves);
    ck_assert_int_eq(choose_patch(&w, &c), REFUSED_NOT);
    ck_assert(called(&c, &regs, 0xe8, AT - sizeof leaves));
}
END_TEST

/* libc's syscall(): a load that begins with a prefix, behind moves. Programs call it by their linker's stubs. */
START_TEST(calls_by_way_of_a_linker)
{
    static const uint8_t code[] = {0x48, 0x89, 0xf8, 0x48, 0x89, 0xf7, 0x48, 0x89, 0xd6, 0x48, 0x89, 0xca,
                                   0x4d, 0x89, 0xc2, 0x4d, 0x89, 0xc8, 0x4c, 0x8b, 0x4c, 0x24, 0x08};
    static const uint8_t stubs[][8] = {
        {6, 0xff, 0x25},
        {7, 0xf2, 0xff, 0x25},
        {11, 0xf3, 0x0f, 0x1e, 0xfa, 0xf2, 0xff, 0x25},
        {6, 0xff, 0x15},
    };
    struct cpu_context regs = {.r9 = 0x2005, .rsp = 0x1000 - 8, .rip = AT + 2};
    struct caller c = {.returns_to = 0x2005, .call = {0xe8, 0xfb, 0x0f}, .word = AT - sizeof code};
    struct patch_choice choice;
    window_of(code, sizeof code);
    ck_assert_int_eq(choose_patch(&w, &choice), REFUSED_NOT);
    ck_assert(choice.back == 5 && choice.length == 5);
    ck_assert(!choice_seen(&choice, &regs, read_caller, &c)); /* the load is, but there is no caller */
    regs.rsp = 0x1000;
    choice.effect.displacement = 0;
    for (size_t i = 0; i < sizeof stubs / sizeof stubs[0]; i++) {
        int32_t distance = (int32_t)(0x4000 - (0x3000 + stubs[i][0]));
        memset(c.stub, 0, sizeof c.stub);
        memcpy(c.stub, stubs[i] + 1, 7);
        memcpy(c.stub + stubs[i][0] - 4, &distance, sizeof distance);
        c.word = AT - sizeof code;
        ck_assert_int_eq(choice_seen(&choice, &regs, read_caller, &c), i != 3); /* no jump */
        c.word = AT + 64;
        ck_assert(!choice_seen(&choice, &regs, read_caller, &c));
    }
    /* Without a stub: call *disp32(%rip). */
    c = (struct caller){.returns_to = 0x2006, .call = {0xff, 0x15, 0xfa, 0x1f}, .word = AT - sizeof code};
    regs.r9 = c.returns_to;
    ck_assert(choice_seen(&choice, &regs, read_caller, &c));
    c.call[1] = 0x25;
    ck_assert(!choice_seen(&choice, &regs, read_caller, &c));
}
END_TEST

/*
 * glibc's call that threads can be cancelled in: what the load's neighbour has loaded is overwritten before the call, but
 * the function's caller can be seen.
 */
START_TEST(calls_where_the_neighbour_cannot_be_seen)
{
    static const uint8_t code[] = {0xf6, 0x07, 0x08, 0x0f, 0x85, 0xd5, 0x4b, 0xff, 0xff, 0x49, 0x89, 0xfb, 0x48, 0x89,
                                   0xf0, 0x48, 0x89, 0xd7, 0x48, 0x89, 0xce, 0x4c, 0x89, 0xc2, 0x4d, 0x89, 0xca, 0x4c,
                                   0x8b, 0x44, 0x24, 0x08, 0x4c, 0x8b, 0x4c, 0x24, 0x10, 0x4c, 0x89, 0x5c, 0x24, 0x08};
    struct cpu_context regs = {.r9 = 0x2005, .rsp = 0x1000, .rip = AT + 2};
    struct patch_choice c;
    window_of(code, sizeof code);
    ck_assert_int_eq(choose_patch(&w, &c), REFUSED_NOT);
    ck_assert(c.back == 10 && c.length == 5 && c.has_before);
    c.effect.displacement = 0;
    ck_assert(called(&c, &regs, 0xe8, AT - sizeof code));
    ck_assert(!called(&c, &regs, 0xe8, AT - sizeof code + 1));
    ck_assert(!called(&c, &regs, 0xe8, AT + sizeof code));
    regs.r9++;
    ck_assert(!called(&c, &regs, 0xe8, AT - sizeof code));
}
END_TEST

/* One whose neighbour can be seen needs no call. */
START_TEST(short_effects)
{
    static const uint8_t two[] = {0x48, 0x89, 0xde, 0x4c, 0x89, 0xe7}, wide[] = {0xc3, 0x4c, 0x89, 0xe7},
                         clears[] = {0x31, 0xc0};
    struct cpu_context regs = {.rsi = 1, .rbx = 1, .r12 = 2, .rdi = 2, .rsp = 0x5000, .rip = AT + 2};
    ck_assert(seen(two, sizeof two, &regs));
    regs.rsi = 3;
    ck_assert(!seen(two, sizeof two, &regs));
    ck_assert(!seen(wide, sizeof wide, &regs));
    regs.rdi = regs.r12 = 2ULL << 32;
    ck_assert(seen(wide, sizeof wide, &regs));
    ck_assert(seen(clears, sizeof clears, &regs));
    regs.rax = 1;
    ck_assert(!seen(clears, sizeof clears, &regs));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("choose_seen");
    TCase *tests = tcase_create("all");
    tcase_add_test(tests, effects);
    tcase_add_test(tests, calls_that_are_seen);
    tcase_add_test(tests, calls_by_way_of_a_linker);
    tcase_add_test(tests, calls_where_the_neighbour_cannot_be_seen);
    tcase_add_test(tests, short_effects);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
