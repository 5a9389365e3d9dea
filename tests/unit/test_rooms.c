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

/* A site whose replaced instruction is `length` bytes, right before the `syscall`; `behind`: the byte after that. */
static struct site short_site(uint64_t at, uint8_t length, uint8_t behind)
{
    static const uint8_t moves[][4] = {{0x31, 0xc0}, {0x48, 0x89, 0xdf}, {0x8b, 0x44, 0x24, 0x08}};
    const uint8_t call[] = {0x0f, 0x05, behind};
    struct site s = {.at = at, .back = length, .length = length};
    memcpy(s.original, moves[length - 2], length);
    memcpy(s.original + length, call, ROOM_JUMP - length);
    return s;
}

/* Where the site's jump leads, with the slot's address as its displacement: as the processor reads it. */
static uint64_t jump_of(const struct site *s, uint64_t slot)
{
    uint8_t code[SITE_BACK_MAX];
    uint64_t address = s->at - s->back;
    const uint8_t *p = code;
    size_t left = ROOM_JUMP;
    int32_t distance = (int32_t)(slot - (address + ROOM_JUMP));
    memcpy(code, s->original, sizeof code);
    code[0] = 0xe9;
    memcpy(code + 1, &distance, s->length - 1U); /* the rest stays */
    ck_assert(cs_disasm_iter(cs, &p, &left, &address, insn));
    ck_assert_int_eq(insn->id, X86_INS_JMP);
    return (uint64_t)insn->detail->x86.operands[0].imm;
}

struct window {
    uint64_t at;
    uint8_t length, behind;
    int64_t low, size; /* from the site's `syscall` */
};

static const struct window windows[] = {
    {SITE_AT, 4, 0, 0x0f000001, 1 << 24}, /* the jump ends in the middle of the `syscall` */
    {SITE_AT, 3, 0, 0x050f0002, 1 << 16},
    {0x7ffff7000000, 3, 0, 0x050f0002, 1 << 16},
    {SITE_AT, 2, 0x48, 0x48050f03, 1 << 8},
    {0x7ffff7000000, 2, 0xc3, -0x3cfaf0fd, 1 << 8}, /* ret: the displacement is negative */
    {0x7ffff7000000, 2, 0x80, -0x7ffaf0fd, 1 << 8},
};

START_TEST(windows_of_short_sites)
{
    const struct window *v = &windows[_i];
    const struct site s = short_site(v->at, v->length, v->behind);
    uint64_t low, high;
    room_window(s.original, s.at - s.back, s.length, &low, &high);
    ck_assert_int_eq((int64_t)(low - s.at), v->low);
    ck_assert_int_eq((int64_t)(high - low), v->size);
    ck_assert_uint_eq(jump_of(&s, low), low);
    ck_assert_uint_eq(jump_of(&s, high - 1), high - 1);
    ck_assert_uint_ne(jump_of(&s, high), high);
    ck_assert_uint_ne(jump_of(&s, low - 1), low - 1);
}
END_TEST

static void fill_short(uint64_t slot, const struct site *s)
{
    struct room_slot code;
    void *room = (void *)(slot & ~(NARROW_SIZE - 1)); // NOLINT(performance-no-int-to-ptr)
    ck_assert(trampoline_build(&code, slot, s, ENGINE_BASE, room_of(slot)));
    ck_assert_int_eq(mprotect(room, NARROW_SIZE, PROT_READ | PROT_WRITE), 0);
    memcpy((void *)slot, &code, sizeof code); // NOLINT(performance-no-int-to-ptr)
    ck_assert_int_eq(mprotect(room, NARROW_SIZE, PROT_READ | PROT_EXEC), 0);
}

/* Each site a slot that its jump can lead to, in a page that it shares with those nearby; and its own again. */
START_TEST(slots_of_short_sites)
{
    const uint64_t at = 0x500000000123UL;
    const struct site first = short_site(at, 3, 0), near = short_site(at + 100, 3, 0),
                      far = short_site(at + 0x20000, 3, 0);
    uint64_t slot = room_slot_take_short(&thread, &first, ENGINE_BASE);
    ck_assert_uint_ne(slot, 0);
    ck_assert_uint_eq(slot % ROOM_SLOT, 0);
    ck_assert_uint_eq(jump_of(&first, slot), slot);
    ck_assert_uint_eq(room_of(slot), slot & ~(NARROW_SIZE - 1));
    ck_assert_uint_ne(slot, room_of(slot)); /* the room's word is there */
    ck_assert_uint_eq(space.reserved_count, 1);
    ck_assert_uint_eq(space.reserved[0].high - space.reserved[0].low, NARROW_SIZE);
    fill_short(slot, &first);
    ck_assert_uint_eq(rooms_guest_rip(slot + 2), at - 1);
    ck_assert_uint_eq(rooms_guest_rip(slot + 3), at);
    ck_assert_uint_eq(rooms_guest_rip(room_of(slot) + NARROW_SIZE), 0);

    uint64_t second = room_slot_take_short(&thread, &near, ENGINE_BASE);
    ck_assert_uint_eq(room_of(second), room_of(slot));
    ck_assert_uint_ne(second, slot);
    uint64_t third = room_slot_take_short(&thread, &far, ENGINE_BASE);
    ck_assert_uint_eq(jump_of(&far, third), third);
    ck_assert_uint_ne(room_of(third), room_of(slot));

    room_slot_give(slot);
    ck_assert_uint_eq(room_slot_take_short(&thread, &first, ENGINE_BASE), slot);
    struct site other = first; /* other code at the same place: somebody may still stand in the slot */
    other.original[2] = 0xd7;
    ck_assert_uint_ne(room_slot_take_short(&thread, &other, ENGINE_BASE), slot);
    /* These are no rooms for the others. */
    ck_assert_uint_ne(room_of(room_slot_take(&thread, at)), room_of(slot));
}
END_TEST

/* 256 bytes hold four slots, or three where the room's word lies among them. */
START_TEST(few_slots_for_the_shortest)
{
    unsigned got[2] = {0, 0};
    const uint64_t at[2] = {0x500000000000UL - 0x48050f03 + 0x40, 0x510000000000UL - 0x48050f03 + 0x400};
    for (unsigned i = 0; i < 2; i++) {
        struct site s = short_site(at[i], 2, 0x48);
        for (uint8_t n = 0; n < 8; n++) {
            s.original[1] = (uint8_t)(0xc0 + n * 9);
            uint64_t slot = room_slot_take_short(&thread, &s, ENGINE_BASE);
            if (slot != 0) {
                ck_assert_uint_eq(jump_of(&s, slot), slot);
                fill_short(slot, &s);
                got[i]++;
            }
        }
    }
    ck_assert_uint_eq(got[0], 4);
    ck_assert_uint_eq(got[1], 4);
}
END_TEST

/* Given back, a slot is another site's only when many more have been; and its own at once. */
START_TEST(short_slots_rest)
{
    const struct site site = short_site(0x500000000000UL - 0x48050f03 + 0x40, 2, 0x48);
    const struct site busy = short_site(0x510000000000UL, 3, 0);
    struct site others[5];
    uint64_t slots[5];
    for (uint8_t n = 0; n < 5; n++) {
        others[n] = site;
        others[n].original[1] = (uint8_t)(0xc0 + n * 9);
        slots[n] = room_slot_take_short(&thread, &others[n], ENGINE_BASE);
        ck_assert_int_eq(slots[n] != 0, n < 4);
        if (n < 4) {
            fill_short(slots[n], &others[n]);
        }
    }
    uint64_t work = room_slot_take_short(&thread, &busy, ENGINE_BASE);
    fill_short(work, &busy);
    room_slot_give(slots[2]);
    for (unsigned i = 0; i < 1023; i++) {
        ck_assert_uint_eq(room_slot_take_short(&thread, &others[4], ENGINE_BASE), 0);
        room_slot_give(work);
        ck_assert_uint_eq(room_slot_take_short(&thread, &busy, ENGINE_BASE), work);
    }
    ck_assert_uint_eq(room_slot_take_short(&thread, &others[2], ENGINE_BASE), slots[2]);
    room_slot_give(slots[2]);
    for (unsigned i = 0; i < 1024; i++) {
        room_slot_give(work);
    }
    ck_assert_uint_eq(room_slot_take_short(&thread, &others[4], ENGINE_BASE), slots[2]);
    ck_assert_uint_eq(room_slot_take_short(&thread, &others[2], ENGINE_BASE), 0);
}
END_TEST

/* Nothing where the guest has something, nor in the way of its break, nor in the engine's own part. */
START_TEST(no_room_for_short_sites)
{
    const uint64_t at = 0x500000000123UL, low = at + 0x050f0002;
    struct site s = short_site(at, 3, 0);
    void *all = mmap((void *)(low & ~0xfffUL), 0x11000, PROT_NONE, // NOLINT(performance-no-int-to-ptr)
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    ck_assert(all != MAP_FAILED);
    ck_assert_uint_eq(room_slot_take_short(&thread, &s, ENGINE_BASE), 0);
    ck_assert_uint_eq(space.reserved[0].low, space.reserved[0].high);
    munmap((char *)all + 0x3000, 0x1000);
    uint64_t slot = room_slot_take_short(&thread, &s, ENGINE_BASE);
    ck_assert_uint_eq(room_of(slot), (uint64_t)all + 0x3000);

    const uint64_t image = 0x510000000000UL;
    s = short_site(image, 3, 0);
    space.break_base = image + 0x1000000;
    space.break_now = image + 0x2000000;
    space.break_limit = space.break_now + (8UL << 30);
    space.break_clear = UINT64_MAX;
    ck_assert_uint_eq(room_slot_take_short(&thread, &s, ENGINE_BASE), 0);
    space.break_clear = 0x30f8000; /* into the window */
    slot = room_slot_take_short(&thread, &s, ENGINE_BASE);
    ck_assert_uint_ge(slot, space.break_now + space.break_clear);
    ck_assert_uint_eq(jump_of(&s, slot), slot);

    munmap((void *)ENGINE_ROOMS, 8 * ROOM_SIZE); // NOLINT(performance-no-int-to-ptr)
    s = short_site(ENGINE_ROOMS - 0x050f0000, 3, 0);
    ck_assert_uint_eq(room_slot_take_short(&thread, &s, ENGINE_BASE), 0);
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
    tcase_add_loop_test(rooms, windows_of_short_sites, 0, sizeof windows / sizeof windows[0]);
    tcase_add_test(rooms, slots_of_short_sites);
    tcase_add_test(rooms, few_slots_for_the_shortest);
    tcase_add_test(rooms, short_slots_rest);
    tcase_add_test(rooms, no_room_for_short_sites);
    suite_add_tcase(suite, rooms);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
