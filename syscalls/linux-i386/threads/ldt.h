/* The local descriptor table of the process (modify_ldt(2)): the guest's entries, and from its end on the engine's. */
#ifndef SYSCALLS_LINUX_I386_LDT_H
#define SYSCALLS_LINUX_I386_LDT_H

#include <stdint.h>

/* asm/ldt.h, struct user_desc: the same with words of 8 and of 4 bytes. */
struct linux_user_desc {
    uint32_t entry_number, base_addr, limit, flags;
};

/* The selector of an entry, for user code. */
static inline uint32_t ldt_selector(uint32_t entry)
{
    return entry << 3 | 7;
}

/* An entry that nobody has taken, or -ENOMEM. The guest may have written to it all the same: the table is its own. */
int64_t ldt_take(void);
void ldt_give(uint32_t entry);

/* Writes an entry. Returns 0 or -errno (-ENOSYS: a host without such tables). */
int64_t ldt_write(const struct linux_user_desc *d);

#endif
