/*
 * What a Go program says of itself: a block that begins with a fixed text, 16-aligned in the data segment, as
 * debug/buildinfo of Go's library reads it. Since Go 1.18 two strings follow at 32, each with its length as a
 * varint; before that, two pointers to string headers at 16.
 */
#include "cli/check.h"

#include <string.h>

enum { HEADER = 32, POINTER_SIZE_AT = 14, FLAGS_AT = 15, FLAG_BIG_ENDIAN = 1, FLAG_INLINE = 2 };

static const unsigned char magic[POINTER_SIZE_AT] = {0xff, ' ', 'G', 'o', ' ', 'b', 'u',
                                                     'i',  'l', 'd', 'i', 'n', 'f', ':'};

struct text {
    const unsigned char *bytes;
    uint64_t size;
};

/* The block, or NULL; *left gets the bytes of the segment from there on. */
static const unsigned char *find_block(const struct check_file *file, uint64_t *left)
{
    for (unsigned i = 0; i < file->elf.nsegments; i++) {
        const struct elf_segment *s = &file->elf.segments[i];
        const unsigned char *bytes = file->bytes + s->offset;
        uint64_t first = -s->vaddr & 15;

        for (uint64_t at = first; at + HEADER <= s->filesz; at += 16) {
            if (memcmp(bytes + at, magic, sizeof(magic)) == 0) {
                *left = s->filesz - at;
                return bytes + at;
            }
        }
    }
    return NULL;
}

/* The table of functions that every Go program carries (debug/gosym): magic of Go 1.2, 1.16, 1.18 or 1.20,
 * two zeroes, instruction unit 1, pointer size 8. */
static bool has_function_table(const struct check_file *file)
{
    static const unsigned char rest[] = {0xff, 0xff, 0xff, 0, 0, 1, 8};
    static const unsigned char first[] = {0xfb, 0xfa, 0xf0, 0xf1};

    for (unsigned i = 0; i < file->elf.nsegments; i++) {
        const struct elf_segment *s = &file->elf.segments[i];
        const unsigned char *bytes = file->bytes + s->offset;

        for (uint64_t at = -s->vaddr & 15; at + 8 <= s->filesz; at += 16)
            if (memcmp(bytes + at + 1, rest, sizeof(rest)) == 0 && memchr(first, bytes[at], sizeof(first)) != NULL)
                return true;
    }
    return false;
}

/* A string with its length before it; moves *at behind it. */
static bool take_inline(const unsigned char *block, uint64_t size, uint64_t *at, struct text *out)
{
    uint64_t length = 0;
    unsigned shift = 0;
    unsigned char byte;

    do {
        if (*at >= size || shift > 28)
            return false;
        byte = block[(*at)++];
        length |= (uint64_t)(byte & 0x7f) << shift;
        shift += 7;
    } while (byte & 0x80);
    if (length > size - *at)
        return false;
    *out = (struct text){block + *at, length};
    *at += length;
    return true;
}

/* A string behind a pointer to its header (address, length), both of 8 bytes; *out is left alone where one
 * leads nowhere. */
static void take_pointed(const struct check_file *file, const unsigned char *pointer, struct text *out)
{
    uint64_t header_va;
    uint64_t words[2];
    const unsigned char *header;
    const unsigned char *bytes;

    memcpy(&header_va, pointer, sizeof(header_va));
    header = check_bytes_at(file, header_va, sizeof(words));
    if (header == NULL)
        return;
    memcpy(words, header, sizeof(words));
    bytes = check_bytes_at(file, words[0], words[1]);
    if (bytes != NULL)
        *out = (struct text){bytes, words[1]};
}

static void copy_text(char *out, size_t room, const unsigned char *bytes, uint64_t size)
{
    size_t n = size < room - 1 ? (size_t)size : room - 1;

    memcpy(out, bytes, n);
    out[n] = '\0';
}

/* Module information stands between two marks of 16 bytes; its lines are "path\tNAME" and more. */
static void take_module(const struct text *info, struct check_go *out)
{
    static const char key[] = "path\t";
    const unsigned char *start;
    const unsigned char *end;

    if (info->size < 33)
        return;
    start = memmem(info->bytes + 16, info->size - 32, key, sizeof(key) - 1);
    if (start == NULL)
        return;
    start += sizeof(key) - 1;
    end = memchr(start, '\n', (size_t)(info->bytes + info->size - start));
    if (end != NULL)
        copy_text(out->module, sizeof(out->module), start, (uint64_t)(end - start));
}

void check_go(const struct check_file *file, struct check_go *out)
{
    struct text version = {0};
    struct text info = {0};
    uint64_t left;
    uint64_t at = HEADER;
    const unsigned char *block = find_block(file, &left);

    memset(out, 0, sizeof(*out));
    out->is_go = block != NULL || file->elf.id.is_go || has_function_table(file);
    if (block == NULL)
        return;
    if (block[FLAGS_AT] & FLAG_INLINE) {
        if (take_inline(block, left, &at, &version))
            take_inline(block, left, &at, &info);
    } else if (block[POINTER_SIZE_AT] == 8 && !(block[FLAGS_AT] & FLAG_BIG_ENDIAN)) {
        take_pointed(file, block + 16, &version);
        take_pointed(file, block + 24, &info);
    }
    if (version.size != 0)
        copy_text(out->version, sizeof(out->version), version.bytes, version.size);
    take_module(&info, out);
}
