#include "cli/fault-report/lines.h"

#include <stdio.h>
#include <string.h>

/* Reads on past the end give zeros and set `bad`. */
struct reader {
    const uint8_t *at, *end;
    bool bad;
};

struct unit {
    const struct line_tables *tables;
    int version;
    unsigned offset_size; /* 4 or 8: the unit's DWARF format */
    uint8_t min_length, line_range, opcode_base;
    int8_t line_base;
    const uint8_t *opcode_lengths; /* [opcode_base - 1] */
    struct reader names;           /* the directory and file tables */
};

static uint64_t fixed(struct reader *r, unsigned size)
{
    uint64_t value = 0;
    if ((size_t)(r->end - r->at) < size) {
        r->bad = true;
        r->at = r->end;
        return 0;
    }
    memcpy(&value, r->at, size);
    r->at += size;
    return value;
}

static uint64_t uleb(struct reader *r)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint64_t byte = fixed(r, 1);
        value |= (byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            return value;
        }
    }
    r->bad = true;
    return 0;
}

static int64_t sleb(struct reader *r)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint64_t byte = fixed(r, 1);
        value |= (byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            if ((byte & 0x40) && shift + 7 < 64) {
                value |= ~0ULL << (shift + 7);
            }
            return (int64_t)value;
        }
    }
    r->bad = true;
    return 0;
}

static const char *string(struct reader *r)
{
    const char *s = (const char *)r->at;
    const uint8_t *zero = memchr(r->at, 0, (size_t)(r->end - r->at));
    if (!zero) {
        r->bad = true;
        r->at = r->end;
        return "";
    }
    r->at = zero + 1;
    return s;
}

static const char *string_at(struct bytes section, uint64_t offset)
{
    if (offset >= section.size || !memchr(section.at + offset, 0, section.size - offset)) {
        return "";
    }
    return (const char *)section.at + offset;
}

/* One attribute of a version 5 name entry: its text or its number, as the form has it. */
static void attribute(const struct unit *u, struct reader *r, uint64_t form, const char **text, uint64_t *number)
{
    enum { DATA2 = 0x05, DATA4, DATA8, STRING, BLOCK, DATA1 = 0x0b, STRP = 0x0e, UDATA, DATA16 = 0x1e, LINE_STRP };
    *text = "";
    *number = 0;
    switch (form) {
    case STRING:
        *text = string(r);
        break;
    case LINE_STRP:
        *text = string_at(u->tables->line_strings, fixed(r, u->offset_size));
        break;
    case STRP:
        *text = string_at(u->tables->strings, fixed(r, u->offset_size));
        break;
    case DATA1:
        *number = fixed(r, 1);
        break;
    case DATA2:
        *number = fixed(r, 2);
        break;
    case DATA4:
        *number = fixed(r, 4);
        break;
    case DATA8:
        *number = fixed(r, 8);
        break;
    case UDATA:
        *number = uleb(r);
        break;
    case DATA16:
        fixed(r, 8);
        fixed(r, 8);
        break;
    default: /* BLOCK and what else might come: not known how long */
        r->bad = true;
        break;
    }
}

/* Reads one of version 5's two tables; entry `index` gives *path and *directory, either may be NULL. */
static void table_5(const struct unit *u, struct reader *r, uint64_t index, const char **path, uint64_t *directory)
{
    enum { CONTENT_PATH = 1, CONTENT_DIRECTORY = 2, FORMATS_MAX = 16 };
    uint64_t content[FORMATS_MAX], form[FORMATS_MAX];
    unsigned formats = (unsigned)fixed(r, 1);
    if (formats > FORMATS_MAX) {
        r->bad = true;
        return;
    }
    for (unsigned i = 0; i < formats; i++) {
        content[i] = uleb(r);
        form[i] = uleb(r);
    }
    uint64_t count = uleb(r);
    for (uint64_t i = 0; i < count && !r->bad && formats; i++) {
        for (unsigned k = 0; k < formats; k++) {
            const char *text;
            uint64_t number;
            attribute(u, r, form[k], &text, &number);
            if (i == index && path && content[k] == CONTENT_PATH) {
                *path = text;
            } else if (i == index && directory && content[k] == CONTENT_DIRECTORY) {
                *directory = number;
            }
        }
    }
}

static void file_name(const struct unit *u, uint64_t index, char *file, size_t size)
{
    struct reader r = u->names, again = u->names;
    const char *path = "", *directory = "";
    uint64_t number = 0;
    if (u->version >= 5) {
        table_5(u, &r, UINT64_MAX, NULL, NULL);
        table_5(u, &r, index, &path, &number);
        table_5(u, &again, number, &directory, NULL);
    } else {
        while (*string(&r) && !r.bad) {}
        for (uint64_t i = 1; i <= index && !r.bad; i++) {
            path = string(&r);
            number = uleb(&r);
            uleb(&r);
            uleb(&r);
            if (!*path) {
                break;
            }
        }
        for (uint64_t i = 1; i <= number && !again.bad; i++) { /* 0: the compiler's own directory, not named here */
            directory = string(&again);
        }
    }
    bool prefix = path[0] != '/' && directory[0];
    snprintf(file, size, "%s%s%s", prefix ? directory : "", prefix ? "/" : "", path[0] ? path : "?");
}

/* Reads a unit's header. Returns where its program begins, or false where it cannot be read. */
static bool open_unit(struct unit *u, struct reader *r)
{
    u->version = (int)fixed(r, 2);
    if (u->version < 2 || u->version > 5) {
        return false;
    }
    if (u->version >= 5) {
        fixed(r, 2); /* sizes of an address and of a segment selector */
    }
    uint64_t header_length = fixed(r, u->offset_size);
    if (r->bad || header_length > (uint64_t)(r->end - r->at)) {
        return false;
    }
    const uint8_t *program = r->at + header_length;
    u->min_length = (uint8_t)fixed(r, 1);
    fixed(r, u->version >= 4 ? 2 : 1); /* operations per instruction (1 on amd64), default_is_stmt */
    u->line_base = (int8_t)fixed(r, 1);
    u->line_range = (uint8_t)fixed(r, 1);
    u->opcode_base = (uint8_t)fixed(r, 1);
    u->opcode_lengths = r->at;
    for (unsigned i = 1; i < u->opcode_base; i++) {
        fixed(r, 1);
    }
    u->names = (struct reader){r->at, program, false};
    r->at = program;
    return !r->bad && u->line_range && u->opcode_base && u->names.at <= program;
}

struct row {
    uint64_t address, file, line; /* unsigned: a damaged table may run over */
};

/* One opcode. Sets *emits where it completes a row, *ends where it ends a sequence. */
static void run_opcode(const struct unit *u, struct reader *r, struct row *row, bool *emits, bool *ends)
{
    enum { EXTENDED, COPY, ADVANCE_PC, ADVANCE_LINE, SET_FILE, CONST_ADD_PC = 8, FIXED_ADVANCE_PC };
    enum { END_SEQUENCE = 1, SET_ADDRESS };
    uint8_t op = (uint8_t)fixed(r, 1);
    *emits = *ends = false;
    if (op >= u->opcode_base) {
        op = (uint8_t)(op - u->opcode_base);
        row->address += (uint64_t)(op / u->line_range) * u->min_length;
        row->line += (uint64_t)(u->line_base + op % u->line_range);
        *emits = true;
        return;
    }
    switch (op) {
    case EXTENDED: {
        uint64_t length = uleb(r);
        const uint8_t *start = r->at;
        if (length == 0 || length > (uint64_t)(r->end - r->at)) {
            r->bad = true;
            return;
        }
        uint8_t extended = (uint8_t)fixed(r, 1);
        *emits = *ends = extended == END_SEQUENCE;
        if (extended == SET_ADDRESS) {
            row->address = fixed(r, length - 1 < 8 ? (unsigned)length - 1 : 8);
        }
        r->at = start + length;
        break;
    }
    case COPY:
        *emits = true;
        break;
    case ADVANCE_PC:
        row->address += uleb(r) * u->min_length;
        break;
    case ADVANCE_LINE:
        row->line += (uint64_t)sleb(r);
        break;
    case SET_FILE:
        row->file = uleb(r);
        break;
    case CONST_ADD_PC:
        row->address += (uint64_t)((255 - u->opcode_base) / u->line_range) * u->min_length;
        break;
    case FIXED_ADVANCE_PC:
        row->address += fixed(r, 2);
        break;
    default:
        for (unsigned i = 0; i < u->opcode_lengths[op - 1]; i++) {
            uleb(r);
        }
        break;
    }
}

static bool run_program(const struct unit *u, struct reader *r, uint64_t address, struct row *found)
{
    const struct row first = {.file = 1, .line = 1};
    struct row row = first, last = first;
    bool inside = false, emits, ends;
    while (r->at < r->end && !r->bad) {
        run_opcode(u, r, &row, &emits, &ends);
        if (!emits) {
            continue;
        }
        if (inside && last.address <= address && address < row.address) {
            *found = last;
            return true;
        }
        inside = !ends;
        last = row;
        if (ends) {
            row = first;
        }
    }
    return false;
}

bool lines_find(const struct line_tables *tables, uint64_t address, char *file, size_t size, int *line)
{
    struct reader all = {tables->line.at, tables->line.at + tables->line.size, false};
    while (tables->line.size && all.at < all.end && !all.bad) {
        struct unit u = {.tables = tables, .offset_size = 4};
        struct row found;
        uint64_t length = fixed(&all, 4);
        if (length == UINT32_MAX) {
            u.offset_size = 8;
            length = fixed(&all, 8);
        }
        if (all.bad || length > (uint64_t)(all.end - all.at)) {
            return false;
        }
        struct reader r = {all.at, all.at + length, false};
        all.at += length;
        if (open_unit(&u, &r) && run_program(&u, &r, address, &found)) {
            file_name(&u, found.file, file, size);
            *line = (int)found.line;
            return true;
        }
    }
    return false;
}
