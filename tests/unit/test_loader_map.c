/* Plans, mappings and stacks: what lies where, with which bytes and protection. */
#include "base/image.h"
#include "loader/loader.h"
#include "loader/stack.h"
#include "tests/unit/elf_maker.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct elf_rules linux_rules = {ELF_KERNEL_LINUX, USER_END};
static const struct elf_rules low_rules = {ELF_KERNEL_LINUX, USER_END_32};
static struct elf_rules rules = {ELF_KERNEL_FREEBSD, USER_END};
static struct elf_maker maker;
static struct elf_file elf;
static struct load_plan plan;
static struct mapped_image image;
static struct loader_error err;

const struct personality *personality_recognising(const struct elf_identity *id)
{
    (void)id;
    return NULL;
}

static void start(unsigned type, Elf64_Addr base)
{
    elf_maker_start(&maker, type, ELFOSABI_FREEBSD, 0x4000);
    elf_maker_two_segments(&maker, base);
}

static int examined_fd(void)
{
    int fd = elf_maker_fd(&maker);

    ck_assert_msg(elf_examine(fd, "the-file", &rules, &elf, &err) == 0, "%s", err.text);
    return fd;
}

/* The protection of the mapping that holds `address`, as /proc says: "r-xp"; "" where there is none. */
static const char *protection_at(uint64_t address)
{
    static char prot[8];
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[512];

    prot[0] = '\0';
    while (fgets(line, sizeof(line), maps) != NULL) {
        char *rest;
        uint64_t lo = strtoull(line, &rest, 16);
        uint64_t hi = strtoull(rest + 1, &rest, 16);

        if (address >= lo && address < hi)
            snprintf(prot, sizeof(prot), "%.4s", rest + 1);
    }
    fclose(maps);
    return prot;
}

static const unsigned char *bytes_at(uint64_t address)
{
    return (const unsigned char *)(uintptr_t)address;
}

START_TEST(plans_pages_and_bss)
{
    start(ET_EXEC, 0x400000);
    close(examined_fd());
    ck_assert_int_eq(elf_plan(&elf, 0, &plan, &err), 0);
    ck_assert_uint_eq(plan.nranges, 3);
    ck_assert(plan.ranges[0].from_file);
    ck_assert_uint_eq(plan.ranges[0].start, 0x400000);
    ck_assert_uint_eq(plan.ranges[0].end, 0x402000);
    /* data: 0x402800 + 0x900 in the file, so one whole page of it and 0x100 bytes before bss */
    ck_assert(plan.ranges[1].from_file);
    ck_assert_uint_eq(plan.ranges[1].start, 0x402000);
    ck_assert_uint_eq(plan.ranges[1].end, 0x403000);
    ck_assert_uint_eq(plan.ranges[1].offset, 0x1000);
    ck_assert(!plan.ranges[2].from_file);
    ck_assert_uint_eq(plan.ranges[2].start, 0x403000);
    ck_assert_uint_eq(plan.ranges[2].end, 0x406000);
    ck_assert_uint_eq(plan.ranges[2].offset, 0x2000);
    ck_assert_uint_eq(plan.ranges[2].copy_bytes, 0x100);
}
END_TEST

START_TEST(plans_a_segment_inside_one_page)
{
    elf_maker_start(&maker, ET_EXEC, ELFOSABI_FREEBSD, 0x4000);
    elf_maker_add(&maker, PT_LOAD, PF_R | PF_W, 0x1100, 0x400100, 0x10, 0x20);
    close(examined_fd());
    ck_assert_int_eq(elf_plan(&elf, 0, &plan, &err), 0);
    ck_assert_uint_eq(plan.nranges, 1);
    ck_assert_uint_eq(plan.ranges[0].start, 0x400000);
    ck_assert_uint_eq(plan.ranges[0].end, 0x401000);
    ck_assert_uint_eq(plan.ranges[0].offset, 0x1000);
    ck_assert_uint_eq(plan.ranges[0].copy_bytes, 0x110);
}
END_TEST

static void plan_refused(uint64_t base, uint64_t bias, const char *fault)
{
    start(ET_EXEC, base);
    close(examined_fd());
    ck_assert_int_eq(elf_plan(&elf, bias, &plan, &err), -ENOEXEC);
    ck_assert_msg(strstr(err.text, "the-file") != NULL && strstr(err.text, fault) != NULL, "%s", err.text);
}

START_TEST(refuses_places_that_are_not_the_guests)
{
    plan_refused(0x7c000000, 0, "dragoman itself");
    plan_refused(0x7bffd000, 0, "dragoman itself");
    plan_refused(ARENA_BASE, 0, "dragoman itself");
    plan_refused(0x1000, 0, "Linux keeps");
    plan_refused(0, 0, "Linux keeps");
    plan_refused(0x400000, 0x7fffffffd000, "user space");
    plan_refused(0x400000, 0x800, "cannot be loaded");
    start(ET_EXEC, 0x80000000);
    close(examined_fd());
    ck_assert_int_eq(elf_plan(&elf, 0, &plan, &err), 0);
}
END_TEST

START_TEST(maps_bytes_zeroes_and_protection)
{
    int fd;

    start(ET_EXEC, 0x10400000);
    fd = examined_fd();
    ck_assert_msg(elf_map(fd, &elf, 0, &image, &err) == 0, "%s", err.text);
    close(fd);
    ck_assert_uint_eq(image.entry, 0x10400400);
    ck_assert_uint_eq(image.phdr, 0x10400040);
    ck_assert_uint_eq(image.text_start, 0x10400000);
    ck_assert_uint_eq(image.text_end, 0x10402000);
    ck_assert_uint_eq(image.data_start, 0x10402000);
    ck_assert_uint_eq(image.data_end, 0x10406000);
    ck_assert_int_eq(memcmp(bytes_at(0x10400000), maker.bytes, 0x1800), 0);
    ck_assert_int_eq(memcmp(bytes_at(0x10402800), maker.bytes + 0x1800, 0x900), 0);
    for (uint64_t a = 0x10403100; a < 0x10406000; a++)
        ck_assert_uint_eq(*bytes_at(a), 0);
    ck_assert_str_eq(protection_at(0x10400000), "r-xp");
    ck_assert_str_eq(protection_at(0x10402000), "rw-p");
    ck_assert_str_eq(protection_at(0x10405000), "rw-p");
    ck_assert_str_eq(protection_at(0x10406000), "");
}
END_TEST

START_TEST(never_replaces_a_mapping)
{
    void *wanted = (void *)(uintptr_t)0x10405000;
    void *mine = mmap(wanted, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    int fd;

    ck_assert_ptr_eq(mine, wanted);
    memset(mine, 0x5a, 4096);
    start(ET_EXEC, 0x10400000);
    fd = examined_fd();
    ck_assert_int_eq(elf_map(fd, &elf, 0, &image, &err), -EEXIST);
    ck_assert_str_eq(protection_at(0x10400000), "");
    ck_assert_uint_eq(*bytes_at(0x10405fff), 0x5a);
    close(fd);
    munmap(mine, 4096);
}
END_TEST

START_TEST(places_position_independent_programs)
{
    struct mapped_image second;
    uint64_t bias;
    int fd;

    start(ET_DYN, 0);
    ((Elf64_Phdr *)(maker.bytes + 64))->p_align = 0x200000;
    fd = examined_fd();
    bias = elf_freebsd_dyn_bias(&elf);
    ck_assert_uint_eq(bias, 0x1200000);
    ck_assert_msg(elf_map_from(fd, &elf, bias, &image, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(image.base, 0x1200000);
    ck_assert_uint_eq(image.entry, 0x1200400);
    ck_assert_int_eq(elf_map_from(fd, &elf, bias, &second, &err), 0);
    ck_assert_uint_eq(second.base, 0x1400000);
    /* The engine's own range is stepped over. AddressSanitizer's shadow stands just behind it. */
    if (protection_at(0x80000000)[0] == '\0') {
        ck_assert_int_eq(elf_map_from(fd, &elf, 0x7bffe000, &second, &err), 0);
        ck_assert_uint_eq(second.base, 0x80000000);
    }
    ck_assert_uint_eq(elf_freebsd_interp_addr(&image, UINT64_MAX), 0x1202000 + 0x800000000);
    ck_assert_uint_eq(elf_freebsd_interp_addr(&image, 0x1001), 0x1204000);
    close(fd);
}
END_TEST

START_TEST(an_aligned_program_keeps_its_own_base)
{
    start(ET_DYN, 0x10000000);
    close(examined_fd());
    ck_assert_uint_eq(elf_freebsd_dyn_bias(&elf), 0);
    start(ET_DYN, 0);
    close(examined_fd());
    ck_assert_uint_eq(elf_freebsd_dyn_bias(&elf), ELF_FREEBSD_DYN_ADDR);
}
END_TEST

START_TEST(a_shrunken_file_is_an_error)
{
    int fd;

    start(ET_EXEC, 0x10400000);
    fd = examined_fd();
    ck_assert_int_eq(ftruncate(fd, 0x2000), 0);
    ck_assert_int_eq(elf_map(fd, &elf, 0, &image, &err), -ENOEXEC);
    ck_assert_str_eq(protection_at(0x10400000), "");
    close(fd);
}
END_TEST

START_TEST(stack_has_size_and_guard)
{
    struct stack_area area;

    ck_assert_msg(stack_map(USER_END, UINT64_C(8) << 20, PROT_READ | PROT_WRITE, &area, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(area.hi - area.lo, UINT64_C(8) << 20);
    ck_assert_uint_eq(area.guard_lo, area.lo - 4096);
    ck_assert_uint_le(area.hi, USER_END);
    ck_assert_str_eq(protection_at(area.lo), "rw-p");
    ck_assert_str_eq(protection_at(area.guard_lo), "---p");
    memset((void *)(uintptr_t)area.lo, 1, 4096);
    ck_assert_int_eq(stack_map(area.hi, UINT64_MAX, PROT_READ | PROT_WRITE, &area, &err), 0);
    ck_assert_uint_le(area.hi - area.lo, STACK_SIZE_MAX);
}
END_TEST

START_TEST(loads_program_interpreter_and_stack)
{
    static struct program program;
    static struct loaded_program loaded;
    static struct stack_request request;

    start(ET_DYN, 0);
    elf_maker_add(&maker, PT_GNU_STACK, PF_R | PF_W, 0, 0, 0, 0x30000);
    elf_maker_interp(&maker, 0x1000, "/libexec/ld.so");
    close(examined_fd());
    program.elf = elf;
    program.interp = elf;
    program.has_interp = true;
    strcpy(program.host_path, "/tmp/test_loader_map.XXXXXX");
    close(mkstemp(program.host_path));
    elf_maker_write(&maker, program.host_path);
    memcpy(program.interp_host_path, program.host_path, sizeof(program.host_path));
    ck_assert_msg(program_load(&program, 1 << 20, 0x2000000, &loaded, &err) == 0, "%s", err.text);
    unlink(program.host_path);
    ck_assert_uint_eq(loaded.main.base, ELF_FREEBSD_DYN_ADDR);
    ck_assert_uint_eq(loaded.interp.base, loaded.main.data_start + 0x2000000);
    ck_assert_uint_eq(loaded.entry, loaded.interp.entry);
    ck_assert_uint_eq(loaded.stack.hi - loaded.stack.lo, 0x30000);
    program_stack_request(&program, &loaded, &request);
    ck_assert_uint_eq(request.base, loaded.interp.base);
    ck_assert_uint_eq(request.entry, ELF_FREEBSD_DYN_ADDR + 0x400);
    ck_assert_uint_eq(request.phdr, ELF_FREEBSD_DYN_ADDR + 64);
    ck_assert_int_eq(request.stack_prot, 3);
    request.window[0] = 1;
    request.window[request.top - request.window_va - 1] = 1;
}
END_TEST

/* elf_load() of fs/binfmt_elf.c: the last page of the file's part is mapped too, and what follows in it zeroed. */
START_TEST(plans_linux_pages_and_bss)
{
    rules = linux_rules;
    start(ET_EXEC, 0x400000);
    close(examined_fd());
    ck_assert_int_eq(elf_plan(&elf, 0, &plan, &err), 0);
    ck_assert_uint_eq(plan.nranges, 3);
    ck_assert(plan.ranges[1].from_file);
    ck_assert_uint_eq(plan.ranges[1].start, 0x402000);
    ck_assert_uint_eq(plan.ranges[1].end, 0x404000);
    ck_assert_uint_eq(plan.ranges[1].zero_bytes, 0xf00);
    ck_assert(!plan.ranges[2].from_file);
    ck_assert_uint_eq(plan.ranges[2].start, 0x404000);
    ck_assert_uint_eq(plan.ranges[2].end, 0x406000);
    ck_assert_uint_eq(plan.ranges[2].copy_bytes, 0);
}
END_TEST

START_TEST(a_later_segment_replaces_pages_of_an_earlier)
{
    rules = linux_rules;
    elf_maker_start(&maker, ET_EXEC, ELFOSABI_NONE, 0x8000);
    elf_maker_add(&maker, PT_LOAD, PF_R | PF_W, 0, 0x400000, 0x4800, 0x4900);
    elf_maker_add(&maker, PT_LOAD, PF_R | PF_X, 0x6000, 0x401000, 0x2000, 0x2000);
    close(examined_fd());
    ck_assert_int_eq(elf_plan(&elf, 0, &plan, &err), 0);
    ck_assert_uint_eq(plan.nranges, 3);
    ck_assert_uint_eq(plan.ranges[0].end, 0x401000);
    ck_assert_uint_eq(plan.ranges[0].zero_bytes, 0);
    ck_assert_uint_eq(plan.ranges[1].start, 0x401000);
    ck_assert_uint_eq(plan.ranges[1].end, 0x403000);
    ck_assert_uint_eq(plan.ranges[1].offset, 0x6000);
    ck_assert_uint_eq(plan.ranges[2].start, 0x403000);
    ck_assert_uint_eq(plan.ranges[2].offset, 0x3000);
    ck_assert_uint_eq(plan.ranges[2].end, 0x405000);
    ck_assert_uint_eq(plan.ranges[2].zero_bytes, 0x800);
    /* and one that begins earlier cuts the front off */
    elf_maker_start(&maker, ET_EXEC, ELFOSABI_NONE, 0x8000);
    elf_maker_add(&maker, PT_LOAD, PF_R, 0x1000, 0x401000, 0x3000, 0x3000);
    elf_maker_add(&maker, PT_LOAD, PF_R, 0, 0x400000, 0x2000, 0x2000);
    close(examined_fd());
    ck_assert_int_eq(elf_plan(&elf, 0, &plan, &err), 0);
    ck_assert_uint_eq(plan.nranges, 2);
    ck_assert_uint_eq(plan.ranges[1].start, 0x402000);
    ck_assert_uint_eq(plan.ranges[1].offset, 0x2000);
}
END_TEST

START_TEST(maps_linux_bytes_and_zeroes)
{
    int fd;

    rules = low_rules;
    elf_maker_start(&maker, ET_EXEC, ELFOSABI_NONE, 0x4000);
    elf_maker_two_segments(&maker, 0x10400000);
    elf_maker_narrow(&maker, EM_386);
    fd = examined_fd();
    ck_assert_msg(elf_map(fd, &elf, 0, &image, &err) == 0, "%s", err.text);
    close(fd);
    ck_assert_uint_eq(image.phdr, 0x10400034);
    ck_assert_int_eq(memcmp(bytes_at(0x10402800), maker.bytes + 0x1800, 0x900), 0);
    for (uint64_t at = 0x10403100; at < 0x10406000; at++)
        ck_assert_uint_eq(*bytes_at(at), 0);
    ck_assert_str_eq(protection_at(0x10400000), "r-xp");
    ck_assert_str_eq(protection_at(0x10403000), "rw-p");
    ck_assert_str_eq(protection_at(0x10405000), "rw-p");
}
END_TEST

/* As a 32-bit kernel's memory lies without randomness: /proc/PID/maps of any program under setarch -R. */
#ifndef __SANITIZE_ADDRESS__
START_TEST(places_a_low_linux_program)
{
    static struct program program;
    static struct loaded_program loaded;
    static struct stack_request request;

    rules = low_rules;
    elf_maker_start(&maker, ET_DYN, ELFOSABI_NONE, 0x4000);
    elf_maker_two_segments(&maker, 0);
    elf_maker_add(&maker, PT_GNU_STACK, PF_R | PF_W, 0, 0, 0, 0);
    elf_maker_interp(&maker, 0x1000, "/lib/ld-linux.so.2");
    elf_maker_narrow(&maker, EM_386);
    close(examined_fd());
    program.elf = elf;
    program.interp = elf;
    program.has_interp = true;
    strcpy(program.host_path, "/tmp/test_loader_map.XXXXXX");
    close(mkstemp(program.host_path));
    elf_maker_write(&maker, program.host_path);
    memcpy(program.interp_host_path, program.host_path, sizeof(program.host_path));
    ck_assert_msg(program_load(&program, 8 << 20, UINT64_MAX, &loaded, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(loaded.main.base, 0x56555000);
    ck_assert_uint_eq(loaded.break_base, loaded.main.hi);
    ck_assert_uint_eq(loaded.interp.hi, 0xf7ffe000);
    ck_assert_uint_eq(loaded.entry, loaded.interp.entry);
    ck_assert_uint_eq(loaded.stack.hi, 0xffffe000);
    ck_assert_uint_eq(loaded.stack.lo, 0xffffe000 - (8 << 20));
    program_stack_request(&program, &loaded, &request);
    ck_assert_uint_eq(request.base, loaded.interp.bias);
    ck_assert_uint_eq(request.phdr, 0x56555034);
    ck_assert_uint_eq(request.phentsize, 32);
    /* it grows as it is written to */
    request.window[request.top - request.window_va - (4 << 20)] = 1;
    ck_assert_str_eq(protection_at(0xffffe000 - (4 << 20)), "rw-p");
    /* without an interpreter: where mmap goes, and the break apart */
    program.has_interp = false;
    munmap((void *)(uintptr_t)loaded.stack.lo, loaded.stack.hi - loaded.stack.lo);
    ck_assert_msg(program_load(&program, 8 << 20, UINT64_MAX, &loaded, &err) == 0, "%s", err.text);
    unlink(program.host_path);
    ck_assert_uint_lt(loaded.main.hi, 0xf7ffe000);
    ck_assert_uint_gt(loaded.main.lo, 0xf7000000);
    ck_assert_uint_eq(loaded.break_base, 0x56555000);
    program_stack_request(&program, &loaded, &request);
    ck_assert_uint_eq(request.base, 0);
}
END_TEST
#endif

START_TEST(knows_where_mmap_begins)
{
    ck_assert_uint_eq(elf_linux_dyn_base(USER_END_32), 0x56555000);
    ck_assert_uint_eq(elf_linux_dyn_base(USER_END), 0x555555554000);
    ck_assert_uint_eq(elf_linux_mmap_top(USER_END_32, 8 << 20), 0xf7ffe000);
    ck_assert_uint_eq(elf_linux_mmap_top(USER_END_32, 256 << 20), 0xefefe000);
    ck_assert_uint_eq(elf_linux_mmap_top(USER_END_32, UINT64_MAX), 0x2aaab000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("loader: mapping");
    TCase *tc = tcase_create("map");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tc, plans_pages_and_bss);
    tcase_add_test(tc, plans_a_segment_inside_one_page);
    tcase_add_test(tc, refuses_places_that_are_not_the_guests);
    tcase_add_test(tc, maps_bytes_zeroes_and_protection);
    tcase_add_test(tc, never_replaces_a_mapping);
    tcase_add_test(tc, places_position_independent_programs);
    tcase_add_test(tc, an_aligned_program_keeps_its_own_base);
    tcase_add_test(tc, a_shrunken_file_is_an_error);
    tcase_add_test(tc, stack_has_size_and_guard);
    tcase_add_test(tc, loads_program_interpreter_and_stack);
    tcase_add_test(tc, plans_linux_pages_and_bss);
    tcase_add_test(tc, a_later_segment_replaces_pages_of_an_earlier);
    tcase_add_test(tc, maps_linux_bytes_and_zeroes);
#ifndef __SANITIZE_ADDRESS__ /* whose own memory lies there */
    tcase_add_test(tc, places_a_low_linux_program);
#endif
    tcase_add_test(tc, knows_where_mmap_begins);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
