/*
 * From a path to what will run: permission, kind, interpreter.
 *
 * The order of the checks and their errors are those of FreeBSD's do_execve()
 * and exec_check_permissions() (sys/kern/kern_exec.c).
 */
#include "base/personality.h"
#include "loader/elf_headers.h"
#include "loader/error.h"
#include "loader/script.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* FreeBSD's MAXPATHLEN: namei() refuses longer names. */
enum { GUEST_PATH_MAX = 1024 };

static const struct path_opener host_opener = {.open = sysroot_open};

/* Execute permission by the effective user, noexec mounts counted: EACCES.
 * Where a sandbox knows no faccessat2, any x bit will do until the exec. */
static int check_execute(int fd, const struct stat *st)
{
    if ((st->st_mode & 0111) == 0)
        return -EACCES;
    if (syscall(SYS_faccessat2, fd, "", X_OK, AT_EMPTY_PATH | AT_EACCESS) == 0)
        return 0;
    return errno == EACCES ? -EACCES : 0;
}

static int check_permissions(int fd, const char *path, struct stat *st, struct loader_error *err)
{
    if (fstat(fd, st) != 0)
        return loader_fail(err, errno, "%s: cannot examine it: %s", path, strerror(errno));
    if (S_ISDIR(st->st_mode))
        return loader_fail(err, EACCES, "%s: is a directory", path);
    if (!S_ISREG(st->st_mode))
        return loader_fail(err, EACCES, "%s: not a regular file", path);
    if (check_execute(fd, st) != 0)
        return loader_fail(err, EACCES, "%s: no permission to execute it (chmod +x, and a file system without noexec)",
                           path);
    if (st->st_size == 0)
        return loader_fail(err, ENOEXEC, "%s: the file is empty", path);
    return 0;
}

/*
 * Opens `path` for reading after checking that it may be executed.
 * *unreadable: it may be executed and not read, so it can only be the host's.
 * Returns a descriptor, -1 where *unreadable is set, or -errno.
 */
static int open_program(const char *path, const struct path_opener *opener, char *host_path, bool *unreadable,
                        struct loader_error *err)
{
    struct stat st;
    struct stat again;
    int fd;
    int r;

    *unreadable = false;
    if (strlen(path) >= GUEST_PATH_MAX)
        return loader_fail(err, ENAMETOOLONG, "%.64s...: the path is too long", path);
    fd = opener->open(opener->context, path, O_PATH | O_CLOEXEC, host_path, LOADER_PATH_MAX);
    if (fd < 0)
        return loader_fail(err, -fd, "%s: %s", path, strerror(-fd));
    r = check_permissions(fd, path, &st, err);
    close(fd);
    if (r != 0)
        return r;
    /* Not blocking: the name may meanwhile stand for a pipe. */
    fd = opener->open(opener->context, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, host_path, LOADER_PATH_MAX);
    if (fd == -EACCES) {
        *unreadable = true;
        return -1;
    }
    if (fd < 0)
        return loader_fail(err, -fd, "%s: cannot read it: %s", path, strerror(-fd));
    if (fstat(fd, &again) != 0 || again.st_dev != st.st_dev || again.st_ino != st.st_ino) {
        close(fd);
        return loader_fail(err, ENOENT, "%s: replaced while it was opened (try again)", path);
    }
    return fd;
}

static int examine_interp(const struct path_opener *opener, struct program *out, struct loader_error *err)
{
    const char *name = out->elf.id.interp;
    bool unreadable;
    int fd;
    int r;

    if (name[0] == '\0')
        return 0;
    r = opener->prepare != NULL ? opener->prepare(opener->context, out, err) : 0;
    if (r != 0)
        return r;
    fd = open_program(name, opener, out->interp_host_path, &unreadable, err);
    if (unreadable)
        return loader_fail(err, EACCES, "%s: cannot read its interpreter %s", out->path, name);
    if (fd == -ENOENT || fd == -ENOTDIR)
        return loader_fail(err, ENOENT,
                           "%s: its interpreter %s is not there (name a sysroot that has it, with --sysroot)",
                           out->path, name);
    if (fd < 0)
        return fd;
    r = elf_examine(fd, name, &out->personality->programs, &out->interp, err);
    close(fd);
    if (r == 0 && (out->interp.id.machine != out->elf.id.machine || out->interp.id.bits != out->elf.id.bits))
        r = loader_fail(err, out->elf.rules.kernel == ELF_KERNEL_LINUX ? ELIBBAD : ENOEXEC,
                        "%s: its interpreter %s is for another machine", out->path, name);
    out->interp.read_executes = out->elf.read_executes;
    out->has_interp = r == 0;
    return r;
}

/*
 * Programs of 32 bits that say nothing of their stack are from times when what could be read could be executed: Linux
 * gives them that (elf_read_implies_exec() of arch/x86/include/asm/elf.h).
 */
static bool old_linux_program(const struct elf_file *elf)
{
    return elf->rules.kernel == ELF_KERNEL_LINUX && elf->id.bits == 32 && !elf->has_stack_prot;
}

/* Which kernel a recognised ELF file goes to. */
static int examine_elf(struct elf_headers *h, const struct path_opener *opener,
                       const struct personality_chooser *chooser, struct program *out, struct loader_error *err)
{
    struct elf_identity id;
    char name[64];
    int r = elf_headers_identify(h, &id, err);

    if (r != 0)
        return r;
    out->personality = chooser->choose(chooser->context, &id);
    if (out->personality != NULL) {
        out->kind = PROGRAM_FOREIGN_ELF;
        r = elf_headers_examine(h, &out->personality->programs, &out->elf, err);
        out->elf.read_executes = old_linux_program(&out->elf);
        return r == 0 ? examine_interp(opener, out, err) : r;
    }
    elf_system_name(&id, name, sizeof(name));
    if (id.machine != ELF_MACHINE_AMD64 && id.machine != ELF_MACHINE_I386)
        return loader_fail(err, ENOEXEC, "%s: a program for %s: this machine runs amd64", out->path, name);
    if (elf_system(&id) > ELF_SYSTEM_LINUX)
        return loader_fail(err, ENOEXEC, "%s: a program for %s: not supported yet", out->path, name);
    out->kind = PROGRAM_HOST;
    return 0;
}

static int examine_file(const char *path, const struct path_opener *opener, const struct personality_chooser *chooser,
                        struct program *out, struct loader_error *err);

static int examine_script(const char *start, size_t bytes, const struct path_opener *opener,
                          const struct personality_chooser *chooser, struct program *out, struct loader_error *err)
{
    struct script_line line;
    int r;

    if (out->is_script)
        return loader_fail(err, ENOEXEC, "%s: the interpreter of %s is itself a script", out->path, out->script);
    r = script_parse(out->path, start, bytes, &line, err);
    if (r != 0)
        return r;
    out->is_script = true;
    memcpy(out->script, out->path, sizeof(out->script));
    memcpy(out->script_host_path, out->host_path, sizeof(out->script_host_path));
    memcpy(out->script_arg, line.arg, sizeof(out->script_arg));
    r = examine_file(line.interp, opener, chooser, out, err);
    if (r == -ENOENT && strcmp(out->path, line.interp) != 0)
        return loader_fail(err, ENOENT, "%s: the interpreter %s of its \"#!\" line is not there", out->script,
                           line.interp);
    return r;
}

static int examine_open_file(int fd, const struct path_opener *opener, const struct personality_chooser *chooser,
                             struct program *out, struct loader_error *err)
{
    struct elf_headers h;
    int r = elf_headers_first_page(fd, out->path, &h, err);

    if (r != 0)
        return r;
    if (script_recognise((const char *)h.page, h.page_bytes))
        return examine_script((const char *)h.page, h.page_bytes, opener, chooser, out, err);
    if (h.page_bytes < SELFMAG || memcmp(h.page, ELFMAG, SELFMAG) != 0)
        return loader_fail(err, ENOEXEC, "%s: neither an ELF program nor a script", out->path);
    r = elf_headers_parse(&h, err);
    if (r != 0)
        return r;
    r = examine_elf(&h, opener, chooser, out, err);
    elf_headers_close(&h);
    return r;
}

static int examine_file(const char *path, const struct path_opener *opener, const struct personality_chooser *chooser,
                        struct program *out, struct loader_error *err)
{
    bool unreadable;
    int r;
    int fd = open_program(path, opener, out->host_path, &unreadable, err);

    if (fd < 0 && !unreadable)
        return fd;
    memcpy(out->path, path, strlen(path) + 1);
    out->found = true;
    if (unreadable) {
        out->kind = PROGRAM_HOST;
        return 0;
    }
    r = examine_open_file(fd, opener, chooser, out, err);
    close(fd);
    return r;
}

static const struct personality *choose_built_in(void *context, const struct elf_identity *id)
{
    (void)context;
    return personality_recognising(id);
}

int program_examine(const char *path, const struct path_opener *opener, const struct personality_chooser *chooser,
                    struct program *out, struct loader_error *err)
{
    static const struct personality_chooser built_in = {.choose = choose_built_in};

    out->kind = 0;
    out->found = out->is_script = out->has_interp = false;
    out->personality = NULL;
    if (chooser == NULL)
        chooser = &built_in;
    if (path[0] == '\0')
        return loader_fail(err, ENOENT, "no program is named");
    return examine_file(path, opener != NULL ? opener : &host_opener, chooser, out, err);
}
