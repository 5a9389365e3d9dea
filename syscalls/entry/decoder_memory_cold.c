#include "syscalls/entry/decoder_memory.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <capstone/capstone.h>

/*
 * A vfork's child looks at sites in its parent's memory, and may be killed at any instruction: in malloc, it would leave
 * a heap behind with which the parent dies. Here all there is to leave is a count that is too high. The decoder is opened
 * once and takes a few kilobytes; nothing is given back.
 */
enum { ROOM = 128 << 10, ALIGN = 16 };

static _Alignas(ALIGN) unsigned char room[ROOM];
static size_t used;

/* Before each block stands its size. */
static void *take(size_t size)
{
    if (size > ROOM) {
        return NULL;
    }
    size_t whole = (size + 2 * ALIGN - 1) / ALIGN * ALIGN;
    size_t at = __atomic_fetch_add(&used, whole, __ATOMIC_RELAXED);
    if (at > ROOM || whole > ROOM - at) {
        return NULL;
    }
    memcpy(room + at, &size, sizeof size);
    return memset(room + at + ALIGN, 0, size);
}

static void *take_array(size_t count, size_t size)
{
    return size != 0 && count > ROOM / size ? NULL : take(count * size);
}

static void *take_anew(void *block, size_t size)
{
    void *fresh = take(size);
    if (block != NULL && fresh != NULL) {
        size_t had;
        memcpy(&had, (unsigned char *)block - ALIGN, sizeof had);
        memcpy(fresh, block, had < size ? had : size);
    }
    return fresh;
}

static void leave(void *block)
{
    (void)block;
}

bool decoder_memory_ready(void)
{
    cs_opt_mem functions = {take, take_array, take_anew, leave, vsnprintf};
    /* capstone(3): of no handle, and by a pointer in a number */
    return cs_option(0, CS_OPT_MEM, (size_t)&functions) == CS_ERR_OK;
}
