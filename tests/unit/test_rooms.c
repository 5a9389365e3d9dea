/* Trampolines, as the processor reads them, and the pages they lie in. */
#include "syscalls/entry/rooms.h"

#include <capstone/capstone.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/image.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/space.h"

/* After capstone: it has an enumerator called fail. */
#include <check.h>

#define SITE_AT 0x401234UL
#define REACH   (0x7fffffffUL - ROOM_SIZE)

static csh cs;
static cs_insn *insn;

static void setup(void)
{
    ck_assert_int_eq(cs_open(CS_ARCH_X86, CS_MODE_64, &cs), CS_ERR_OK);
    cs_option(cs, CS_OPT_DETAIL, CS_OPT_ON);
    insn = cs_malloc(cs);
}

static void teardown(void)
{
    cs_free(insn, 1);
    cs_close(&cs);
}

/* A site whose moved bytes are a mov of five bytes and as many xors and nops as it takes. */
static struct site site_of(uint64_t at, uint8_t back)
{
    static const uint8_t mov[] = {0xb8, 0x27, 0, 0, 0}, xor[] = {0x31, 0xff};
    struct site s = {.at = at, .back = back, .length = sizeof mov};
    memset(s.original, 0x90, sizeof s.original);
    memcpy(s.original, mov, sizeof mov);
    if (back >= sizeof mov + sizeof xor) {
        memcpy(s.original + sizeof mov, xor, sizeof xor);
    }
    return s;
}

/* Where the instruction's memory operand, relative to rip, lies. */
static uint64_t operand_at(unsigned n)
{
    const cs_x86_op *op = &insn->detail->x86.operands[n];
    ck_assert_int_eq(op->type, X86_OP_MEM);
    ck_assert_int_eq(op->mem.base, X86_REG_RIP);
    return insn->address + insn->size + (uint64_t)op->mem.disp;
}

struct placing {
    const char *what;
    uint64_t at, slot, entry;
    bool direct;
};

static const struct placing placings[] = {
    {"near all", SITE_AT, ENGINE_ROOMS + 64, ENGINE_BASE + 0x5000, true},
    {"code far up", 0x7fff12345678UL, 0x7fff10000040UL, ENGINE_BASE, false},
    {"room below its site", 0x800000000UL, 0x800000002UL - REACH, ENGINE_BASE, false},
    {"room above its site", 0x800000000UL, 0x800000002UL + REACH, ENGINE_BASE, false},
    {"entry just in reach", 0x100000000UL, ENGINE_BASE + REACH, ENGINE_BASE, true},
    {"entry just out of reach", 0x100000000UL, ENGINE_BASE + REACH + 1, ENGINE_BASE, false},
};

START_TEST(trampolines_lead_to_the_entry)
{
    const struct placing *p = &placings[_i];
    for (uint8_t back = 5; back <= SITE_BACK_MAX; back++) {
        struct room_slot slot;
        const struct site s = site_of(p->at, back);
        uint64_t pointer = p->slot & ~(ROOM_SIZE - 1), address = p->slot;
        memset(&slot, 0x55, sizeof slot);
        ck_assert(trampoline_build(&slot, p->slot, &s, p->entry, pointer));
        ck_assert_uint_eq(slot.at, p->at);
        ck_assert_uint_eq(slot.back, back);

        const uint8_t *code = slot.code;
        size_t left = sizeof slot.code;
        while (address < p->slot + back) {
            ck_assert(cs_disasm_iter(cs, &code, &left, &address, insn));
        }
        ck_assert_uint_eq(address, p->slot + back);
        ck_assert_int_eq(memcmp(slot.code, s.original, back), 0);

        ck_assert(cs_disasm_iter(cs, &code, &left, &address, insn));
        ck_assert_int_eq(insn->id, X86_INS_LEA);
        ck_assert_int_eq(insn->detail->x86.operands[0].reg, X86_REG_R11);
        ck_assert_msg(operand_at(1) == p->at + 2, "%s, %u", p->what, back);

        ck_assert(cs_disasm_iter(cs, &code, &left, &address, insn));
        ck_assert_int_eq(insn->id, X86_INS_JMP);
        if (p->direct) {
            ck_assert_int_eq(insn->detail->x86.operands[0].type, X86_OP_IMM);
            ck_assert_msg((uint64_t)insn->detail->x86.operands[0].imm == p->entry, "%s, %u", p->what, back);
        } else {
            ck_assert_msg(operand_at(0) == pointer, "%s, %u", p->what, back);
        }
        for (; left > 0; left--) {
            ck_assert_uint_eq(*code++, 0xcc);
        }
    }
}
END_TEST

START_TEST(trampolines_out_of_reach)
{
    struct room_slot slot;
    struct site s = site_of(0x800000000UL - 2, 5);
    ck_assert(trampoline_build(&slot, 0x800000000UL + REACH, &s, ENGINE_BASE, 0x800000000UL));
    ck_assert(!trampoline_build(&slot, 0x800000000UL + REACH + 1, &s, ENGINE_BASE, 0x800000000UL));
    ck_assert(trampoline_build(&slot, 0x800000000UL - REACH, &s, ENGINE_BASE, 0x800000000UL));
    ck_assert(!trampoline_build(&slot, 0x800000000UL - REACH - 1, &s, ENGINE_BASE, 0x800000000UL));
    s.at = 0x7ffff7d00000UL;
    ck_assert(!trampoline_build(&slot, ENGINE_ROOMS, &s, ENGINE_BASE, ENGINE_ROOMS));
}
END_TEST

/* What is written into a slot is written past its protection, as /proc/self/mem does. */
static void fill(uint64_t slot, const struct site *s)
{
    struct room_slot code;
    uint64_t room = slot & ~(ROOM_SIZE - 1);
    ck_assert(trampoline_build(&code, slot, s, ENGINE_BASE, room));
    ck_assert_int_eq(mprotect((void *)room, ROOM_SIZE, PROT_READ | PROT_WRITE), 0); // NOLINT(performance-no-int-to-ptr)
    memcpy((void *)slot, &code, sizeof code);                                       // NOLINT(performance-no-int-to-ptr)
    ck_assert_int_eq(mprotect((void *)room, ROOM_SIZE, PROT_READ | PROT_EXEC), 0);  // NOLINT(performance-no-int-to-ptr)
}

static struct address_space space;
static struct process process = {.space = &space};
static struct thread thread = {.proc = &process};

static void setup_rooms(void)
{
    void *reserve = (void *)ENGINE_ROOMS; // NOLINT(performance-no-int-to-ptr)
    setup();
    ck_assert_ptr_eq(mmap(reserve, 8 * ROOM_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0),
                     reserve);
}

START_TEST(addresses_in_a_trampoline)
{
    const struct site s = site_of(SITE_AT, 11);
    ck_assert_uint_eq(rooms_guest_rip(ENGINE_ROOMS + ROOM_SLOT), 0);
    uint64_t slot = room_slot_take(&thread, SITE_AT);
    ck_assert_uint_eq(slot, ENGINE_ROOMS + ROOM_SLOT); /* the first holds the room's word */
    ck_assert_uint_eq(rooms_site(slot), 0);            /* nothing is written yet */
    ck_assert_uint_eq(rooms_guest_rip(slot), 0);
    fill(slot, &s);
    for (uint64_t i = 0; i < sizeof((struct room_slot *)0)->code; i++) {
        ck_assert_uint_eq(rooms_site(slot + i), SITE_AT);
        ck_assert_uint_eq(rooms_guest_rip(slot + i), i < 11 ? SITE_AT - 11 + i : SITE_AT);
    }
    ck_assert_uint_eq(rooms_site(slot - 1), 0);
    ck_assert_uint_eq(rooms_site(ENGINE_ROOMS), 0);
    ck_assert_uint_eq(rooms_site(slot + ROOM_SLOT), 0);
    ck_assert_uint_eq(rooms_site(ENGINE_ROOMS - 1), 0);
    ck_assert_uint_eq(rooms_guest_rip(ENGINE_ROOMS + ROOM_SIZE), 0);
    ck_assert_uint_eq(rooms_guest_rip(SITE_AT), 0);
}
END_TEST

/* One room after the other, from the engine's own reserve. */
START_TEST(slots_do_not_repeat)
{
    uint64_t last = 0;
    for (unsigned i = 0; i < 3 * (ROOM_SLOTS - 1); i++) {
        uint64_t slot = room_slot_take(&thread, SITE_AT);
        ck_assert_uint_gt(slot, last);
        ck_assert_uint_eq(slot % ROOM_SLOT, 0);
        ck_assert_uint_ne(slot % ROOM_SIZE, 0);
        last = slot;
    }
    ck_assert_uint_eq(last, ENGINE_ROOMS + 3 * ROOM_SIZE - ROOM_SLOT);
    ck_assert_uint_eq(space.reserved_count, 0);
}
END_TEST

/* A thread may still stand in a slot that was given back. */
START_TEST(slots_rest_before_they_are_used_again)
{
    static uint64_t given[1100];
    for (unsigned i = 0; i < 1100; i++) {
        given[i] = room_slot_take(&thread, SITE_AT);
        ck_assert_uint_ne(given[i], 0);
    }
    for (unsigned i = 0; i < 1024; i++) {
        room_slot_give(given[i]);
    }
    ck_assert_uint_gt(room_slot_take(&thread, SITE_AT), given[1099]);
    room_slot_give(given[1024]);
    ck_assert_uint_eq(room_slot_take(&thread, SITE_AT), given[0]); /* the longest at rest */
    ck_assert_uint_gt(room_slot_take(&thread, SITE_AT), given[1099]);
}
END_TEST

/* Too far from the engine: rooms near the code, each one reserved, and found when they fill up. */
START_TEST(rooms_for_code_far_away)
{
    const uint64_t at = 0x500000000123UL;
    uint64_t slot = room_slot_take(&thread, at);
    ck_assert_uint_ne(slot, 0);
    ck_assert(slot - at + REACH <= 2 * REACH);
    ck_assert_uint_eq(space.reserved_count, 1);
    ck_assert_uint_eq(space.reserved[0].low, slot & ~(ROOM_SIZE - 1));
    ck_assert_uint_eq(space.reserved[0].high, space.reserved[0].low + ROOM_SIZE);
    const struct site s = site_of(at, 7);
    fill(slot, &s);
    ck_assert_uint_eq(rooms_guest_rip(slot + 6), at - 1);
    ck_assert_uint_eq(rooms_guest_rip(slot + 7), at);
    for (unsigned i = 0; i < ROOM_SLOTS; i++) {
        ck_assert_uint_ne(room_slot_take(&thread, at), 0);
    }
    ck_assert_uint_eq(space.reserved_count, 2);
    /* Code within reach shares it; a slot of a room out of reach is of no use, at rest neither. */
    ck_assert_uint_ne(room_slot_take(&thread, at + 0x10000000), 0);
    ck_assert_uint_eq(space.reserved_count, 2);
    ck_assert_uint_lt(room_slot_take(&thread, SITE_AT), ENGINE_END);
}
END_TEST

/* The nearest places are taken: the next that are not, or none. */
START_TEST(rooms_where_there_is_little_room)
{
    const uint64_t at = 0x500000000000UL, size = 3UL << 30;
    void *all = mmap((void *)(at - size), 2 * size, PROT_NONE, // NOLINT(performance-no-int-to-ptr)
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    ck_assert(all != MAP_FAILED);
    ck_assert_uint_eq(room_slot_take(&thread, at), 0);
    for (unsigned i = 0; i < space.reserved_count; i++) {
        ck_assert_uint_eq(space.reserved[i].low, space.reserved[i].high); /* nothing was kept */
    }
    munmap((void *)(at + (1UL << 30)), 1UL << 27); // NOLINT(performance-no-int-to-ptr)
    uint64_t slot = room_slot_take(&thread, at);
    ck_assert(slot >= at + (1UL << 30) && slot < at + (1UL << 30) + (1UL << 27));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rooms");
    TCase *trampolines = tcase_create("trampolines");
    tcase_add_checked_fixture(trampolines, setup, teardown);
    tcase_add_loop_test(trampolines, trampolines_lead_to_the_entry, 0, sizeof placings / sizeof placings[0]);
    tcase_add_test(trampolines, trampolines_out_of_reach);
    suite_add_tcase(suite, trampolines);
    TCase *rooms = tcase_create("rooms");
    tcase_add_checked_fixture(rooms, setup_rooms, teardown);
    tcase_add_test(rooms, addresses_in_a_trampoline);
    tcase_add_test(rooms, slots_do_not_repeat);
    tcase_add_test(rooms, slots_rest_before_they_are_used_again);
    tcase_add_test(rooms, rooms_for_code_far_away);
    tcase_add_test(rooms, rooms_where_there_is_little_room);
    suite_add_tcase(suite, rooms);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
