/*
 * A dynamic linker as a system has one, in a few hundred lines: it maps the libraries that a program names, gives the
 * first thread its block of thread variables, relocates everything, and begins the libraries before the program.
 *
 * What it asks of the kernel is what FreeBSD's ld-elf.so.1 asks, in the same way (libexec/rtld-elf/map_object.c, rtld.c,
 * amd64/reloc.c): the whole extent of a library is reserved by a guard, and its segments are laid over that, so that
 * holes stay; thread variables lie below what the FS base points to, and dlopen's way to them is __tls_get_addr(). It
 * looks up symbols one by one and gives up with an exit status that tells what is missing.
 */
#include <stddef.h>
#include <stdint.h>

#include "elf.h"

enum {
    SYS_exit = 1,
    SYS_open = 5,
    SYS_close = 6,
    SYS_munmap = 73,
    SYS_mprotect = 74,
    SYS_sysarch = 165,
    SYS_mmap = 477
};
enum { PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4 };
enum {
    MAP_PRIVATE = 2,
    MAP_FIXED = 0x10,
    MAP_ANON = 0x1000,
    MAP_GUARD = 0x2000,
    MAP_NOCORE = 0x20000,
    MAP_PREFAULT_READ = 0x40000
};
enum { AMD64_SET_FSBASE = 129 };
enum { PAGE = 4096, OBJECTS = 4 };
enum { NO_LIBRARY = 101, BAD_LIBRARY, NO_MEMORY, NO_SYMBOL, BAD_RELOCATION, NO_TLS };

struct object {
    uint64_t base;
    const Elf64_Phdr *headers;
    uint64_t header_count;
    const Elf64_Sym *symbols;
    const char *strings;
    uint32_t symbol_count;
    const Elf64_Rela *rela[2]; /* other than calls; calls */
    uint64_t rela_size[2];
    void (**init)(void);
    uint64_t init_size;
    const Elf64_Dyn *dynamic;
    uint64_t tls_offset; /* of its block, below the FS base */
};

/* No initial values: the linker relocates everything but itself. */
static struct object objects[OBJECTS];
static unsigned object_count;

static int64_t call6(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f)
{
    register uint64_t r10 __asm__("r10") = d;
    register uint64_t r8 __asm__("r8") = e;
    register uint64_t r9 __asm__("r9") = f;
    uint8_t carry;

    __asm__ volatile("syscall\n\tsetc %[carry]"
                     : "+a"(number), "+d"(c), [carry] "=q"(carry), "+r"(r10), "+r"(r8), "+r"(r9)
                     : "D"(a), "S"(b)
                     : "rcx", "r11", "memory", "cc");
    return carry ? -(int64_t)number : (int64_t)number;
}

static void give_up(int status)
{
    for (;;)
        call6(SYS_exit, (uint64_t)status, 0, 0, 0, 0, 0);
}

static uint64_t map(uint64_t at, uint64_t size, int prot, int flags, int fd, uint64_t offset)
{
    int64_t r = call6(SYS_mmap, at, size, (uint64_t)prot, (uint64_t)flags, (uint64_t)(int64_t)fd, offset);

    if (r < 0 && r > -PAGE)
        give_up(NO_MEMORY);
    return (uint64_t)r;
}

static uint64_t down(uint64_t n)
{
    return n & ~(uint64_t)(PAGE - 1);
}
static uint64_t up(uint64_t n)
{
    return down(n + PAGE - 1);
}

static int same(const char *a, const char *b)
{
    while (*a != 0 && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

/* ---- mapping ---- */

static int prot_of(uint32_t flags)
{
    return (flags & PF_R ? PROT_READ : 0) | (flags & PF_W ? PROT_WRITE : 0) | (flags & PF_X ? PROT_EXEC : 0);
}

static void map_segment(uint64_t base, const Elf64_Phdr *h, int fd)
{
    uint64_t start = base + down(h->p_vaddr);
    uint64_t end_of_file = base + h->p_vaddr + h->p_filesz;
    uint64_t end = base + h->p_vaddr + h->p_memsz;

    map(start, up(end_of_file) - start, prot_of(h->p_flags), MAP_PRIVATE | MAP_FIXED | MAP_NOCORE | MAP_PREFAULT_READ,
        fd, down(h->p_offset));
    if (end == end_of_file)
        return;
    for (char *at = (char *)end_of_file; at < (char *)up(end_of_file); at++)
        *at = 0;
    if (up(end) > up(end_of_file))
        map(up(end_of_file), up(end) - up(end_of_file), prot_of(h->p_flags), MAP_PRIVATE | MAP_FIXED | MAP_ANON, -1, 0);
}

/* Its headers are in its first page, and that in its first segment. */
static void map_library(const char *path, struct object *o)
{
    int64_t fd = call6(SYS_open, (uint64_t)path, 0x100000 /* O_CLOEXEC */, 0, 0, 0, 0);
    const Elf64_Ehdr *file;
    const Elf64_Phdr *h;
    uint64_t page;
    uint64_t high = 0;
    unsigned count;

    if (fd < 0)
        give_up(NO_LIBRARY);
    page = map(0, PAGE, PROT_READ, MAP_PRIVATE | MAP_PREFAULT_READ, (int)fd, 0);
    file = (const Elf64_Ehdr *)page;
    count = file->e_sizes[2]; /* e_phnum */
    if (file->e_ident[0] != 0x7f || file->e_phoff + count * sizeof(*h) > PAGE)
        give_up(BAD_LIBRARY);
    h = (const Elf64_Phdr *)(page + file->e_phoff);
    for (unsigned i = 0; i < count; i++)
        if (h[i].p_type == PT_LOAD && h[i].p_vaddr + h[i].p_memsz > high)
            high = h[i].p_vaddr + h[i].p_memsz;
    o->base = map(0, up(high), 0, MAP_GUARD, -1, 0);
    for (unsigned i = 0; i < count; i++)
        if (h[i].p_type == PT_LOAD)
            map_segment(o->base, &h[i], (int)fd);
    o->headers = (const Elf64_Phdr *)(o->base + file->e_phoff);
    o->header_count = count;
    call6(SYS_munmap, page, PAGE, 0, 0, 0, 0);
    call6(SYS_close, (uint64_t)fd, 0, 0, 0, 0, 0);
}

/* ---- what an object says of itself ---- */

static const Elf64_Phdr *header_of(const struct object *o, uint32_t type)
{
    for (uint64_t i = 0; i < o->header_count; i++)
        if (o->headers[i].p_type == type)
            return &o->headers[i];
    return NULL;
}

static void read_dynamic(struct object *o)
{
    const Elf64_Phdr *h = header_of(o, PT_DYNAMIC);

    if (h == NULL)
        give_up(BAD_LIBRARY);
    o->dynamic = (const Elf64_Dyn *)(o->base + h->p_vaddr);
    for (const Elf64_Dyn *d = o->dynamic; d->d_tag != DT_NULL; d++) {
        uint64_t at = o->base + d->d_val;

        if (d->d_tag == DT_SYMTAB)
            o->symbols = (const Elf64_Sym *)at;
        if (d->d_tag == DT_STRTAB)
            o->strings = (const char *)at;
        if (d->d_tag == DT_HASH)
            o->symbol_count = ((const uint32_t *)at)[1]; /* chains: one for each symbol */
        if (d->d_tag == DT_RELA)
            o->rela[0] = (const Elf64_Rela *)at;
        if (d->d_tag == DT_RELASZ)
            o->rela_size[0] = d->d_val;
        if (d->d_tag == DT_JMPREL)
            o->rela[1] = (const Elf64_Rela *)at;
        if (d->d_tag == DT_PLTRELSZ)
            o->rela_size[1] = d->d_val;
        if (d->d_tag == DT_INIT_ARRAY)
            o->init = (void (**)(void))at;
        if (d->d_tag == DT_INIT_ARRAYSZ)
            o->init_size = d->d_val;
    }
}

/* ---- thread variables ---- */

/* What the FS base points to: itself, and the blocks of all objects (sys/amd64: struct tcb). */
struct control_block {
    struct control_block *self;
    uint64_t *blocks;
};

struct tls_index {
    uint64_t module; /* 1 and up, in the order of loading */
    uint64_t offset;
};

void *tls_get_addr(struct tls_index *index) __attribute__((visibility("hidden")));
void *tls_get_addr(struct tls_index *index)
{
    struct control_block *self;

    __asm__("movq %%fs:0, %0" : "=r"(self));
    return (void *)(self->blocks[index->module] + index->offset);
}

/* The first thread's blocks, as they begin, below its control block. */
static void make_tls(void)
{
    uint64_t used = 0;
    uint64_t at;
    struct control_block *self;

    for (unsigned i = 0; i < object_count; i++) {
        const Elf64_Phdr *h = header_of(&objects[i], PT_TLS);

        if (h != NULL) {
            used = (used + h->p_memsz + h->p_align - 1) / h->p_align * h->p_align;
            objects[i].tls_offset = used;
        }
    }
    at = map(0, up(used) + 2L * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0) + up(used);
    self = (struct control_block *)at;
    self->self = self;
    self->blocks = (uint64_t *)(self + 1);
    for (unsigned i = 0; i < object_count; i++) {
        const Elf64_Phdr *h = header_of(&objects[i], PT_TLS);

        self->blocks[i + 1] = at - objects[i].tls_offset;
        for (uint64_t n = 0; h != NULL && n < h->p_filesz; n++)
            ((char *)self->blocks[i + 1])[n] = ((const char *)(objects[i].base + h->p_vaddr))[n];
    }
    if (call6(SYS_sysarch, AMD64_SET_FSBASE, (uint64_t)&at, 0, 0, 0, 0) != 0)
        give_up(NO_TLS);
}

/* ---- relocation ---- */

/*
 * Whose definition of the name counts; `skip` is left out (for copies: the program's own). What a program at a fixed
 * address takes for a function's address is its own way to it, an undefined symbol with a value: calls do not go there.
 */
static const Elf64_Sym *look_up(const char *name, int call, const struct object *skip, const struct object **owner)
{
    for (unsigned i = 0; i < object_count; i++) {
        const struct object *o = &objects[i];

        for (uint32_t n = 1; o != skip && n < o->symbol_count; n++) {
            const Elf64_Sym *s = &o->symbols[n];

            if ((s->st_shndx != 0 || (!call && s->st_value != 0)) && same(o->strings + s->st_name, name)) {
                *owner = o;
                return s;
            }
        }
    }
    return NULL;
}

static uint64_t address_of(const struct object *owner, const Elf64_Sym *s)
{
    uint64_t at = owner->base + s->st_value;

    return (s->st_info & 15) == STT_GNU_IFUNC ? ((uint64_t(*)(void))at)() : at;
}

static void relocate_symbol(const struct object *o, const Elf64_Rela *r, uint64_t *where)
{
    const Elf64_Sym *named = &o->symbols[r->r_info >> 32];
    const struct object *owner = o;
    const Elf64_Sym *s = named;
    uint32_t type = (uint32_t)r->r_info;

    if ((type == R_X86_64_GLOB_DAT || type == R_X86_64_JUMP_SLOT) &&
        same(o->strings + named->st_name, "__tls_get_addr")) {
        *where = (uint64_t)tls_get_addr;
        return;
    }
    if (r->r_info >> 32 != 0) /* 0: its own block of thread variables */
        s = look_up(o->strings + named->st_name, type == R_X86_64_JUMP_SLOT, type == R_X86_64_COPY ? o : NULL, &owner);
    if (s == NULL)
        give_up(NO_SYMBOL);
    if (type == R_X86_64_DTPMOD64)
        *where = (uint64_t)(owner - objects) + 1;
    else if (type == R_X86_64_DTPOFF64)
        *where = s->st_value + (uint64_t)r->r_addend;
    else if (type == R_X86_64_TPOFF64)
        *where = s->st_value + (uint64_t)r->r_addend - owner->tls_offset;
    else if (type == R_X86_64_64)
        *where = address_of(owner, s) + (uint64_t)r->r_addend;
    else if (type == R_X86_64_GLOB_DAT || type == R_X86_64_JUMP_SLOT)
        *where = address_of(owner, s);
    else if (type == R_X86_64_COPY)
        for (uint64_t n = 0; n < s->st_size; n++)
            ((char *)where)[n] = ((const char *)(owner->base + s->st_value))[n];
    else
        give_up(BAD_RELOCATION);
}

/* Indirect functions come last: what chooses may need everything else. */
static void relocate(const struct object *o, int indirect)
{
    for (int table = 0; table < 2; table++) {
        for (uint64_t i = 0; i < o->rela_size[table] / sizeof(Elf64_Rela); i++) {
            const Elf64_Rela *r = &o->rela[table][i];
            uint64_t *where = (uint64_t *)(o->base + r->r_offset);
            uint32_t type = (uint32_t)r->r_info;

            if ((type == R_X86_64_IRELATIVE) != indirect)
                continue;
            if (type == R_X86_64_RELATIVE)
                *where = o->base + (uint64_t)r->r_addend;
            else if (type == R_X86_64_IRELATIVE)
                *where = ((uint64_t(*)(void))(o->base + (uint64_t)r->r_addend))();
            else
                relocate_symbol(o, r, where);
        }
    }
}

static void protect(const struct object *o)
{
    const Elf64_Phdr *h = header_of(o, PT_GNU_RELRO);
    uint64_t start;

    if (h == NULL)
        return;
    start = o->base + down(h->p_vaddr);
    call6(SYS_mprotect, start, down(o->base + h->p_vaddr + h->p_memsz) - start, PROT_READ, 0, 0, 0);
}

/* ---- all of it ---- */

static uint64_t value_of(const uint64_t *aux, uint64_t type)
{
    for (; aux[0] != AT_NULL; aux += 2)
        if (aux[0] == type)
            return aux[1];
    return 0;
}

static void load_all(void)
{
    for (unsigned i = 0; i < object_count; i++) {
        read_dynamic(&objects[i]);
        for (const Elf64_Dyn *d = objects[i].dynamic; d->d_tag != DT_NULL; d++) {
            if (d->d_tag != DT_NEEDED)
                continue;
            if (object_count == OBJECTS)
                give_up(BAD_LIBRARY);
            map_library(objects[i].strings + d->d_val, &objects[object_count++]);
        }
    }
}

/* Returns where the program begins. */
uint64_t link_all(const uint64_t *block) __attribute__((visibility("hidden")));
uint64_t link_all(const uint64_t *block)
{
    const uint64_t *at = block + 1 + block[0] + 1;
    struct object *program = &objects[0];
    const Elf64_Phdr *own;

    while (*at != 0)
        at++;
    at++;
    program->headers = (const Elf64_Phdr *)value_of(at, AT_PHDR);
    program->header_count = value_of(at, AT_PHNUM);
    own = header_of(program, PT_PHDR);
    program->base = own != NULL ? (uint64_t)program->headers - own->p_vaddr : 0;
    object_count = 1;
    load_all();
    make_tls();
    for (unsigned i = object_count; i-- > 0;)
        relocate(&objects[i], 0);
    for (unsigned i = object_count; i-- > 0;)
        relocate(&objects[i], 1);
    for (unsigned i = 0; i < object_count; i++)
        protect(&objects[i]);
    for (unsigned i = object_count; i-- > 1;)
        for (uint64_t n = 0; n < objects[i].init_size / sizeof(objects[i].init[0]); n++)
            objects[i].init[n]();
    return value_of(at, AT_ENTRY);
}

/* rdi and rsp reach the program as they came, and a mark in r12. */
__asm__(".globl _start\n"
        "_start:\n\t"
        "movq %rsp, %rbx\n\t"
        "movq %rdi, %rbp\n\t"
        "andq $-16, %rsp\n\t"
        "call link_all\n\t"
        "movq %rbx, %rsp\n\t"
        "movq %rbp, %rdi\n\t"
        "movl $0x2e, %r12d\n\t"
        "xorl %ebx, %ebx\n\t"
        "xorl %ebp, %ebp\n\t"
        "jmpq *%rax\n");
