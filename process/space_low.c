#include "process/space_low.h"

enum { PAGE_BITS = 12, WORD_PAGES = 64, PAGES = 1 << 20 };

static uint64_t taken_pages[PAGES / WORD_PAGES];

static uint32_t page_of(uint64_t address)
{
    return address >= LOW_END ? PAGES : (uint32_t)(address >> PAGE_BITS);
}

/* The bits of pages [from, to) in their word; to is at most the word's end. */
static uint64_t bits(uint32_t from, uint32_t to)
{
    uint64_t below_to = to % WORD_PAGES == 0 ? ~0UL : (1UL << to % WORD_PAGES) - 1;
    return below_to & ~((1UL << from % WORD_PAGES) - 1);
}

static uint32_t word_end(uint32_t page, uint32_t end)
{
    uint32_t stop = (page / WORD_PAGES + 1) * WORD_PAGES;
    return stop < end ? stop : end;
}

void low_mark(uint64_t low, uint64_t high, bool taken)
{
    uint32_t end = page_of(high + (1UL << PAGE_BITS) - 1);
    for (uint32_t page = page_of(low), stop; page < end; page = stop) {
        stop = word_end(page, end);
        if (taken) {
            taken_pages[page / WORD_PAGES] |= bits(page, stop);
        } else {
            taken_pages[page / WORD_PAGES] &= ~bits(page, stop);
        }
    }
}

/* The highest taken page in [from, to), and the lowest; `none`: there is none. */
static uint32_t last_taken(uint32_t from, uint32_t to, uint32_t none)
{
    for (uint32_t end = to, start; end > from; end = start) {
        start = (end - 1) / WORD_PAGES * WORD_PAGES;
        start = start > from ? start : from;
        uint64_t found = taken_pages[start / WORD_PAGES] & bits(start, end);
        if (found != 0) {
            return start / WORD_PAGES * WORD_PAGES + 63 - (uint32_t)__builtin_clzl(found);
        }
    }
    return none;
}

static uint32_t first_taken(uint32_t from, uint32_t to, uint32_t none)
{
    for (uint32_t page = from, stop; page < to; page = stop) {
        stop = word_end(page, to);
        uint64_t found = taken_pages[page / WORD_PAGES] & bits(page, stop);
        if (found != 0) {
            return page / WORD_PAGES * WORD_PAGES + (uint32_t)__builtin_ctzl(found);
        }
    }
    return none;
}

bool low_taken(uint64_t low, uint64_t high)
{
    uint32_t end = page_of(high + (1UL << PAGE_BITS) - 1);
    return first_taken(page_of(low), end, PAGES) < end;
}

uint64_t low_find_down(uint64_t floor, uint64_t ceiling, uint64_t size, uint64_t align)
{
    if (size == 0 || size > LOW_END || ceiling > LOW_END) {
        return 0;
    }
    uint64_t end = ceiling;
    while (end >= size && end - size >= floor) {
        uint64_t start = (end - size) & ~(align - 1);
        if (start < floor || start == 0) {
            return 0;
        }
        uint32_t hit = last_taken(page_of(start), page_of(start + size), PAGES);
        if (hit == PAGES) {
            return start;
        }
        end = (uint64_t)hit << PAGE_BITS;
    }
    return 0;
}

uint64_t low_find_up(uint64_t floor, uint64_t ceiling, uint64_t size, uint64_t align)
{
    if (size == 0 || size > LOW_END || ceiling > LOW_END) {
        return 0;
    }
    uint64_t start = (floor + align - 1) & ~(align - 1);
    while (start + size <= ceiling) {
        /* from the highest one that is in the way, as everything below it is too small as well */
        uint32_t hit = last_taken(page_of(start), page_of(start + size), PAGES);
        if (hit == PAGES) {
            return start;
        }
        start = (((uint64_t)hit + 1) << PAGE_BITS) + align - 1;
        start &= ~(align - 1);
    }
    return 0;
}
