/* Reading the host's vDSO: what is found in whole, broken and hostile images, and which code may be called. */
#include "syscalls/entry/vdso.h"

#include <check.h>
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "base/host_vdso.h"

enum { PAGE = 4096 };

static const unsigned char *live;
static size_t live_size;

static void setup(void)
{
    live = (const unsigned char *)getauxval(AT_SYSINFO_EHDR); // NOLINT(performance-no-int-to-ptr)
    ck_assert_ptr_nonnull(live);
    live_size = vdso_length(live, PAGE);
    ck_assert_uint_gt(live_size, 0);
}

/* A copy of exactly that size, so that a sanitizer sees every byte read beyond it. */
static unsigned char *copy_of(size_t size)
{
    unsigned char *copy = malloc(size > 0 ? size : 1);
    memcpy(copy, live, size < live_size ? size : live_size);
    return copy;
}

START_TEST(finds_the_hosts_own)
{
    struct vdso_examination e = {.image = (uint64_t)live};
    ck_assert_int_eq(vdso_examine(&e), 0);
    ck_assert_uint_eq(e.begin, (uint64_t)live);
    ck_assert_uint_eq(e.gettime, e.begin + vdso_find(live, live_size, VDSO_CLOCK_GETTIME));
    ck_assert(e.gettime > e.begin && e.gettime < e.end && e.end % PAGE == 0);
    ck_assert_uint_eq(vdso_find(live, live_size, "__vdso_clock_gettim"), 0);
    ck_assert_uint_eq(vdso_find(live, live_size, ""), 0);
}
END_TEST

START_TEST(survives_truncation)
{
    for (size_t size = 0; size < live_size; size++) {
        unsigned char *copy = copy_of(size);
        size_t at = vdso_find(copy, size, VDSO_CLOCK_GETTIME);
        ck_assert_uint_lt(at, size > 0 ? size : 1);
        free(copy);
    }
    ck_assert_uint_eq(vdso_length(live, sizeof(Elf64_Ehdr) - 1), 0);
}
END_TEST

/* Everything but the code, byte by byte, with the values that make lengths and offsets wrong. */
START_TEST(survives_hostile_bytes)
{
    static const unsigned char values[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    unsigned char *copy = copy_of(live_size);
    size_t first_code = vdso_find(live, live_size, VDSO_CLOCK_GETTIME);
    for (size_t i = 0; i < first_code; i++) {
        for (size_t v = 0; v < sizeof values; v++) {
            unsigned char was = copy[i];
            copy[i] = values[v];
            ck_assert_uint_lt(vdso_find(copy, live_size, VDSO_CLOCK_GETTIME), live_size);
            copy[i] = was;
        }
    }
    free(copy);
}
END_TEST

static Elf64_Dyn *dynamic_entry(unsigned char *image, int64_t tag)
{
    Elf64_Ehdr *e = (Elf64_Ehdr *)image;
    Elf64_Phdr *p = (Elf64_Phdr *)(image + e->e_phoff);
    for (unsigned i = 0; i < e->e_phnum; i++) {
        Elf64_Dyn *d = (Elf64_Dyn *)(image + p[i].p_offset);
        for (; p[i].p_type == PT_DYNAMIC && d->d_tag != DT_NULL; d++) {
            if (d->d_tag == tag) {
                return d;
            }
        }
    }
    return NULL;
}

/* Kernels have one of the two tables, or both; each must do alone. */
START_TEST(either_hash_table_does)
{
    static const int64_t tables[] = {DT_HASH, DT_GNU_HASH};
    size_t expected = vdso_find(live, live_size, VDSO_CLOCK_GETTIME);
    int tried = 0;
    for (int i = 0; i < 2; i++) {
        unsigned char *copy = copy_of(live_size);
        Elf64_Dyn *other = dynamic_entry(copy, tables[1 - i]);
        if (dynamic_entry(copy, tables[i]) != NULL && other != NULL) {
            other->d_tag = DT_DEBUG;
            ck_assert_uint_eq(vdso_find(copy, live_size, VDSO_CLOCK_GETTIME), expected);
            dynamic_entry(copy, tables[i])->d_tag = DT_DEBUG;
            ck_assert_uint_eq(vdso_find(copy, live_size, VDSO_CLOCK_GETTIME), 0);
            tried++;
        }
        free(copy);
    }
    ck_assert_int_ne(tried, 1);
}
END_TEST

START_TEST(symbols_must_be_functions)
{
    unsigned char *copy = copy_of(live_size);
    Elf64_Dyn *table = dynamic_entry(copy, DT_SYMTAB), *strings = dynamic_entry(copy, DT_STRTAB);
    Elf64_Sym *s = (Elf64_Sym *)(copy + table->d_un.d_ptr);
    const char *names = (const char *)copy + strings->d_un.d_ptr;
    while (strcmp(names + s->st_name, VDSO_CLOCK_GETTIME) != 0) {
        s++;
    }
    Elf64_Sym was = *s;
    s->st_info = ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT);
    ck_assert_uint_eq(vdso_find(copy, live_size, VDSO_CLOCK_GETTIME), 0);
    *s = was;
    s->st_shndx = SHN_UNDEF;
    ck_assert_uint_eq(vdso_find(copy, live_size, VDSO_CLOCK_GETTIME), 0);
    *s = was;
    s->st_value = live_size; /* one beyond the end */
    ck_assert_uint_eq(vdso_find(copy, live_size, VDSO_CLOCK_GETTIME), 0);
    *s = was;
    s->st_name = UINT32_MAX;
    ck_assert_uint_eq(vdso_find(copy, live_size, VDSO_CLOCK_GETTIME), 0);
    free(copy);
}
END_TEST

START_TEST(refuses_what_is_no_image)
{
    unsigned char *copy = copy_of(live_size);
    ck_assert_int_eq(vdso_examine(&(struct vdso_examination){.image = 0}), -ENOEXEC);
    copy[EI_CLASS] = ELFCLASS32;
    ck_assert_uint_eq(vdso_length(copy, live_size), 0);
    copy[EI_CLASS] = ELFCLASS64;
    copy[0] = 0;
    ck_assert_uint_eq(vdso_length(copy, live_size), 0);
    free(copy);
}
END_TEST

struct code {
    const char *what;
    int result;
    unsigned char size, bytes[16];
};

static const struct code codes[] = {
    {"ret", 0, 1, {0xc3}},
    {"endbr64; rdtscp; lfence; ret", 0, 11, {0xf3, 0x0f, 0x1e, 0xfa, 0x0f, 0x01, 0xf9, 0x0f, 0xae, 0xe8, 0xc3}},
    {"syscall; ret", 0, 3, {0x0f, 0x05, 0xc3}},
    {"jmp over movaps", 0, 6, {0xeb, 0x03, 0x0f, 0x28, 0xc1, 0xc3}},
    {"a loop without end", 0, 2, {0xeb, 0xfe}},
    {"shlx rax, rbx, rcx; ret", 0, 6, {0xc4, 0xe2, 0xf1, 0xf7, 0xc3, 0xc3}},
    {"movaps xmm0, xmm1", -ENOTSUP, 4, {0x0f, 0x28, 0xc1, 0xc3}},
    {"movaps behind a conditional jump", -ENOTSUP, 7, {0x74, 0x01, 0xc3, 0x0f, 0x28, 0xc1, 0xc3}},
    {"movaps in a called function", -ENOTSUP, 10, {0xe8, 0x01, 0, 0, 0, 0xc3, 0x0f, 0x28, 0xc1, 0xc3}},
    {"movq rax, xmm0", -ENOTSUP, 6, {0x66, 0x48, 0x0f, 0x7e, 0xc0, 0xc3}},
    {"movsd xmm0, [rdi]", -ENOTSUP, 5, {0xf2, 0x0f, 0x10, 0x07, 0xc3}},
    {"vzeroupper", -ENOTSUP, 4, {0xc5, 0xf8, 0x77, 0xc3}},
    {"kmovq k1, rax", -ENOTSUP, 6, {0xc4, 0xe1, 0xfb, 0x92, 0xc8, 0xc3}},
    {"movd mm0, eax", -ENOTSUP, 4, {0x0f, 0x6e, 0xc0, 0xc3}},
    {"fld st0", -ENOTSUP, 3, {0xd9, 0xc0, 0xc3}},
    {"emms", -ENOTSUP, 3, {0x0f, 0x77, 0xc3}},
    {"ldmxcsr [rdi]", -ENOTSUP, 4, {0x0f, 0xae, 0x17, 0xc3}},
    {"fxsave [rdi]", -ENOTSUP, 4, {0x0f, 0xae, 0x07, 0xc3}},
    {"mov rax, fs:[0]", -ENOTSUP, 10, {0x64, 0x48, 0x8b, 0x04, 0x25, 0, 0, 0, 0, 0xc3}},
    {"mov fs, eax", -ENOTSUP, 3, {0x8e, 0xe0, 0xc3}},
    {"pop gs", -ENOTSUP, 3, {0x0f, 0xa9, 0xc3}},
    {"wrfsbase rax", -ENOTSUP, 6, {0xf3, 0x48, 0x0f, 0xae, 0xd0, 0xc3}},
    {"jmp rax", -ENOTSUP, 2, {0xff, 0xe0}},
    {"call [rdi]", -ENOTSUP, 3, {0xff, 0x17, 0xc3}},
    {"a jump out of the image", -ENOTSUP, 5, {0xe9, 0, 1, 0, 0}},
    {"a jump before the image", -ENOTSUP, 2, {0xeb, 0x80}},
    {"code that runs off the end", -ENOTSUP, 1, {0x90}},
    {"half an instruction", -ENOTSUP, 2, {0x48, 0x8b}},
    {"int3", -ENOTSUP, 2, {0xcc, 0xc3}},
    {"xrstor [rdi]", -ENOTSUP, 4, {0x0f, 0xae, 0x2f, 0xc3}},
};

START_TEST(tells_code_apart)
{
    const struct code *c = &codes[_i];
    unsigned char *bytes = malloc(c->size);
    memcpy(bytes, c->bytes, c->size);
    ck_assert_msg(vdso_check(bytes, c->size, 0) == c->result, "%s", c->what);
    free(bytes);
}
END_TEST

/* More jumps than are remembered: refused, not followed for ever. */
START_TEST(bounded)
{
    enum { JUMPS = 5000 };
    unsigned char *bytes = malloc(JUMPS * 2 + 1);
    for (int i = 0; i < JUMPS; i++) {
        bytes[i * 2] = 0x74; /* je to the next but one */
        bytes[i * 2 + 1] = 0x02;
    }
    bytes[(size_t)JUMPS * 2] = 0xc3;
    ck_assert_int_eq(vdso_check(bytes, (size_t)JUMPS * 2 + 1, 0), -ENOTSUP);
    free(bytes);
}
END_TEST

static int never_called(int32_t clock, struct __kernel_timespec *now)
{
    (void)clock;
    (void)now;
    return 0;
}

START_TEST(use_and_disable)
{
    ck_assert(!host_vdso_contains(0) && !host_vdso_contains(0x7000));
    host_vdso_use(never_called, 0x7000, 0x9000);
    ck_assert(host_vdso_contains(0x7000) && host_vdso_contains(0x8fff));
    ck_assert(!host_vdso_contains(0x6fff) && !host_vdso_contains(0x9000));
    ck_assert(host_vdso_gettime == never_called);
    host_vdso_disable();
    ck_assert(host_vdso_gettime == NULL);
    ck_assert(host_vdso_contains(0x7000)); /* another thread may still be in there */
}
END_TEST

int main(void)
{
    Suite *s = suite_create("vdso");
    TCase *image = tcase_create("image"), *code = tcase_create("code");
    tcase_add_checked_fixture(image, setup, NULL);
    tcase_add_test(image, finds_the_hosts_own);
    tcase_add_test(image, survives_truncation);
    tcase_add_test(image, survives_hostile_bytes);
    tcase_add_test(image, either_hash_table_does);
    tcase_add_test(image, symbols_must_be_functions);
    tcase_add_test(image, refuses_what_is_no_image);
    suite_add_tcase(s, image);
    tcase_add_loop_test(code, tells_code_apart, 0, sizeof codes / sizeof codes[0]);
    tcase_add_test(code, bounded);
    tcase_add_test(code, use_and_disable);
    suite_add_tcase(s, code);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
