#include "cli/fault-report/unwind_cfi.h"

#include <libunwind.h>
#include <string.h>

_Static_assert((int)UNW_X86_64_RIP == (int)DW_RIP && (int)UNW_X86_64_RSP == (int)DW_RSP, "DWARF's numbers");

/*
 * The search of an .eh_frame_hdr table in another process's memory. libunwind exports it for callers with
 * accessors of their own (as perf does), and declares it in no installed header.
 */
extern int _Ux86_64_dwarf_search_unwind_table(unw_addr_space_t as, unw_word_t ip, unw_dyn_info_t *di,
                                              unw_proc_info_t *pi, int need_unwind_info, void *arg);

/* Sizes of DWARF's pointer encodings (LSB, "DWARF Extensions"): only those without leb128. */
static unsigned encoded_size(uint8_t encoding)
{
    switch (encoding & 0x0f) {
    case 0x00: /* absptr */
    case 0x04: /* udata8 */
    case 0x0c: /* sdata8 */
        return 8;
    case 0x02: /* udata2 */
    case 0x0a: /* sdata2 */
        return 2;
    case 0x03: /* udata4 */
    case 0x0b: /* sdata4 */
        return 4;
    default:
        return 0;
    }
}

/* Reads the table's place from the header at image->eh_frame_hdr. Returns false where it has no sorted table. */
static bool read_header(struct memory *m, const struct image *image, unw_dyn_info_t *di)
{
    enum { VERSION = 1, DATAREL_SDATA4 = 0x3b };
    struct {
        uint8_t version, frame_encoding, count_encoding, table_encoding;
    } head;
    uint64_t at = image->eh_frame_hdr, count = 0;
    if (!memory_read(m, at, &head, sizeof(head)) || head.version != VERSION || head.table_encoding != DATAREL_SDATA4) {
        return false;
    }
    at += sizeof(head) + encoded_size(head.frame_encoding);
    unsigned count_size = encoded_size(head.count_encoding);
    if (!count_size || !memory_read(m, at, &count, count_size)) {
        return false;
    }
    at += count_size;
    if (!count || count > image->eh_frame_hdr_size / 8) {
        return false;
    }
    di->format = UNW_INFO_FORMAT_REMOTE_TABLE;
    di->start_ip = image->low;
    di->end_ip = image->high;
    di->u.rti.segbase = image->eh_frame_hdr;
    di->u.rti.table_data = at;
    di->u.rti.table_len = count * 8 / sizeof(unw_word_t);
    return true;
}

static int find_proc_info(unw_addr_space_t as, unw_word_t ip, unw_proc_info_t *pi, int need, void *arg)
{
    struct unwinder *u = arg;
    const struct image *image = image_at(u->images, ip);
    unw_dyn_info_t di;
    memset(&di, 0, sizeof(di));
    int r = -UNW_ENOINFO;
    if (image && image->eh_frame_hdr && read_header(u->memory, image, &di)) {
        r = _Ux86_64_dwarf_search_unwind_table(as, ip, &di, pi, need, arg);
    }
    if (r < 0) {
        u->no_information = true;
    }
    return r;
}

/* What libunwind allocated for one step is left to the end of the process, which makes at most 64. */
static void put_unwind_info(unw_addr_space_t as, unw_proc_info_t *pi, void *arg)
{
    (void)as, (void)pi, (void)arg;
}

static int no_dynamic_info(unw_addr_space_t as, unw_word_t *list, void *arg)
{
    (void)as, (void)list, (void)arg;
    return -UNW_ENOINFO;
}

static int access_memory(unw_addr_space_t as, unw_word_t address, unw_word_t *value, int write, void *arg)
{
    struct unwinder *u = arg;
    (void)as;
    return !write && memory_u64(u->memory, address, value) ? 0 : -UNW_EINVAL;
}

static int access_register(unw_addr_space_t as, unw_regnum_t reg, unw_word_t *value, int write, void *arg)
{
    const struct unwinder *u = arg;
    (void)as;
    if (write || reg < 0 || reg >= DW_COUNT) {
        return -UNW_EBADREG;
    }
    /* The row of the table that counts is the call's, not that of the instruction behind it. */
    *value = reg == DW_RIP ? frame_address(u->frame) : u->frame->reg[reg];
    return 0;
}

static int access_vector(unw_addr_space_t as, unw_regnum_t reg, unw_fpreg_t *value, int write, void *arg)
{
    (void)as, (void)reg, (void)value, (void)write, (void)arg;
    return -UNW_EBADREG;
}

static int no_resume(unw_addr_space_t as, unw_cursor_t *cursor, void *arg)
{
    (void)as, (void)cursor, (void)arg;
    return -UNW_EINVAL;
}

bool cfi_start(struct unwinder *u)
{
    static unw_accessors_t accessors = {
        .find_proc_info = find_proc_info,
        .put_unwind_info = put_unwind_info,
        .get_dyn_info_list_addr = no_dynamic_info,
        .access_mem = access_memory,
        .access_reg = access_register,
        .access_fpreg = access_vector,
        .resume = no_resume,
    };
    unw_addr_space_t as = unw_create_addr_space(&accessors, 0);
    if (as) {
        /* Steps are independent of each other here; a cache would remember the last one's registers. */
        unw_set_caching_policy(as, UNW_CACHE_NONE);
    }
    u->address_space = as;
    return as != NULL;
}

enum cfi_result cfi_step(struct unwinder *u, const struct image *image, struct frame *f)
{
    unw_cursor_t cursor;
    struct frame caller = *f;
    if (!image->eh_frame_hdr) {
        return CFI_NONE;
    }
    u->frame = f;
    u->no_information = false;
    if (unw_init_remote(&cursor, u->address_space, u) < 0) {
        return CFI_NONE;
    }
    int r = unw_step(&cursor);
    if (u->no_information) {
        return CFI_NONE; /* unw_step guessed then; step_frame_pointer() guesses with more care */
    }
    if (r <= 0) {
        return CFI_END;
    }
    for (int i = 0; i < DW_COUNT; i++) {
        unw_word_t value;
        if (unw_get_reg(&cursor, i, &value) == 0) {
            caller.reg[i] = value;
        }
    }
    /* What a signal frame (augmentation 'S') gives back is where the program stood. */
    caller.exact = caller.signal = unw_is_signal_frame(&cursor) > 0;
    *f = caller;
    return CFI_STEPPED;
}
