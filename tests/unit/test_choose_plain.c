/* Call sites that need no decoder: which code and registers are taken for one, and what could be something else. */
#include "choose_window.h"

#include <stdlib.h>

#include <check.h>

#include "syscalls/entry/choose_plain.h"

struct shape {
    const char *what;
    uint64_t rax;
    bool plain;
    uint8_t back, length; /* where plain */
    uint8_t size, bytes[24];
};

static const struct shape shapes[] = {
    {"mov imm, eax", 0x27, true, 5, 5, 5, {MOV_EAX}},
    {"another number in eax", 0x28, false, 0, 0, 5, {MOV_EAX}},
    {"more than the number in rax", 0x100000027, false, 0, 0, 5, {MOV_EAX}},
    {"mov imm, rax", 0x27, true, 7, 7, 7, {0x48, 0xc7, 0xc0, 0x27, 0, 0, 0}},
    {"mov -1, rax", UINT64_MAX, false, 0, 0, 7, {0x48, 0xc7, 0xc0, 0xff, 0xff, 0xff, 0xff}},
    /* FreeBSD's libc; glibc's open, futex and abort */
    {"mov rcx, r10 behind it", 0x27, true, 8, 5, 8, {MOV_EAX, 0x49, 0x89, 0xca}},
    {"mov rdi, rsi; mov imm, edi", 0x27, true, 13, 5, 13, {MOV_EAX, 0x48, 0x89, 0xfe, 0xbf, 0x9c, 0xff, 0xff, 0xff}},
    {"xor imm8, sil", 0x27, true, 9, 5, 9, {MOV_EAX, 0x40, 0x80, 0xf6, 0x81}},
    {"and imm8, esi; xor r10d, r10d", 0x27, true, 11, 5, 11, {MOV_EAX, 0x83, 0xe6, 0x80, 0x45, 0x31, 0xd2}},
    {"mov imm, r8d", 0x27, true, 11, 5, 11, {MOV_EAX, 0x41, 0xb8, 1, 0, 0, 0}},
    {"mov (rdi), esi", 0x27, true, 7, 5, 7, {MOV_EAX, 0x8b, 0x37}},
    {"mov disp32, esi", 0x27, true, 12, 5, 12, {MOV_EAX, 0x8b, 0x34, 0x25, 0, 0, 0x10, 0}},
    {"lea disp32(r9), rsi", 0x27, true, 12, 5, 12, {MOV_EAX, 0x49, 0x8d, 0xb1, 0xf0, 8, 0, 0}},
    {"lea; movb imm8, disp8(rsp); mov rdx",
     0x27,
     true,
     18,
     5,
     18,
     {MOV_EAX, 0x4c, 0x8d, 0x74, 0x24, 0x68, 0xc6, 0x44, 0x24, 0x66, 0, 0x4c, 0x89, 0xf2}},
    {"movl imm32, (rdi); mov rsi, disp8(rbp)",
     0x27,
     true,
     15,
     5,
     15,
     {MOV_EAX, 0xc7, 0x07, 1, 2, 3, 4, 0x48, 0x89, 0x75, 0xf8}},
    /* what changes eax or the stack, depends on its place, or jumps, behind it */
    {"mov ecx, eax behind it", 0x27, false, 0, 0, 7, {MOV_EAX, 0x89, 0xc8}},
    {"mov eax, eax by the other opcode", 0x27, false, 0, 0, 7, {MOV_EAX, 0x8b, 0xc1}},
    {"or imm8, eax", 0x27, false, 0, 0, 8, {MOV_EAX, 0x83, 0xc8, 0}},
    {"xor imm8, ah", 0x27, false, 0, 0, 8, {MOV_EAX, 0x80, 0xf4, 0}},
    {"mov rdi, rsp", 0x27, false, 0, 0, 8, {MOV_EAX, 0x48, 0x89, 0xfc}},
    {"mov (rdi), eax", 0x27, false, 0, 0, 7, {MOV_EAX, 0x8b, 0x07}},
    {"lea disp8(rdi), rax", 0x27, false, 0, 0, 9, {MOV_EAX, 0x48, 0x8d, 0x47, 0x08}},
    {"mov disp32(rip), esi", 0x27, false, 0, 0, 11, {MOV_EAX, 0x8b, 0x35, 0, 0, 0, 0}},
    {"jne", 0x27, false, 0, 0, 7, {MOV_EAX, 0x75, 0x10}},
    {"movabs imm, rsi", 0x27, false, 0, 0, 15, {MOV_EAX, 0x48, 0xbe, 1, 0, 0, 0, 0, 0, 0, 0}},
    {"an instruction cut off", 0x27, false, 0, 0, 6, {MOV_EAX, 0x48}},
    /* what ends in the same bytes */
    {"mov imm, r8d", 0x27, false, 0, 0, 6, {0x41, MOV_EAX}},
    {"mov imm16, ax", 0x27, false, 0, 0, 6, {0x66, MOV_EAX}},
    {"lea disp32(rax), edi", 0x27, false, 0, 0, 6, {0x8d, MOV_EAX}},
    {"mov disp32(rax, rdi, 4), eax", 0x27, false, 0, 0, 7, {0x8b, 0x84, MOV_EAX}},
    {"movl imm, disp8(rbp)", 0x27, false, 0, 0, 7, {0xc7, 0x45, MOV_EAX}},
    {"movl imm, disp8(rsp)", 0x27, false, 0, 0, 8, {0xc7, 0x44, 0x24, MOV_EAX}},
    {"movl imm, disp32(rbp)", 0x27, false, 0, 0, 10, {0xc7, 0x85, 0, 0, 0, MOV_EAX}},
    {"movabs imm, rdi", 0x27, false, 0, 0, 10, {0x48, 0xbf, 1, 2, 3, MOV_EAX}},
    {"all of it inside of movabs", 0x27, false, 0, 0, 7, {0x48, 0xb8, MOV_EAX}},
    {"the same, further behind", 0x27, false, 0, 0, 8, {0x49, 0xbf, 1, MOV_EAX}},
    {"inside of movl imm, disp32(rbp)", 0x27, false, 0, 0, 7, {0xc7, 0x85, MOV_EAX}},
    {"inside of movl imm, disp32(rsp)", 0x27, false, 0, 0, 9, {0xc7, 0x84, 0x24, 1, MOV_EAX}},
    /* the last byte of what stands before may be a prefix's number */
    {"mov esi, edx before it", 0x27, true, 5, 5, 7, {0x89, 0xf2, MOV_EAX}},
    {"movb imm8 before it", 0x27, true, 5, 5, 8, {0xc6, 0x07, 0x01, MOV_EAX}},
    {"nothing of a number", 0x27, false, 0, 0, 3, {0x48, 0x89, 0xc8}},
};

START_TEST(shapes_of_numbers)
{
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        const struct shape *s = &shapes[i];
        struct cpu_context regs = {.rax = s->rax};
        struct patch_choice c = {.back = 0xff};
        window_of(s->bytes, s->size);
        bool plain = choose_plain(&w, &regs, NULL, &c);
        ck_assert_msg(plain == s->plain, "%s: %d", s->what, plain);
        if (plain) {
            ck_assert_msg(c.back == s->back && c.length == s->length, "%s: %u, %u", s->what, c.back, c.length);
            ck_assert_msg(!c.has_before && !c.wide && c.entries == 0, "%s", s->what);
        }
    }
}
END_TEST

/* With fewer bytes known before the site than would be looked at, nothing is certain. */
START_TEST(beginnings)
{
    static const uint8_t call[] = {MOV_EAX};
    struct cpu_context regs = {.rax = 0x27};
    struct patch_choice c;
    for (uint32_t before = 0; before <= 20; before++) {
        window_of(call, sizeof call);
        memmove(w.bytes, w.bytes + w.before - before, before + 2 + w.after);
        w.before = before;
        ck_assert_msg(choose_plain(&w, &regs, NULL, &c) == (before >= 15), "%u", before);
    }
}
END_TEST

#define CANCEL                                                                                                         \
    0x49, 0x89, 0xfb, 0x48, 0x89, 0xf0, 0x48, 0x89, 0xd7, 0x48, 0x89, 0xce, 0x4c, 0x89, 0xc2, 0x4d, 0x89, 0xca, 0x4c,  \
        0x8b, 0x44, 0x24, 0x08, 0x4c, 0x8b, 0x4c, 0x24, 0x10, 0x4c, 0x89, 0x5c, 0x24, 0x08

START_TEST(glibc_cancel_arch)
{
    static const uint8_t whole[] = {CANCEL};
    struct cpu_context regs = {.rax = 0};
    struct patch_choice c;
    window_of(whole, sizeof whole);
    ck_assert(choose_plain(&w, &regs, NULL, &c));
    ck_assert(c.back == 5 && c.length == 5);
    for (size_t i = 0; i < sizeof whole; i++) { /* each byte counts */
        window_of(whole, sizeof whole);
        w.bytes[SITE - 1 - i] ^= 1;
        ck_assert(!choose_plain(&w, &regs, NULL, &c));
    }
}
END_TEST

/* `mov 16(%rsp), %rax` behind padding, to which jumps lead from before and from behind. */
static void labelled(unsigned jumps)
{
    static const uint8_t code[] = {0xc3, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0, 0x48, 0x8b, 0x44, 0x24, 0x10};
    window_of(code, sizeof code);
    w.at += 5; /* so that the load is aligned */
    size_t load = SITE - 5;
    if (jumps > 0) {
        w.bytes[load - 40] = 0x75;
        w.bytes[load - 39] = 38;
    }
    if (jumps > 1) {
        int32_t distance = -(100 + 6);
        w.bytes[load + 100] = 0x0f;
        w.bytes[load + 101] = 0x85;
        memcpy(w.bytes + load + 102, &distance, sizeof distance);
    }
}

START_TEST(labels)
{
    uint64_t stack[PLAIN_STACK / 8] = {1, 2, 0x101};
    struct cpu_context regs = {.rax = 0x101};
    struct patch_choice c;
    const uint8_t *bytes = (const uint8_t *)stack;
    labelled(2);
    ck_assert(choose_plain(&w, &regs, bytes, &c));
    ck_assert(c.back == 5 && c.length == 5);
    ck_assert(!choose_plain(&w, &regs, NULL, &c)); /* the stack cannot be read */
    stack[2] = 0x102;
    ck_assert(!choose_plain(&w, &regs, bytes, &c));
    stack[2] = 0x101;
    w.at += 1;
    ck_assert(!choose_plain(&w, &regs, bytes, &c));
    labelled(1);
    ck_assert(!choose_plain(&w, &regs, bytes, &c));
    labelled(2);
    w.bytes[SITE - 6] = 1; /* the padding's last byte */
    ck_assert(!choose_plain(&w, &regs, bytes, &c));
    labelled(2);
    w.bytes[SITE - 1] = 0x80; /* a negative displacement: nobody's arguments */
    ck_assert(!choose_plain(&w, &regs, bytes, &c));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("choose_plain");
    TCase *all = tcase_create("all");
    tcase_add_test(all, shapes_of_numbers);
    tcase_add_test(all, beginnings);
    tcase_add_test(all, glibc_cancel_arch);
    tcase_add_test(all, labels);
    suite_add_tcase(s, all);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
