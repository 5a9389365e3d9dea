/* What examination accepts, refuses and finds. Each refusal must name file and fault. */
#include "base/image.h"
#include "loader/loader.h"
#include "tests/unit/elf_maker.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct elf_rules freebsd = {ELF_KERNEL_FREEBSD, USER_END};
static const struct elf_rules low_linux = {ELF_KERNEL_LINUX, USER_END_32};
static struct elf_rules rules;
static struct elf_maker maker;
static struct elf_file elf;
static struct loader_error err;

/* Never called here; keeps the personalities out of this program. */
const struct personality *personality_recognising(const struct elf_identity *id)
{
    (void)id;
    return NULL;
}

static void setup(void)
{
    memset(&err, 0, sizeof(err));
    rules = freebsd;
    elf_maker_start(&maker, ET_EXEC, ELFOSABI_FREEBSD, 0x4000);
    elf_maker_two_segments(&maker, 0x400000);
}

static int examine(void)
{
    int fd = elf_maker_fd(&maker);
    int r = elf_examine(fd, "the-file", &rules, &elf, &err);

    close(fd);
    return r;
}

static void refused(const char *fault)
{
    ck_assert_int_eq(examine(), -ENOEXEC);
    ck_assert_int_eq(err.host_errno, ENOEXEC);
    ck_assert_msg(strstr(err.text, "the-file") != NULL, "names no file: %s", err.text);
    ck_assert_msg(strstr(err.text, fault) != NULL, "\"%s\" does not say \"%s\"", err.text, fault);
}

START_TEST(accepts_static_program)
{
    ck_assert_int_eq(examine(), 0);
    ck_assert_uint_eq(elf.nsegments, 2);
    ck_assert_uint_eq(elf.entry, 0x400400);
    ck_assert_uint_eq(elf.phdr_vaddr, 0x400040);
    ck_assert_uint_eq(elf.lo, 0x400000);
    ck_assert_uint_eq(elf.hi, 0x406000);
    ck_assert_int_eq(elf.segments[0].prot, 5);
    ck_assert_int_eq(elf.segments[1].prot, 3);
    ck_assert_uint_eq(elf.id.osabi, ELF_OSABI_FREEBSD);
    ck_assert(!elf.has_stack_prot);
    ck_assert_str_eq(elf.id.interp, "");
}
END_TEST

START_TEST(finds_notes_interp_and_stack)
{
    const unsigned osrel = 1402000;
    const unsigned control = 8;

    elf_maker_interp(&maker, 0x1000, "/libexec/ld-elf.so.1");
    elf_maker_note(&maker, 0x1100, "Go", 4, "id", 2);
    elf_maker_note(&maker, 0x1200, "FreeBSD", 1, &osrel, 4);
    elf_maker_note(&maker, 0x1300, "FreeBSD", 4, &control, 4);
    elf_maker_add(&maker, PT_GNU_STACK, PF_R | PF_W, 0, 0, 0, 0x20000);
    ck_assert_int_eq(examine(), 0);
    ck_assert_str_eq(elf.id.interp, "/libexec/ld-elf.so.1");
    ck_assert_str_eq(elf.id.vendor, "FreeBSD");
    ck_assert_uint_eq(elf.id.osrel, 1402000);
    ck_assert_uint_eq(elf.id.feature_control, 8);
    ck_assert(elf.id.is_go);
    ck_assert(elf.has_stack_prot);
    ck_assert_int_eq(elf.stack_prot, 3);
    ck_assert_uint_eq(elf.stack_size, 0x20000);
}
END_TEST

START_TEST(bsd_note_beats_gnu_note)
{
    const unsigned gnu[4] = {0, 3, 2, 0};
    const unsigned osrel = 600000000;

    elf_maker_note(&maker, 0x1100, "GNU", 1, gnu, sizeof(gnu));
    elf_maker_note(&maker, 0x1200, "NetBSD", 1, &osrel, 4);
    ck_assert_int_eq(examine(), 0);
    ck_assert_str_eq(elf.id.vendor, "NetBSD");
    ck_assert_int_eq(elf_system(&elf.id), ELF_SYSTEM_NETBSD);
}
END_TEST

START_TEST(kfreebsd_release_is_the_kernels_sum)
{
    const unsigned gnu[4] = {3, 8, 1, 5};

    elf_maker_note(&maker, 0x1100, "GNU", 1, gnu, sizeof(gnu));
    ck_assert_int_eq(examine(), 0);
    ck_assert_uint_eq(elf.id.osrel, 801005);
    ck_assert_int_eq(elf_system(&elf.id), ELF_SYSTEM_KFREEBSD);
}
END_TEST

START_TEST(notes_with_rubbish_behind_are_fine)
{
    const unsigned osrel = 1300139;

    elf_maker_note(&maker, 0x1200, "FreeBSD", 1, &osrel, 4);
    ((Elf64_Phdr *)(maker.bytes + 64))[2].p_filesz += 8; /* less than a header */
    ck_assert_int_eq(examine(), 0);
    ck_assert_uint_eq(elf.id.osrel, 1300139);
}
END_TEST

START_TEST(refuses_what_is_no_elf_program)
{
    Elf64_Ehdr *e = elf_maker_header(&maker);

    e->e_ident[1] = 'F';
    refused("not an ELF file");
    setup();
    maker.size = 40;
    refused("ends inside its ELF header");
    setup();
    maker.size = 0;
    refused("not an ELF file");
    setup();
    e->e_ident[EI_CLASS] = 3;
    refused("unknown class");
    setup();
    e->e_ident[EI_DATA] = ELFDATA2MSB;
    refused("little-endian");
    setup();
    e->e_ident[EI_VERSION] = 2;
    refused("version 2");
    setup();
    e->e_version = 7;
    refused("version 7");
    setup();
    e->e_type = ET_REL;
    refused("object file");
    setup();
    e->e_type = ET_CORE;
    refused("core dump");
}
END_TEST

START_TEST(refuses_bad_header_tables)
{
    Elf64_Ehdr *e = elf_maker_header(&maker);

    e->e_phnum = 0;
    refused("no program headers");
    setup();
    e->e_phentsize = 32;
    refused("32 bytes");
    setup();
    e->e_phoff = 68;
    refused("not aligned");
    setup();
    e->e_phoff = 0x1000;
    refused("first page");
    setup();
    e->e_phoff = ~UINT64_C(7);
    refused("first page");
    setup();
    e->e_phnum = 0xffff;
    refused("first page");
    setup();
    maker.size = 100;
    refused("ends inside its program headers");
    setup();
    e->e_phnum = 1;
    ((Elf64_Phdr *)(maker.bytes + 64))->p_type = PT_NULL;
    refused("no segment to load");
}
END_TEST

START_TEST(refuses_bad_segments)
{
    Elf64_Phdr *data = (Elf64_Phdr *)(maker.bytes + 64) + 1;

    data->p_memsz = 0x100;
    refused("only 0x100 in memory");
    setup();
    data->p_filesz = 0x8000;
    data->p_memsz = 0x8000;
    refused("beyond the file's end");
    setup();
    data->p_offset = UINT64_MAX - 0x7ff;
    refused("beyond the file's end");
    setup();
    data->p_memsz = UINT64_MAX;
    refused("user space");
    setup();
    data->p_vaddr = UINT64_MAX - 0x7ff;
    refused("user space");
    setup();
    data->p_vaddr = 0x7fffffffe800;
    refused("user space");
    setup();
    data->p_align = 0x3000;
    refused("power of two");
    setup();
    data->p_vaddr += 0x10;
    refused("differ within a page");
    setup();
    data->p_vaddr = 0x401800;
    refused("overlap");
}
END_TEST

START_TEST(segments_may_be_in_any_order_and_empty)
{
    elf_maker_add(&maker, PT_LOAD, PF_R, 0x3000, 0x200000, 0x1000, 0x1000);
    elf_maker_add(&maker, PT_LOAD, PF_R, 0xffffff, 0xffffffffffffff00, 0, 0);
    ck_assert_int_eq(examine(), 0);
    ck_assert_uint_eq(elf.nsegments, 3);
    ck_assert_uint_eq(elf.lo, 0x200000);
    ck_assert_uint_eq(elf.hi, 0x406000);
}
END_TEST

START_TEST(refuses_bad_interpreters)
{
    Elf64_Phdr *p;

    elf_maker_interp(&maker, 0x1000, "/libexec/ld-elf.so.1");
    maker.bytes[0x1000 + 20] = 'x';
    refused("NUL");
    setup();
    elf_maker_interp(&maker, 0x1000, "");
    refused("interpreter name of 1 bytes");
    setup();
    elf_maker_interp(&maker, 0x1000, "/a");
    maker.bytes[0x1000] = '\0';
    refused("empty");
    setup();
    elf_maker_add(&maker, PT_INTERP, PF_R, 0x1000, 0, 1025, 1025);
    refused("1025 bytes");
    setup();
    p = elf_maker_add(&maker, PT_INTERP, PF_R, 0x3ff0, 0, 0x20, 0x20);
    refused("beyond the file's end");
    p->p_offset = UINT64_MAX;
    refused("beyond the file's end");
    setup();
    elf_maker_interp(&maker, 0x1000, "/a");
    elf_maker_interp(&maker, 0x1100, "/b");
    refused("two interpreters");
}
END_TEST

START_TEST(refuses_bad_notes)
{
    const unsigned osrel = 1;
    Elf64_Nhdr *note = (Elf64_Nhdr *)(maker.bytes + 0x1100);
    Elf64_Phdr *p;

    elf_maker_note(&maker, 0x1100, "FreeBSD", 1, &osrel, 4);
    note->n_descsz = 0x1000;
    refused("larger than the segment");
    note->n_descsz = 4;
    note->n_namesz = 0xfffffffd;
    refused("larger than the segment");
    setup();
    p = elf_maker_add(&maker, PT_NOTE, PF_R, 0x3ff0, 0, 0x40, 0x40);
    refused("note segment lies beyond");
    p->p_filesz = UINT64_MAX;
    refused("note segment of");
}
END_TEST

START_TEST(identity_is_lenient_where_the_host_decides)
{
    struct elf_identity id;
    int fd;

    elf_maker_header(&maker)->e_phoff = 0x8000;
    fd = elf_maker_fd(&maker);
    ck_assert_int_eq(elf_identify(fd, "the-file", &id, &err), -ENOEXEC);
    close(fd);
    elf_maker_header(&maker)->e_ident[EI_OSABI] = ELFOSABI_NONE;
    fd = elf_maker_fd(&maker);
    ck_assert_int_eq(elf_identify(fd, "the-file", &id, &err), 0);
    ck_assert_uint_eq(id.machine, EM_X86_64);
    close(fd);
}
END_TEST

static void low_setup(void)
{
    setup();
    rules = low_linux;
}

START_TEST(accepts_programs_with_small_words)
{
    low_setup();
    elf_maker_narrow(&maker, EM_386);
    ck_assert_msg(examine() == 0, "%s", err.text);
    ck_assert_uint_eq(elf.id.bits, 32);
    ck_assert_uint_eq(elf.id.machine, ELF_MACHINE_I386);
    ck_assert_uint_eq(elf.nsegments, 2);
    ck_assert_uint_eq(elf.entry, 0x400400);
    ck_assert_uint_eq(elf.phdr_vaddr, 0x400034);
    ck_assert_uint_eq(elf.phentsize, 32);
    ck_assert_uint_eq(elf.hi, 0x406000);
    ck_assert_int_eq(elf.segments[0].prot, 5);
    /* what its kernel does not look at */
    maker.bytes[EI_DATA] = 0;
    maker.bytes[EI_VERSION] = 0;
    ck_assert_msg(examine() == 0, "%s", err.text);
    low_setup();
    elf_maker_add(&maker, PT_LOAD, PF_R, 0, 0xffffd000, 0x1000, 0x2000);
    elf_maker_narrow(&maker, EM_386);
    refused("does not fit into user space");
}
END_TEST

/* load_elf_phdrs() and load_elf_binary(), fs/binfmt_elf.c. */
START_TEST(linux_is_laxer_than_freebsd)
{
    uint32_t nothing = 0;
    Elf64_Nhdr *note;
    Elf64_Phdr *p;

    low_setup();
    memcpy(maker.bytes + 0x2000, maker.bytes + 64, 2 * sizeof(Elf64_Phdr));
    elf_maker_header(&maker)->e_phoff = 0x2000;
    ck_assert_msg(examine() == 0, "%s", err.text);
    ck_assert_uint_eq(elf.phdr_vaddr, 0x402800 + (0x2000 - 0x1800));
    rules = freebsd;
    refused("first page");
    low_setup();
    elf_maker_header(&maker)->e_phnum = 1171;
    refused("64 KiB");
    low_setup();
    elf_maker_header(&maker)->e_phoff = 0x3fff;
    refused("ends inside its program headers");
    low_setup();
    note = (Elf64_Nhdr *)(maker.bytes + 0x1100);
    elf_maker_note(&maker, 0x1100, "GNU", 1, &nothing, 4);
    note->n_descsz = 0x1000;
    elf_maker_interp(&maker, 0x1200, "/lib/first");
    elf_maker_interp(&maker, 0x1300, "/lib/second");
    ck_assert_msg(examine() == 0, "%s", err.text);
    ck_assert_str_eq(elf.id.interp, "/lib/first");
    low_setup();
    p = elf_maker_add(&maker, PT_LOAD, PF_R, 0x3000, 0x402000, 0x4000, 0x4000);
    p->p_align = 3;
    ck_assert_msg(examine() == 0, "%s", err.text); /* overlaps, and reaches beyond the file's end */
    ck_assert_uint_eq(elf.max_align, 4096);
    ck_assert_uint_eq(elf.hi, 0x406000);
    p->p_offset = 0x3001;
    refused("differ within a page");
}
END_TEST

START_TEST(names_systems_and_machines)
{
    struct elf_identity id = {.bits = 64, .machine = EM_X86_64, .type = ET_DYN};
    char name[64];

    ck_assert_str_eq(elf_system_name(&id, name, sizeof(name)), "Linux/amd64");
    id.osabi = ELF_OSABI_FREEBSD;
    id.machine = EM_AARCH64;
    ck_assert_str_eq(elf_system_name(&id, name, sizeof(name)), "FreeBSD/aarch64");
    strcpy(id.vendor, "OpenBSD");
    ck_assert_int_eq(elf_system(&id), ELF_SYSTEM_OPENBSD);
    strcpy(id.vendor, "");
    id.osabi = 0;
    strcpy(id.interp, "/usr/libexec/ld-elf.so.2");
    ck_assert_int_eq(elf_system(&id), ELF_SYSTEM_DRAGONFLY);
    id.machine = EM_X86_64;
    id.bits = 32;
    strcpy(id.interp, "");
    ck_assert_str_eq(elf_system_name(&id, name, sizeof(name)), "Linux/x32");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("loader: examination");
    TCase *tc = tcase_create("elf");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_test(tc, accepts_static_program);
    tcase_add_test(tc, finds_notes_interp_and_stack);
    tcase_add_test(tc, bsd_note_beats_gnu_note);
    tcase_add_test(tc, kfreebsd_release_is_the_kernels_sum);
    tcase_add_test(tc, notes_with_rubbish_behind_are_fine);
    tcase_add_test(tc, refuses_what_is_no_elf_program);
    tcase_add_test(tc, refuses_bad_header_tables);
    tcase_add_test(tc, refuses_bad_segments);
    tcase_add_test(tc, segments_may_be_in_any_order_and_empty);
    tcase_add_test(tc, refuses_bad_interpreters);
    tcase_add_test(tc, refuses_bad_notes);
    tcase_add_test(tc, identity_is_lenient_where_the_host_decides);
    tcase_add_test(tc, accepts_programs_with_small_words);
    tcase_add_test(tc, linux_is_laxer_than_freebsd);
    tcase_add_test(tc, names_systems_and_machines);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
