/*
 * The loader: from a path to a program in memory.
 *
 * Theory.  A file passes through three stages, each of which believes nothing
 * that the stage before did not check:
 *
 *   examine   reads headers, interpreter and notes, and refuses what the kernel
 *             of the program's system refuses (struct elf_rules) and what could
 *             not be mapped without harm.  The result, struct elf_file, is by
 *             value.
 *   plan      turns the segments and a bias into a list of page ranges, in
 *             ascending order, without overlap.  Pure arithmetic.
 *   map       maps range after range where nothing is mapped yet; so nothing
 *             can be written or replaced, and a failure leaves nothing.
 *
 * Cold half: ordinary C.  Examination also runs on behalf of a guest's execve,
 * through the gate; mapping runs only at start, in the process that becomes
 * the guest.
 *
 * Every function returns 0 or -errno in host numbers, with *err filled.
 */
#ifndef LOADER_LOADER_H
#define LOADER_LOADER_H

#include "base/elf_identity.h"
#include "loader/stack.h"

#include <stdbool.h>
#include <stdint.h>

struct settings;
struct personality;

enum {
    LOADER_PAGE = 4096,
    LOADER_PATH_MAX = 4096, /* the host's PATH_MAX */
    /* FreeBSD wants all program headers in the file's first page: at most 72. Linux has no such limit of what is loaded. */
    LOADER_MAX_SEGMENTS = 72,
    /* A segment gives at most two ranges, pages of the file and bss; and it may cut one of another in two. */
    LOADER_MAX_RANGES = 3 * LOADER_MAX_SEGMENTS,
    /* Longest "#!" interpreter name, FreeBSD's MAXSHELLCMDLEN = PAGE_SIZE. */
    LOADER_SCRIPT_LINE_MAX = 4096,
};

/* One failure: the errno for a guest's execve, and the text for a person:
 * "what: why (what to do)", naming the file and the fault. */
struct loader_error {
    int host_errno;
    char text[512];
};

/* One PT_LOAD; addresses as linked, without bias; prot in PROT_* bits. */
struct elf_segment {
    uint64_t vaddr;
    uint64_t memsz;
    uint64_t filesz;
    uint64_t offset;
    int prot;
};

/* What examination of one ELF file found.  No pointers into the file. */
struct elf_file {
    const char *path; /* as given, for messages: the caller's, who keeps it */
    struct elf_identity id;
    struct elf_rules rules; /* by which it was examined, and is to be mapped */
    uint64_t file_size;     /* bytes, when examined */
    uint64_t entry;         /* as linked */
    uint64_t phdr_vaddr;    /* program headers as linked; 0: not in memory */
    uint16_t phnum;         /* AT_PHNUM */
    uint16_t phentsize;     /* AT_PHENT */
    uint32_t flags;         /* e_flags, AT_EHDRFLAGS */
    bool read_executes;     /* whatever is mapped to be read can be executed (READ_IMPLIES_EXEC of personality(2)) */
    bool has_stack_prot;    /* PT_GNU_STACK is there */
    int stack_prot;         /* its p_flags in PROT_* bits */
    uint64_t stack_size;    /* PT_GNU_STACK's p_memsz; 0: the default */
    uint64_t tls_vaddr;     /* PT_TLS, 0 sizes: none */
    uint64_t tls_filesz;
    uint64_t tls_memsz;
    uint64_t tls_align;
    uint64_t dynamic_offset; /* PT_DYNAMIC, inside the file; size 0: none */
    uint64_t dynamic_size;
    unsigned nsegments;
    struct elf_segment segments[LOADER_MAX_SEGMENTS]; /* as the file orders them */
    uint64_t lo;                                      /* lowest page of any segment */
    uint64_t hi;                                      /* end of the highest page of any segment */
    uint64_t max_align;                               /* largest p_align, at least a page */
};

/* One page-aligned range of a plan, bias included.  Anonymous ranges begin
 * with `copy_bytes` bytes read from the file, the rest is zero.  The last
 * `zero_bytes` of ranges from the file are to be zeroed. */
struct load_range {
    uint64_t start;
    uint64_t end;
    int prot;
    bool from_file;      /* mapped from the file at `offset`; else anonymous */
    uint64_t offset;     /* in the file, page-aligned */
    uint64_t copy_bytes; /* anonymous only: less than a page */
    uint64_t zero_bytes; /* from the file only: less than a page */
};

struct load_plan {
    uint64_t bias;
    uint64_t lo; /* everything lies in [lo, hi), bias included; gaps may stay unmapped */
    uint64_t hi;
    unsigned nranges;
    struct load_range ranges[LOADER_MAX_RANGES];
};

/* An image in memory, bias included everywhere. */
struct mapped_image {
    uint64_t bias;
    uint64_t lo;
    uint64_t hi;
    uint64_t entry;
    uint64_t phdr;       /* AT_PHDR; 0: not in memory */
    uint64_t base;       /* page of the first segment: AT_BASE of an interpreter */
    uint64_t text_start; /* text and data as FreeBSD's kernel tells them apart: the largest */
    uint64_t text_end;   /* executable segment, and the last of the others */
    uint64_t data_start;
    uint64_t data_end;     /* FreeBSD's break starts here */
    struct load_plan plan; /* what was mapped, for the address-space ledger; last, so that clearing ends before it */
};

struct program;

/* How a guest's path becomes a file: the sysroot first, then the host. */
struct path_opener {
    /* Opens `path` (relative ones against the working directory) with `flags`
     * (O_RDONLY or O_PATH, and O_CLOEXEC).  Returns a descriptor, which the
     * caller closes, or -errno; writes the host's name of the file. */
    int (*open)(void *context, const char *path, int flags, char *host_path, uint64_t size);
    /* Asked before the interpreter of a foreign program is opened: where it is to be looked for may depend on the
     * program (sysroots.h).  Returns 0, or -errno with *err filled.  NULL: nothing depends on it. */
    int (*prepare)(void *context, const struct program *program, struct loader_error *err);
    void *context;
};

/**
 * A path_opener.open: the path is looked for in the sysroot's layers
 * (vfs/layers.h).
 * @context: the sysroot, a directory's path without a slash at its end; "" or
 *           NULL: none.
 */
/* The same in the tree that the settings have: a root of the guest's own, or their sysroot. */
int tree_open(const struct settings *settings, const char *path, int flags, char *host_path, uint64_t size);

int sysroot_open(void *context, const char *path, int flags, char *host_path, uint64_t size);

/**
 * The release of the system whose files are below `sysroot`, in the system's own
 * numbering (FreeBSD: __FreeBSD_version), by the ABI notes of what every such
 * system has; 0: nothing there tells.
 */
uint32_t sysroot_release(const char *sysroot);

/* Which personality runs a program; NULL: none, it is the host's. */
struct personality_chooser {
    const struct personality *(*choose)(void *context, const struct elf_identity *id);
    void *context;
};

/* The personality of that name; NULL: none. */
const struct personality *personality_called(const char *name);

/* The personality that says it runs such a file, of those built in; NULL: none. */
const struct personality *personality_recognising(const struct elf_identity *id);

enum program_kind {
    PROGRAM_FOREIGN_ELF = 1, /* .elf and .personality are set */
    PROGRAM_HOST,            /* the host executes .host_path itself */
};

/*
 * What a member depends on is said of it; where that is not so, it is not set. Every page written to is one to wait for: so
 * what every program has comes first, and texts behind it.
 */
struct program {
    enum program_kind kind; /* of the file that is loaded in the end */
    bool found;             /* the file asked for is there (path, host_path): an ENOENT is its interpreter's */
    bool is_script;         /* reached through "#!" (script and what begins so) */
    bool has_interp;        /* elf.id.interp names one, which was found and examined (interp and what begins so) */
    const struct personality *personality; /* foreign programs only, as is elf; else NULL */
    struct elf_file elf;                   /* its path: `path` */
    struct elf_file interp;                /* its path: elf.id.interp */
    char path[LOADER_PATH_MAX];            /* as asked for; of a script, the interpreter as its line names it */
    char host_path[LOADER_PATH_MAX];       /* the host's name of the same file */
    char interp_host_path[LOADER_PATH_MAX];
    char script[LOADER_PATH_MAX]; /* the script as asked for */
    char script_host_path[LOADER_PATH_MAX];
    char script_arg[LOADER_SCRIPT_LINE_MAX]; /* the rest of its "#!" line; empty: none */
};

/**
 * Finds out what executing `path` means, as FreeBSD's execve does.
 * @opener: NULL for the host's own open; sysroot_open() serves.
 * @chooser: who recognises foreign programs; NULL: personality_recognising().
 * @out: large (some 30 KiB): not for a small stack.
 * Returns 0, or -errno: ENOENT, EACCES (not regular, no execute permission),
 * ENOEXEC (neither ELF nor script, malformed, an unsupported system, a script
 * whose interpreter is a script), ENAMETOOLONG, EIO, ENOMEM, and what opening
 * gives.
 *
 * A script's argument vector is: path, script_arg if not empty, script, then
 * the caller's from the second on (sys/kern/imgact_shell.c).  A script whose
 * interpreter is the host's comes out as PROGRAM_HOST with is_script set:
 * the host may execute script_host_path itself.
 */
int program_examine(const char *path, const struct path_opener *opener, const struct personality_chooser *chooser,
                    struct program *out, struct loader_error *err);

/**
 * Reads what identifies an ELF file, and nothing that loading needs: lenient,
 * for files that the host may execute.
 * Returns 0, -ENOEXEC (no ELF file, header cut off), or the error of reading.
 */
int elf_identify(int fd, const char *path, struct elf_identity *out, struct loader_error *err);

/**
 * Examines an ELF executable or interpreter for loading.
 * @fd: open for reading; its offset is left alone.
 * @path: for messages and out->path: to be kept as long as *out.
 * @rules: the program's personality's.
 * Returns 0, -ENOEXEC with the fault named, or the error of reading.
 */
int elf_examine(int fd, const char *path, const struct elf_rules *rules, struct elf_file *out,
                struct loader_error *err);

/**
 * Plans the ranges of `elf` at `bias` (added to every linked address).
 * Returns 0; -ENOEXEC: the image does not fit into user space at this bias, or
 * touches the engine's own range or the pages below LOADER_LOWEST.
 */
int elf_plan(const struct elf_file *elf, uint64_t bias, struct load_plan *out, struct loader_error *err);

/**
 * Maps `elf` from `fd` at `bias`.
 * Returns 0; -EEXIST: part of the range is taken (nothing is left mapped);
 * -ENOEXEC as elf_plan(); ENOMEM, EACCES, EIO from the host.
 */
int elf_map(int fd, const struct elf_file *elf, uint64_t bias, struct mapped_image *out, struct loader_error *err);

/**
 * The same at the lowest free place found from bias `preferred` upward (rounded
 * up to the file's alignment); for ET_DYN.  -ENOMEM: no place found.
 */
int elf_map_from(int fd, const struct elf_file *elf, uint64_t preferred, struct mapped_image *out,
                 struct loader_error *err);

/* No segment may lie below this: the host's vm.mmap_min_addr as every
 * distribution sets it. */
#define LOADER_LOWEST UINT64_C(0x10000)

/* Where FreeBSD 14/amd64 without ASLR puts a position-independent program:
 * ET_DYN_LOAD_ADDR of sys/amd64/include/elf.h. */
#define ELF_FREEBSD_DYN_ADDR UINT64_C(0x01021000)

/**
 * Where FreeBSD 14/amd64 without ASLR puts the interpreter: after the data
 * segment plus the hard limit of RLIMIT_DATA (bytes).
 */
uint64_t elf_freebsd_interp_addr(const struct mapped_image *main_image, uint64_t data_limit);

/* The bias for a main program: 0 for ET_EXEC and for ET_DYN linked elsewhere
 * than at 0, else ELF_FREEBSD_DYN_ADDR rounded up to the file's alignment. */
uint64_t elf_freebsd_dyn_bias(const struct elf_file *elf);

/**
 * Maps `elf` at the highest free place below `top` (its end, rounded down to
 * the file's alignment), as mmap does on Linux; for ET_DYN.
 * @top: 0: where the host's mmap puts it.
 * Returns 0 or -errno; -ENOMEM: no place found.
 */
int elf_map_below(int fd, const struct elf_file *elf, uint64_t top, struct mapped_image *out, struct loader_error *err);

/* Where Linux without address randomisation puts things in a space that ends at `space_end` (arch/x86/include/asm/elf.h,
 * arch/x86/mm/mmap.c): a position-independent program with an interpreter; and below which mmap goes down, which
 * depends on the soft RLIMIT_STACK. */
uint64_t elf_linux_dyn_base(uint64_t space_end);
uint64_t elf_linux_mmap_top(uint64_t space_end, uint64_t stack_limit);

/* A program in memory, ready for its stack to be filled. */
struct loaded_program {
    struct mapped_image main;
    bool has_interp;
    struct mapped_image interp;
    struct stack_area stack;
    uint64_t entry;       /* where execution begins: the interpreter's entry, or the program's own */
    uint64_t break_base;  /* where the program's break starts */
    uint64_t break_clear; /* bytes above it that the engine leaves alone, as long as there is another place */
};

/**
 * Maps an examined foreign program, its interpreter and its stack, where its
 * system's kernel puts them.  For the process that becomes the guest: what was mapped before a
 * failure stays.
 * @stack_limit: bytes, the guest's soft RLIMIT_STACK; on FreeBSD a program's own
 *               wish in PT_GNU_STACK goes before it.
 * @data_limit: bytes, the guest's hard RLIMIT_DATA.
 * Returns 0 or -errno: as elf_map(), stack_map() and opening.
 */
int program_load(const struct program *program, uint64_t stack_limit, uint64_t data_limit, struct loaded_program *out,
                 struct loader_error *err);

/**
 * Fills what a stack request takes from a loaded program: window, program
 * headers, entry, base, protection.  Strings, release and the rest are the
 * caller's.
 */
void program_stack_request(const struct program *program, const struct loaded_program *loaded,
                           struct stack_request *out);

/* Which system's kernel a program asks for, by note, EI_OSABI, interpreter, in
 * the order in which FreeBSD's kernel looks (get_brandinfo). */
enum elf_system {
    ELF_SYSTEM_UNMARKED = 0, /* nothing says: as good as Linux */
    ELF_SYSTEM_LINUX,
    ELF_SYSTEM_FREEBSD,
    ELF_SYSTEM_KFREEBSD, /* Debian GNU/kFreeBSD */
    ELF_SYSTEM_NETBSD,
    ELF_SYSTEM_OPENBSD,
    ELF_SYSTEM_DRAGONFLY,
    ELF_SYSTEM_SOLARIS,
    ELF_SYSTEM_OTHER, /* an EI_OSABI that none of these use */
};
enum elf_system elf_system(const struct elf_identity *id);

/* Names "FreeBSD/amd64" and the like for messages and `dragoman check`.
 * Writes at most `size` bytes, returns `text`. */
const char *elf_system_name(const struct elf_identity *id, char *text, uint64_t size);

#endif
