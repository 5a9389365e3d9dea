#include "cli/fault-report/gopclntab.h"

#include <stdio.h>
#include <string.h>

enum table_version { GO_1_2, GO_1_16, GO_1_18 /* and 1.20 */ };

#define MAGIC_1_2  0xfffffffbU
#define MAGIC_1_16 0xfffffffaU
#define MAGIC_1_18 0xfffffff0U
#define MAGIC_1_20 0xfffffff1U

#define FUNCTIONS_MAX (1u << 24)
#define STEPS_MAX     65536u /* of one function's pc-value table */

struct table {
    struct memory *memory;
    enum table_version version;
    uint64_t base, size;                             /* of the whole table */
    uint64_t count;                                  /* functions */
    uint64_t text;                                   /* what 1.18's function offsets are relative to */
    uint64_t names, units, files, values, functions; /* addresses of the parts */
    uint32_t quantum;
};

static bool word_at(const struct table *t, unsigned index, uint64_t *value)
{
    return memory_u64(t->memory, t->base + 8 + 8ULL * index, value);
}

/* Reads the header's word `index`, an offset into the table. */
static bool part_at(const struct table *t, unsigned index, uint64_t *address)
{
    uint64_t offset;
    if (!word_at(t, index, &offset) || offset >= t->size) {
        return false;
    }
    *address = t->base + offset;
    return true;
}

static bool open_1_2(struct table *t)
{
    uint32_t files;
    t->functions = t->base + 16;
    t->names = t->values = t->base;
    /* The end of the function table is followed by the file table's offset. */
    if (!word_at(t, 0, &t->count) || t->count > FUNCTIONS_MAX ||
        !memory_u32(t->memory, t->functions + t->count * 16 + 8, &files) || files >= t->size) {
        return false;
    }
    t->files = t->base + files;
    return true;
}

static bool open_table(struct memory *m, const struct image *image, struct table *t)
{
    struct {
        uint32_t magic;
        uint8_t zero[2], quantum, pointer_size;
    } head;
    memset(t, 0, sizeof(*t));
    t->memory = m;
    t->base = image->gopclntab;
    t->size = image->gopclntab_size;
    if (!t->base || !memory_read(m, t->base, &head, sizeof(head)) || head.pointer_size != 8) {
        return false;
    }
    t->quantum = head.quantum;
    switch (head.magic) {
    case MAGIC_1_2:
        t->version = GO_1_2;
        return open_1_2(t);
    case MAGIC_1_16:
        t->version = GO_1_16;
        return word_at(t, 0, &t->count) && t->count <= FUNCTIONS_MAX && part_at(t, 2, &t->names) &&
               part_at(t, 3, &t->units) && part_at(t, 4, &t->files) && part_at(t, 5, &t->values) &&
               part_at(t, 6, &t->functions);
    case MAGIC_1_18:
    case MAGIC_1_20:
        t->version = GO_1_18;
        if (!word_at(t, 0, &t->count) || t->count > FUNCTIONS_MAX || !word_at(t, 2, &t->text) ||
            !part_at(t, 3, &t->names) || !part_at(t, 4, &t->units) || !part_at(t, 5, &t->files) ||
            !part_at(t, 6, &t->values) || !part_at(t, 7, &t->functions)) {
            return false;
        }
        if (t->text < image->low || t->text >= image->high) {
            t->text = image->text; /* not relocated, or left out as newer linkers do */
        }
        return t->text != 0;
    default:
        return false;
    }
}

/* Entry address and record of function `index`; index `count` has only the end of the last one. */
static bool function_at(const struct table *t, uint64_t index, uint64_t *entry, uint64_t *record)
{
    if (t->version == GO_1_18) {
        uint32_t pair[2] = {0, 0};
        if (!memory_read_some(t->memory, t->functions + index * 8, pair, sizeof(pair))) {
            return false;
        }
        *entry = t->text + pair[0];
        *record = t->functions + pair[1];
        return true;
    }
    uint64_t pair[2] = {0, 0};
    if (!memory_read_some(t->memory, t->functions + index * 16, pair, sizeof(pair))) {
        return false;
    }
    *entry = pair[0];
    *record = (t->version == GO_1_2 ? t->base : t->functions) + pair[1];
    return true;
}

static bool find_record(const struct table *t, uint64_t address, struct go_function *out, uint64_t *record)
{
    uint64_t low = 0, high = t->count, entry;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (!function_at(t, middle, &entry, record)) {
            return false;
        }
        if (entry <= address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    uint64_t next_record;
    if (!low || !function_at(t, low - 1, &out->entry, record) || !function_at(t, low, &out->end, &next_record)) {
        return false;
    }
    return address >= out->entry && address < out->end;
}

/* A variable-length number (7 bits a byte, lowest first). Returns false where it cannot be read. */
static bool read_varint(const struct table *t, uint64_t *at, uint32_t *value)
{
    *value = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
        uint8_t byte;
        if (!memory_read(t->memory, (*at)++, &byte, 1)) {
            return false;
        }
        *value |= (uint32_t)(byte & 0x7f) << (shift & 31);
        if (!(byte & 0x80)) {
            return true;
        }
    }
    return false;
}

/*
 * The value that a pc-value table gives for an address: pairs of a signed difference of the value and the
 * length of code it holds for, from value -1 at the function's entry.
 */
static bool value_at(const struct table *t, uint32_t offset, uint64_t entry, uint64_t address, int32_t *value)
{
    if (!offset) {
        return false;
    }
    uint64_t at = t->values + offset, pc = entry;
    *value = -1;
    for (unsigned step = 0; step < STEPS_MAX; step++) {
        uint32_t difference, length;
        if (!read_varint(t, &at, &difference) || (difference == 0 && step > 0) || !read_varint(t, &at, &length)) {
            return false;
        }
        int32_t change = (difference & 1) ? (int32_t) ~(difference >> 1) : (int32_t)(difference >> 1);
        *value = (int32_t)((uint32_t)*value + (uint32_t)change);
        pc += (uint64_t)length * t->quantum;
        if (address < pc) {
            return true;
        }
    }
    return false;
}

static void find_file(const struct table *t, uint32_t unit, int32_t number, struct go_function *out)
{
    uint32_t offset;
    uint64_t base = t->files;
    if (number < 0) {
        return;
    }
    if (t->version == GO_1_2) {
        base = t->base;
        if (!memory_u32(t->memory, t->files + 4ULL * (uint32_t)number, &offset)) {
            return;
        }
    } else if (!memory_u32(t->memory, t->units + 4 * ((uint64_t)unit + (uint32_t)number), &offset) ||
               offset == UINT32_MAX) {
        return;
    }
    if (offset >= t->size || !memory_string(t->memory, base + offset, out->file, sizeof(out->file))) {
        out->file[0] = '\0';
    }
}

bool go_find(struct memory *m, const struct image *image, uint64_t address, struct go_function *out)
{
    struct table t;
    uint64_t record;
    struct {
        uint32_t name, args, deferreturn, frame, file, line, tables, unit;
    } f;
    memset(out, 0, sizeof(*out));
    if (!open_table(m, image, &t) || !find_record(&t, address, out, &record)) {
        return false;
    }
    /* The entry is 8 bytes before 1.18, and 4 since; the rest is the same, without `unit` before 1.16. */
    record += t.version == GO_1_18 ? 4 : 8;
    if (!memory_read(m, record, &f, sizeof(f))) {
        return false;
    }
    if (f.name >= t.size || !memory_string(m, t.names + f.name, out->name, sizeof(out->name))) {
        /* Generic functions have very long names: what was read of one is good enough. */
        snprintf(out->name + sizeof(out->name) - 4, 4, "...");
    }
    int32_t value;
    out->frame = value_at(&t, f.frame, out->entry, address, &value) ? value : -1;
    if (value_at(&t, f.line, out->entry, address, &value)) {
        out->line = value;
    }
    if (value_at(&t, f.file, out->entry, address, &value)) {
        find_file(&t, t.version == GO_1_2 ? 0 : f.unit, value, out);
    }
    return true;
}
