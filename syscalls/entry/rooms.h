/*
 * Rooms: pages of trampolines, each within reach (2 GB) of the sites it serves.
 *
 * A slot of ROOM_SLOT bytes holds one trampoline and, in its last bytes, which site it belongs to, so that a signal
 * handler that finds the guest in it can tell without asking anybody. The first slot of a room holds the address of the
 * fast entry, for rooms from which no direct jump reaches it. Rooms stay for the life of the address space; given back
 * slots wait long before they are used again, since a thread may still stand in one.
 *
 * A jump over a short instruction (rewrite.h) leads to one place among few, so its slot lies in a room of one page in just
 * that window. Those rooms keep out of the way of the guest's break (struct address_space).
 */
#ifndef SYSCALLS_ENTRY_ROOMS_H
#define SYSCALLS_ENTRY_ROOMS_H

#include <stdbool.h>
#include <stdint.h>

#include "syscalls/entry/sites.h"

#define ROOM_SIZE  0x10000UL
#define ROOM_SLOT  64UL
#define ROOM_SLOTS (ROOM_SIZE / ROOM_SLOT)
#define ROOMS_MAX  64

/* Rooms for short instructions: of one page, and no more of them than this, as each costs every fork a few µs. */
#define NARROW_SIZE 0x1000UL
#define NARROW_MAX  32

#define ROOM_JUMP 5U /* bytes of a jmp rel32 */

/* A slot as it lies in memory. */
struct room_slot {
    uint8_t code[48];
    uint64_t at;  /* the site's `syscall` */
    uint8_t back; /* how many bytes before it have moved here, verbatim */
    uint8_t spare[7];
};
_Static_assert(sizeof(struct room_slot) == ROOM_SLOT, "");

/*
 * Writes the trampoline of a site into *out: the `back` bytes before the site's `syscall`, the address after it into
 * r11, a jump to the fast entry. slot: where it will lie; entry: the fast entry; pointer: a word that holds the same,
 * within reach of the slot. Returns false when `after` is out of reach.
 */
bool trampoline_build(struct room_slot *out, uint64_t slot, const struct site *s, uint64_t entry, uint64_t pointer);

/* A free slot within reach of the site, for the gate's holder; 0: none, and no room for more. Its room is mapped. */
struct thread;
uint64_t room_slot_take(struct thread *t, uint64_t at);
void room_slot_give(uint64_t slot);

/*
 * The same for a site whose replaced instruction is shorter than a jump: where a jump can lead that ends in the bytes
 * that stand there (s->original). Gives the slot that the site had before, or a free one.
 */
uint64_t room_slot_take_short(struct thread *t, const struct site *s, uint64_t entry);

/* Where a jump can lead that replaces `length` bytes at `from` and ends, if that is less than a jump, in those behind. */
void room_window(const uint8_t *bytes, uint64_t from, uint32_t length, uint64_t *low, uint64_t *high);

/* The room that a slot lies in: its first word holds the address of the fast entry. */
uint64_t room_of(uint64_t slot);

/*
 * Where the guest is when it stands at rip in a trampoline; 0: rip is in no room. As the bytes moved are verbatim, that
 * is the same instruction in its old place, or the `syscall` when all of them are done.
 */
uint64_t rooms_guest_rip(uint64_t rip);

/* The site that the trampoline at rip belongs to; 0: rip is in no room. */
uint64_t rooms_site(uint64_t rip);

#endif
