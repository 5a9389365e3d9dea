/* Which instruction before a call site may become a jump: shapes of code, what is refused, and real functions. */
#include "choose_window.h"

#include <capstone/capstone.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

/* After capstone: it has an enumerator called fail. */
#include <check.h>

#include "syscalls/entry/decoder_memory.h"

/* Cuts the window to so many bytes before the site. */
static void cut_to(uint32_t before, bool starts_a_mapping)
{
    memmove(w.bytes, w.bytes + w.before - before, before + 2 + w.after);
    w.before = before;
    w.starts_a_mapping = starts_a_mapping;
}

struct shape {
    const char *what;
    enum site_refusal refusal;
    uint8_t back, length;
    uint8_t size, bytes[40];
};

static const struct shape shapes[] = {
    /* FreeBSD's libc, its syscall(2), Linux's shape */
    {"mov imm, eax", REFUSED_NOT, 5, 5, 5, {MOV_EAX}},
    {"mov imm, eax; mov rcx, r10", REFUSED_NOT, 8, 5, 8, {MOV_EAX, 0x49, 0x89, 0xca}},
    {"mov rcx, r10; mov imm, eax", REFUSED_NOT, 5, 5, 8, {0x49, 0x89, 0xca, MOV_EAX}},
    {"mov imm, rax", REFUSED_NOT, 7, 7, 7, {0x48, 0xc7, 0xc0, 0x27, 0, 0, 0}},
    {"movabs imm, rax", REFUSED_NOT, 10, 10, 10, {0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8}},
    /* Go (runtime/sys_freebsd_amd64.s, internal/runtime/syscall) */
    {"go write",
     REFUSED_NOT,
     5,
     5,
     19,
     {0x48, 0x8b, 0x7c, 0x24, 0x08, 0x48, 0x8b, 0x74, 0x24, 0x10, 0x8b, 0x54, 0x24, 0x18, 0xb8, 4, 0, 0, 0}},
    {"go exit, mov disp8(rsp), edi first", REFUSED_NOT, 5, 5, 9, {0x8b, 0x7c, 0x24, 0x08, 0xb8, 1, 0, 0, 0}},
    {"mov disp8(rsp), rdi; mov disp8(rsp), rax",
     REFUSED_NOT,
     5,
     5,
     10,
     {0x48, 0x8b, 0x7c, 0x24, 0x10, 0x48, 0x8b, 0x44, 0x24, 0x08}},
    {"ret; mov disp8(rsp), rax", REFUSED_NOT, 5, 5, 6, {0xc3, 0x48, 0x8b, 0x44, 0x24, 0x08}},
    {"ret; mov disp8(rsp), r9; mov rax, rdi",
     REFUSED_NOT,
     8,
     5,
     9,
     {0xc3, 0x4c, 0x8b, 0x4c, 0x24, 0x38, 0x48, 0x89, 0xc7}},
    {"ret; mov disp32(rsp), rax", REFUSED_NOT, 8, 8, 9, {0xc3, 0x48, 0x8b, 0x84, 0x24, 0x88, 0, 0, 0}},
    {"mov disp8(rsp), rax after one whose effect cannot be seen: by a call",
     REFUSED_NOT,
     5,
     5,
     5,
     {0x48, 0x8b, 0x44, 0x24, 8}},
    {"a prefix before mov imm, eax", REFUSED_SHORT, 0, 0, 7, {0xc3, 0x66, MOV_EAX}},
    {"two prefixes before mov imm, rax", REFUSED_SHORT, 0, 0, 9, {0x44, 0x3e, 0x48, 0xc7, 0xc0, 0x27, 0, 0, 0}},
    {"the nearest of two", REFUSED_NOT, 7, 5, 13, {0xbf, 1, 0, 0, 0, 0x90, MOV_EAX, 0x31, 0xf6}},
    {"over push, pop and cmov", REFUSED_NOT, 12, 5, 12, {MOV_EAX, 0x56, 0x5e, 0x48, 0x0f, 0x44, 0xf7, 0x90}},
    {"as far as may be", REFUSED_NOT, 24, 5, 24, {MOV_EAX, 0x48, 0x31, 0xff, 0x48, 0x31, 0xf6, 0x48, 0x31, 0xd2,
                                                  0x4d,    0x31, 0xd2, 0x4d, 0x31, 0xc0, 0x4d, 0x31, 0xc9, 0x90}},
    {"a byte too far", REFUSED_SHORT, 0, 0, 25, {MOV_EAX, 0x48, 0x31, 0xff, 0x48, 0x31, 0xf6, 0x48, 0x31, 0xd2, 0x4d,
                                                 0x31,    0xd2, 0x4d, 0x31, 0xc0, 0x4d, 0x31, 0xc9, 0x90, 0x90}},
    {"nothing of five bytes", REFUSED_SHORT, 0, 0, 3, {0x6a, 0x27, 0x58}},
    {"a single byte", REFUSED_SHORT, 0, 0, 1, {0x58}},

    /* Shorter than a jump: right before the site only */
    {"mov disp8(rsp), eax", REFUSED_NOT, 4, 4, 4, {0x8b, 0x44, 0x24, 0x08}},
    {"mov rbx, rdi: go's Syscall6",
     REFUSED_NOT,
     3,
     3,
     12,
     {0x49, 0x89, 0xf2, 0x48, 0x89, 0xfa, 0x48, 0x89, 0xce, 0x48, 0x89, 0xdf}},
    {"mov ebx, edi", REFUSED_NOT, 2, 2, 2, {0x89, 0xdf}},
    {"mov rbx, rdi by 8b", REFUSED_NOT, 3, 3, 3, {0x48, 0x8b, 0xfb}},
    {"xor eax, eax: read of libc's", REFUSED_NOT, 2, 2, 4, {0x74, 0x10, 0x31, 0xc0}},
    {"xor rax, rax", REFUSED_NOT, 3, 3, 3, {0x48, 0x33, 0xc0}},
    {"mov 1, eax further away", REFUSED_NOT, 7, 5, 7, {MOV_EAX, 0x31, 0xff}},
    {"one more in between", REFUSED_SHORT, 0, 0, 3, {0x89, 0xdf, 0x90}},
    {"xor esi, eax", REFUSED_SHORT, 0, 0, 2, {0x31, 0xf0}},
    {"mov eax, eax", REFUSED_SHORT, 0, 0, 2, {0x89, 0xc0}},
    {"mov ecx, edi, which the call destroys", REFUSED_SHORT, 0, 0, 2, {0x89, 0xcf}},
    {"mov edi, ecx", REFUSED_SHORT, 0, 0, 2, {0x89, 0xf9}},
    {"mov bx, di", REFUSED_SHORT, 0, 0, 3, {0x66, 0x89, 0xdf}},
    {"mov bl, dil", REFUSED_SHORT, 0, 0, 3, {0x40, 0x88, 0xdf}},
    {"mov rbx, rdi with a bit that says nothing", REFUSED_SHORT, 0, 0, 3, {0x4a, 0x89, 0xdf}},
    {"mov eax, 8(rsp)", REFUSED_SHORT, 0, 0, 4, {0x89, 0x44, 0x24, 0x08}},

    /* What cannot be executed elsewhere */
    {"mov disp32(rip), eax", REFUSED_SHORT, 0, 0, 6, {0x8b, 0x05, 0, 1, 0, 0}},
    {"lea disp32(rip), rdi", REFUSED_SHORT, 0, 0, 7, {0x48, 0x8d, 0x3d, 0, 1, 0, 0}},
    {"mov disp32(eip), eax", REFUSED_SHORT, 0, 0, 7, {0x67, 0x8b, 0x05, 0, 1, 0, 0}},
    {"lea disp32(rip) in between", REFUSED_SHORT, 0, 0, 12, {MOV_EAX, 0x48, 0x8d, 0x3d, 0, 1, 0, 0}},
    {"cmp imm, disp32(rip)", REFUSED_SHORT, 0, 0, 10, {0x81, 0x3d, 0, 1, 0, 0, 1, 0, 0, 0}},
    {"call", REFUSED_SHORT, 0, 0, 5, {0xe8, 0, 1, 0, 0}},
    {"call in between", REFUSED_SHORT, 0, 0, 10, {MOV_EAX, 0xe8, 0, 1, 0, 0}},
    {"call *rax in between", REFUSED_SHORT, 0, 0, 7, {MOV_EAX, 0xff, 0xd0}},
    {"call *disp32(rax)", REFUSED_SHORT, 0, 0, 6, {0xff, 0x90, 0, 1, 0, 0}},
    {"jmp", REFUSED_SHORT, 0, 0, 5, {0xe9, 0, 1, 0, 0}},
    {"jmp *disp32(rax)", REFUSED_SHORT, 0, 0, 6, {0xff, 0xa0, 0, 1, 0, 0}},
    {"je rel32", REFUSED_SHORT, 0, 0, 6, {0x0f, 0x84, 0, 1, 0, 0}},
    {"je rel8 in between", REFUSED_SHORT, 0, 0, 7, {MOV_EAX, 0x74, 0x40}},
    {"loop in between", REFUSED_SHORT, 0, 0, 7, {MOV_EAX, 0xe2, 0x40}},
    {"jrcxz in between", REFUSED_SHORT, 0, 0, 7, {MOV_EAX, 0xe3, 0x40}},
    {"xbegin", REFUSED_SHORT, 0, 0, 6, {0xc7, 0xf8, 0, 1, 0, 0}},
    {"ret in between", REFUSED_SHORT, 0, 0, 6, {MOV_EAX, 0xc3}},
    {"ret imm in between", REFUSED_SHORT, 0, 0, 8, {MOV_EAX, 0xc2, 8, 0}},
    {"lretq in between", REFUSED_SHORT, 0, 0, 7, {MOV_EAX, 0x48, 0xcb}},
    {"iretq in between", REFUSED_SHORT, 0, 0, 7, {MOV_EAX, 0x48, 0xcf}},
    {"int3 in between", REFUSED_SHORT, 0, 0, 6, {MOV_EAX, 0xcc}},
    {"int1 in between", REFUSED_SHORT, 0, 0, 6, {MOV_EAX, 0xf1}},
    {"int 0x80 in between", REFUSED_SHORT, 0, 0, 7, {MOV_EAX, 0xcd, 0x80}},
    {"syscall in between", REFUSED_SHORT, 0, 0, 7, {MOV_EAX, 0x0f, 0x05}},
    {"sysenter in between", REFUSED_SHORT, 0, 0, 7, {MOV_EAX, 0x0f, 0x34}},
    {"hlt in between", REFUSED_SHORT, 0, 0, 6, {MOV_EAX, 0xf4}},
    {"ud2 in between", REFUSED_SHORT, 0, 0, 7, {MOV_EAX, 0x0f, 0x0b}},
    {"lock addl", REFUSED_SHORT, 0, 0, 5, {0xf0, 0x83, 0x04, 0x24, 1}},
    {"lock cmpxchg in between", REFUSED_SHORT, 0, 0, 10, {MOV_EAX, 0xf0, 0x48, 0x0f, 0xb1, 0x0f}},
    {"rep movsb in between", REFUSED_SHORT, 0, 0, 7, {MOV_EAX, 0xf3, 0xa4}},
    {"repne scasb in between", REFUSED_SHORT, 0, 0, 7, {MOV_EAX, 0xf2, 0xae}},
    {"rep stosq in between", REFUSED_SHORT, 0, 0, 8, {MOV_EAX, 0xf3, 0x48, 0xab}},
    {"what is no instruction in between", REFUSED_SHORT, 0, 0, 6, {MOV_EAX, 0x06}},
    {"a second site reached by the first one's code", REFUSED_SHORT, 0, 0, 8, {MOV_EAX, 0x0f, 0x05, 0x90}},

    /* Where it is not clear what the code is */
    {"an immediate that looks like code",
     REFUSED_UNCLEAR,
     0,
     0,
     7,
     {0x48, 0xb8, MOV_EAX}}, /* the site's two bytes and one more belong to the movabs */
    {"an odd number of zeros before it", REFUSED_UNCLEAR, 0, 0, 36, {[31] = MOV_EAX}},
    {"an even number, which readings from afar pass in step", REFUSED_NOT, 5, 5, 37, {[32] = MOV_EAX}},
    {"openat of libc's, among zeros", REFUSED_NOT, 5, 5, 28, {0x41, 0xd2, 0x25, 0x00, 0x00, 0x41, 0x00,
                                                              0x3d, 0x00, 0x00, 0x41, 0x00, 0x74, 0x39,
                                                              0x80, 0x3d, 0x52, 0x34, 0x0e, 0x00, 0x00,
                                                              0x74, 0x5d, 0xb8, 0x01, 0x01, 0x00, 0x00}},
    {"padding of int3 before it",
     REFUSED_NOT,
     5,
     5,
     21,
     {0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, MOV_EAX}},
    {"padding of a long nop before it", REFUSED_NOT, 5, 5, 15, {0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0, MOV_EAX}},
};

START_TEST(shapes_of_code)
{
    const struct shape *s = &shapes[_i];
    struct patch_choice c = {0};
    window_of(s->bytes, s->size);
    enum site_refusal r = choose_patch(&w, &c);
    ck_assert_msg(r == s->refusal, "%s: %s, not %s", s->what, site_refusal_names[r], site_refusal_names[s->refusal]);
    if (r == REFUSED_NOT) {
        ck_assert_msg(c.back == s->back && c.length == s->length, "%s: %u bytes at -%u", s->what, c.length, c.back);
    }
}
END_TEST

/* With two bytes the jump needs the one behind the `syscall`. */
START_TEST(short_at_the_end_of_a_mapping)
{
    static const uint8_t two[] = {0x31, 0xc0}, three[] = {0x48, 0x31, 0xc0};
    struct patch_choice c;
    for (uint32_t after = 0; after < 2; after++) {
        window_of(two, sizeof two);
        w.after = after;
        ck_assert_int_eq(choose_patch(&w, &c), after == 0 ? REFUSED_SHORT : REFUSED_NOT);
        window_of(three, sizeof three);
        w.after = after;
        ck_assert_int_eq(choose_patch(&w, &c), REFUSED_NOT);
    }
}
END_TEST

static enum site_refusal choose(void)
{
    struct patch_choice c;
    return choose_patch(&w, &c);
}

/* Data that is no code, then a function that begins with a few instructions. */
START_TEST(code_behind_data)
{
    static const uint8_t function[] = {0x55, 0x48, 0x89, 0xe5, 0x53, 0x48, 0x83, 0xec,
                                       0x08, 0x31, 0xff, 0x31, 0xf6, 0x31, 0xd2, MOV_EAX};
    static const char text[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ: NONE OF THESE LOOKS LIKE A JUMP";
    window_of(function, sizeof function);
    memcpy(w.bytes + SITE - sizeof function - sizeof text, text, sizeof text);
    struct patch_choice c;
    ck_assert_int_eq(choose_patch(&w, &c), REFUSED_NOT);
    ck_assert_uint_eq(c.back, 5);
}
END_TEST

/* Small functions in a row, as glibc has them: more padding than code, and its zeros lead readings astray. */
START_TEST(small_functions_in_a_row)
{
    static const uint8_t code[] = {
        0xb9, 0x01, 0,    0,    0,    0xe9, 0xb6, 0xfc, 0xff, 0xff, 0x66, 0x0f, 0x1f, 0x44, 0, 0, /* execvpe */
        0x31, 0xc9, 0xe9, 0xa9, 0xfc, 0xff, 0xff, 0x66, 0x0f, 0x1f, 0x84, 0,    0,    0,    0, 0,
        0xb8, 0x27, 0,    0,    0,    0x0f, 0x05, 0xc3, 0x0f, 0x1f, 0x84, 0,    0,    0,    0, 0, /* getpid */
        0xb8, 0x6e, 0,    0,    0,                                                                /* getppid */
    };
    struct patch_choice c;
    window_of(code, sizeof code);
    w.at = AT + 5;
    ck_assert_int_eq(choose_patch(&w, &c), REFUSED_NOT);
    ck_assert(c.back == 5 && c.length == 5);
    w.at = AT + 6; /* no function's begin: readings from afar have to tell */
    ck_assert_int_eq(choose(), REFUSED_NOT);
    w.before = 64; /* and without them it is not clear */
    memmove(w.bytes, w.bytes + SITE - 64, 64 + 2 + CODE_AFTER);
    ck_assert_int_eq(choose(), REFUSED_UNCLEAR);
}
END_TEST

/* Whether the five bytes before the site may be replaced, whatever the registers and the stack show beside. */
static bool chosen_at_once(void)
{
    struct patch_choice c = {0};
    return choose_patch(&w, &c) == REFUSED_NOT && c.back == 5 && c.length == 5 && !c.has_before && !c.wide &&
           c.entries == 0;
}

/*
 * A load that must be told from the same without its prefix, behind padding, whose zeros lead readings astray: it is a
 * label that the code before jumps to. As glibc 2.41 has it, for all calls that can be cancelled.
 */
START_TEST(label_behind_padding)
{
    uint8_t code[] = {
        0x53, 0x49, 0x89, 0xca, 0x64, 0x48, 0x8b, 0x1c, 0x25, 0x10, 0, 0, 0, 0xa8, 0x01, /* test $1, al */
        0x75, 0x0f,                                                                      /* jne, to the label */
        0x5b, 0xc3, 0x0f, 0x1f, 0x44, 0,    0,    0x0f, 0x1f, 0x84, 0, 0, 0, 0,    0,    /* padding */
        0x48, 0x8b, 0x44, 0x24, 0x10,                                                    /* mov 16(rsp), rax */
    };
    window_of(code, sizeof code);
    w.at = AT + 5;
    ck_assert(chosen_at_once());
    w.at = AT + 6; /* not aligned, the zeros may be anything */
    ck_assert(!chosen_at_once());
    code[16]++; /* the jump leads behind the prefix */
    window_of(code, sizeof code);
    w.at = AT + 5;
    ck_assert(!chosen_at_once());
    code[15] = 0x34; /* xor $16, al: nothing leads there */
    code[16] = 0x10;
    window_of(code, sizeof code);
    w.at = AT + 5;
    ck_assert(!chosen_at_once());
}
END_TEST

START_TEST(code_at_the_beginning_of_a_mapping)
{
    static const uint8_t code[] = {0x49, 0x89, 0xca, MOV_EAX};
    struct patch_choice c;
    window_of(code, sizeof code);
    cut_to(sizeof code, true);
    ck_assert_int_eq(choose_patch(&w, &c), REFUSED_NOT);
    ck_assert(c.back == 5 && c.length == 5);
    /* The same bytes, but something may stand before them; or they begin one byte into an instruction. */
    window_of(code, sizeof code);
    cut_to(sizeof code, false);
    ck_assert_int_eq(choose(), REFUSED_UNCLEAR);
    static const uint8_t shifted[] = {0x48, 0xb8, MOV_EAX}; /* from the first byte on, a movabs over the site */
    window_of(shifted, sizeof shifted);
    cut_to(sizeof shifted, true);
    ck_assert_int_eq(choose(), REFUSED_UNCLEAR);
}
END_TEST

START_TEST(no_room_before)
{
    static const uint8_t code[] = {MOV_EAX};
    for (uint32_t before = 0; before < sizeof code; before++) { /* no end of it is one that will do */
        window_of(code, sizeof code);
        cut_to(before, true);
        ck_assert_int_eq(choose(), REFUSED_SHORT);
    }
    window_of(code, sizeof code);
    cut_to(sizeof code, true);
    ck_assert_int_eq(choose(), REFUSED_NOT);
}
END_TEST

/*
 * Writes a direct jump of the given opcode bytes at `place` bytes from the site, to `target` bytes from it, behind some
 * padding, so that an instruction begins there.
 */
static void put_jump(const uint8_t *opcode, size_t size, size_t width, int place, int target)
{
    uint8_t *at = w.bytes + SITE + place;
    int32_t distance = target - place - (int)(size + width);
    memset(at - 16, 0xcc, 16);
    memcpy(at, opcode, size);
    memcpy(at + size, &distance, width);
}

struct jump {
    size_t size, width;
    uint8_t opcode[2];
};

static const struct jump jumps[] = {
    {1, 1, {0xeb}}, {1, 1, {0x70}}, {1, 1, {0x7f}},       {1, 1, {0xe0}},       {1, 1, {0xe3}},
    {1, 4, {0xe8}}, {1, 4, {0xe9}}, {2, 4, {0x0f, 0x80}}, {2, 4, {0x0f, 0x8f}},
};

/* mov imm, rax (7 bytes); mov rcx, r10; from a jump before and from one behind the site to each of these bytes. */
START_TEST(jumps_into_the_middle)
{
    static const uint8_t code[] = {0x48, 0xc7, 0xc0, 0x27, 0, 0, 0, 0x49, 0x89, 0xca};
    static const int places[] = {-90, 40};
    const struct jump *j = &jumps[_i];
    for (size_t p = 0; p < 2; p++) {
        for (int target = -(int)sizeof code - 1; target <= 2; target++) {
            bool inside = target > -(int)sizeof code && target < -(int)sizeof code + 7;
            window_of(code, sizeof code);
            put_jump(j->opcode, j->size, j->width, places[p], target);
            ck_assert_msg(choose() == (inside ? REFUSED_JUMPED : REFUSED_NOT), "%x from %d to %d", j->opcode[0],
                          places[p], target);
        }
    }
}
END_TEST

/* The same into a short one; the `syscall` itself may be jumped to. */
START_TEST(jumps_into_a_short_one)
{
    static const uint8_t code[] = {0x48, 0x31, 0xff};
    const struct jump *j = &jumps[_i];
    for (int target = -(int)sizeof code - 1; target <= 2; target++) {
        bool inside = target == -2 || target == -1;
        window_of(code, sizeof code);
        put_jump(j->opcode, j->size, j->width, 40, target);
        ck_assert_msg(choose() == (inside ? REFUSED_JUMPED : REFUSED_NOT), "%x to %d", j->opcode[0], target);
    }
}
END_TEST

/* The last bytes of a window: a jump that is not whole is none, and nothing beyond is read (a sanitizer looks). */
START_TEST(jumps_at_the_windows_end)
{
    static const uint8_t code[] = {MOV_EAX};
    for (size_t left = 1; left <= 6; left++) {
        struct patch_choice c;
        window_of(code, sizeof code);
        w.after = 64;
        memset(w.bytes + SITE + 2 + w.after - left, 0xe9, left);
        size_t size = offsetof(struct code_window, bytes) + w.before + 2 + w.after;
        struct code_window *copy = malloc(size);
        memcpy(copy, &w, size);
        ck_assert_int_eq(choose_patch(copy, &c), REFUSED_NOT);
        free(copy);
    }
}
END_TEST

START_TEST(random_bytes)
{
    srandom((unsigned)_i + 1);
    for (int n = 0; n < 2000; n++) {
        window_of(w.bytes, 0);
        for (int i = 0; i < SITE; i++) {
            w.bytes[i] = (uint8_t)random();
        }
        cut_to((uint32_t)random() % (CODE_BEFORE + 1), random() % 2);
        struct patch_choice c;
        if (choose_patch(&w, &c) == REFUSED_NOT) {
            ck_assert(c.length >= 2 && c.length <= c.back && c.back <= SITE_BACK_MAX && c.back <= w.before);
            ck_assert(c.length >= 5 || c.length == c.back);
        }
    }
}
END_TEST

/* Functions of the host's libc, read from their true beginnings. */
static const char *const functions[] = {
    "getppid", "getuid",  "getpid",   "read",  "write",   "close",   "open",     "lseek",       "kill",    "umask",
    "dup",     "dup2",    "pipe2",    "fstat", "mmap",    "munmap",  "mprotect", "ioctl",       "fcntl",   "getdents64",
    "poll",    "connect", "accept4",  "bind",  "sendto",  "recvmsg", "socket",   "nanosleep",   "rename",  "unlink",
    "mkdir",   "chdir",   "readlink", "link",  "symlink", "getcwd",  "setsid",   "sched_yield", "madvise", "syscall",
};

static bool begins_an_instruction(csh cs, const uint8_t *function, const uint8_t *place)
{
    cs_insn *insn = cs_malloc(cs);
    size_t left = 4096;
    uint64_t address = 0;
    while (function < place && cs_disasm_iter(cs, &function, &left, &address, insn)) {}
    cs_free(insn, 1);
    return function == place;
}

START_TEST(functions_of_a_library)
{
    unsigned sites = 0, chosen = 0;
    csh cs;
    ck_assert(decoder_memory_ready()); /* or this decoder would be taken from one memory and given back to another */
    ck_assert_int_eq(cs_open(CS_ARCH_X86, CS_MODE_64, &cs), CS_ERR_OK);
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        const uint8_t *function = dlsym(RTLD_DEFAULT, functions[i]), *at = function;
        struct patch_choice c;
        ck_assert_msg(function != NULL, "%s", functions[i]);
        while (at < function + 256 && (at[0] != 0x0f || at[1] != 0x05)) {
            at++;
        }
        if (at == function + 256) {
            continue; /* in a function that this one calls */
        }
        sites++;
        w.at = (uint64_t)at;
        w.before = CODE_BEFORE;
        w.after = CODE_AFTER;
        w.starts_a_mapping = 0;
        memcpy(w.bytes, at - CODE_BEFORE, sizeof w.bytes);
        enum site_refusal r = choose_patch(&w, &c);
        if (r == REFUSED_NOT) {
            chosen++;
            ck_assert_msg(at - c.back < function || begins_an_instruction(cs, function, at - c.back), "%s: -%u",
                          functions[i], c.back);
        }
    }
    cs_close(&cs);
    ck_assert_uint_ge(sites, 20);
    ck_assert_msg(chosen * 100 >= sites * 95, "only %u of %u sites", chosen, sites);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("choose");
    TCase *tests = tcase_create("all");
    tcase_add_loop_test(tests, shapes_of_code, 0, sizeof shapes / sizeof shapes[0]);
    tcase_add_test(tests, short_at_the_end_of_a_mapping);
    tcase_add_loop_test(tests, jumps_into_a_short_one, 0, sizeof jumps / sizeof jumps[0]);
    tcase_add_test(tests, code_behind_data);
    tcase_add_test(tests, small_functions_in_a_row);
    tcase_add_test(tests, label_behind_padding);
    tcase_add_test(tests, code_at_the_beginning_of_a_mapping);
    tcase_add_test(tests, no_room_before);
    tcase_add_loop_test(tests, jumps_into_the_middle, 0, sizeof jumps / sizeof jumps[0]);
    tcase_add_test(tests, jumps_at_the_windows_end);
    tcase_add_loop_test(tests, random_bytes, 0, 2);
    tcase_add_test(tests, functions_of_a_library);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
