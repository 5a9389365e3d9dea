#include "code.h"

#include "probe.h"

const char *code_form_name(enum code_form form)
{
    static const char *const name[CODE_FORMS] = {"mov eax",     "mov rax",     "mov rax from memory", "mov rcx to r10",
                                                 "movabs",      "rex syscall", "lea between",         "short mov",
                                                 "three bytes", "two bytes"};

    return name[form];
}

struct writer {
    uint8_t *at;
    size_t used;
};

static void put(struct writer *w, const void *bytes, size_t size)
{
    memcpy(w->at + w->used, bytes, size);
    w->used += size;
}
#define PUT(w, ...) put(w, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static void put_mov(struct writer *w, enum code_form form, uint32_t number, enum code_end end)
{
    static const uint32_t ones = 0xffffffff;
    uint8_t offset = end == CODE_RETURN ? 8 : PROBE_NUMBER;

    switch (form) {
    case CODE_RAX:
        PUT(w, 0x48, 0xc7, 0xc0);
        put(w, &number, 4);
        break;
    case CODE_MEMORY:
        PUT(w, 0x48, 0x8b, 0x44, 0x24, offset);
        break;
    case CODE_SHORT:
        PUT(w, 0x8b, 0x44, 0x24, offset);
        break;
    case CODE_THREE:
    case CODE_TWO:
        PUT(w, 0x8b, end == CODE_RETURN ? 0x54 : 0x5c, 0x24, offset);
        if (form == CODE_THREE)
            PUT(w, 0x48);
        PUT(w, 0x89, end == CODE_RETURN ? 0xd0 : 0xd8);
        break;
    case CODE_MOVABS:
        PUT(w, 0x48, 0xb8);
        put(w, &number, 4);
        put(w, &ones, 4);
        break;
    default:
        PUT(w, 0xb8);
        put(w, &number, 4);
    }
}

size_t code_site(uint8_t *at, enum code_form form, uint32_t number, enum code_end end, size_t *call)
{
    struct writer w = {at, 0};

    if (end == CODE_RETURN && form != CODE_EAX_R10)
        PUT(&w, 0x49, 0x89, 0xca); /* mov %rcx,%r10: the fourth argument */
    put_mov(&w, form, number, end);
    if (form == CODE_EAX_R10)
        PUT(&w, 0x49, 0x89, 0xca);
    if (form == CODE_LEA)
        PUT(&w, 0x48, 0x8d, 0x7f, 0x00);
    if (form == CODE_REX)
        PUT(&w, 0x48);
    if (call != NULL)
        *call = w.used;
    PUT(&w, 0x0f, 0x05);
    if (end == CODE_TO_PROBE)
        PUT(&w, 0xff, 0x64, 0x24, PROBE_BACK); /* jmp *PROBE_BACK(%rsp) */
    else
        PUT(&w, 0x72, 0x01, 0xc3, 0x48, 0xf7, 0xd8, 0xc3); /* jc 1f; ret; 1: neg %rax; ret */
    return w.used;
}

uint8_t *code_pages(uint64_t at, size_t size)
{
    int flags = FREEBSD_MAP_PRIVATE | FREEBSD_MAP_ANON | (at != 0 ? FREEBSD_MAP_FIXED : 0);
    int64_t r = SYS(mmap, at, size, FREEBSD_PROT_READ | FREEBSD_PROT_WRITE, flags, -1, 0);

    return r < 0 ? NULL : (uint8_t *)r;
}

bool code_seal(uint8_t *code, size_t size)
{
    return SYS(mprotect, code, size, FREEBSD_PROT_READ | FREEBSD_PROT_EXEC) == 0;
}

bool code_open(uint8_t *code, size_t size)
{
    return SYS(mprotect, code, size, FREEBSD_PROT_READ | FREEBSD_PROT_WRITE) == 0;
}

void code_free(uint8_t *code, size_t size)
{
    SYS(munmap, code, size);
}
