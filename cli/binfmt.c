#include "cli/binfmt.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/host_linux.h"
#include "cli/message.h"

#define FOLDER "/proc/sys/fs/binfmt_misc"
#define ENTRY  FOLDER "/dragoman-freebsd"

/*
 * A little-endian 64-bit ELF file of OSABI 9 (FreeBSD), an executable (2) or shared object (3), for x86-64 (62). Go's and
 * clang's files for FreeBSD carry the OSABI too.
 */
#define MAGIC "\\x7fELF\\x02\\x01\\x01\\x09\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\x3e\\x00"
#define MASK  "\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\xfe\\xff\\xff\\xff"

/* The same of 32 bits, for i386 (3) and x86-64 (x32), of no OSABI or Linux's (3): only where the host runs none itself. */
#define MAGIC_32(machine)                                                                                              \
    "\\x7fELF\\x01\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00" machine "\\x00"
#define MASK_32 "\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xfc\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\xfe\\xff\\xff\\xff"

static const struct {
    const char *name, *magic;
    bool (*host_has)(void);
} narrow[] = {
    {"dragoman-linux-i386", MAGIC_32("\\x03"), host_runs_i386},
    {"dragoman-linux-x32", MAGIC_32("\\x3e"), host_runs_x32},
};

enum { NARROW = sizeof narrow / sizeof narrow[0] };

/*
 * F: the kernel opens dragoman now, so that programs start in any root and mount namespace. P: the program's own argv[0]
 * is kept, as the argument after its path; main() knows such a start by AT_FLAGS.
 */
#define FLAGS "FP"

/* The kernel's limit for an interpreter's path (BINPRM_BUF_SIZE). */
enum { INTERPRETER_MAX = 127 };

const char *binfmt_describe(void)
{
    static char text[PATH_MAX + 64];
    char entry[512];
    if (access(FOLDER "/register", F_OK) != 0) {
        return "not mounted here";
    }
    int fd = open(ENTRY, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return "FreeBSD programs are not registered";
    }
    ssize_t n = read(fd, entry, sizeof entry - 1);
    close(fd);
    entry[n > 0 ? n : 0] = '\0';
    char *interpreter = strstr(entry, "interpreter ");
    const char *state = strncmp(entry, "enabled", 7) == 0 ? "FreeBSD programs start through" : "switched off for";
    if (interpreter == NULL) {
        return "registered, by an entry that cannot be read";
    }
    interpreter += strlen("interpreter ");
    interpreter[strcspn(interpreter, "\n")] = '\0';
    snprintf(text, sizeof text, "%s %s", state, interpreter);
    return text;
}

static int write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) {
        return errno;
    }
    int error = write(fd, text, strlen(text)) < 0 ? errno : 0;
    close(fd);
    return error;
}

static int refuse(int error, const char *rule)
{
    if (error == ENOENT) {
        return fail(EXIT_DRAGOMAN, "binfmt: %s is not mounted (as root: mount -t binfmt_misc binfmt_misc %s)", FOLDER,
                    FOLDER);
    }
    if (error == EACCES || error == EPERM || error == EROFS) {
        return fail(EXIT_DRAGOMAN,
                    "binfmt: %s (run it as root, or let the system do it at every boot: put the line\n%s\ninto "
                    "/etc/binfmt.d/dragoman.conf)",
                    strerror(error), rule);
    }
    return fail(EXIT_DRAGOMAN, "binfmt: %s/register: %s (`dragoman binfmt status` tells what is there)", FOLDER,
                strerror(error));
}

/* Takes the entries of 32-bit programs out, and puts those in that the host needs. Returns 0 or an errno. */
static int change_narrow(const char *exe, bool in)
{
    char path[64];
    char rule[PATH_MAX + 256];
    int error = 0;
    for (size_t i = 0; error == 0 && i < NARROW; i++) {
        snprintf(path, sizeof path, FOLDER "/%s", narrow[i].name);
        error = access(path, F_OK) == 0 ? write_text(path, "-1") : 0;
        if (error == 0 && in && !narrow[i].host_has()) {
            snprintf(rule, sizeof rule, ":%s:M::%s:%s:%s:%s", narrow[i].name, narrow[i].magic, MASK_32, exe, FLAGS);
            error = write_text(FOLDER "/register", rule);
        }
    }
    return error;
}

static int enable(void)
{
    char exe[PATH_MAX];
    char rule[PATH_MAX + 256];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    if (n < 0) {
        return fail(EXIT_DRAGOMAN, "binfmt: /proc/self/exe: %s (mount /proc)", strerror(errno));
    }
    exe[n] = '\0';
    if (n > INTERPRETER_MAX || strchr(exe, ':') != NULL) {
        return fail(EXIT_DRAGOMAN,
                    "binfmt: %s: the kernel takes no path that is longer than %d bytes or has a colon in "
                    "it (install dragoman elsewhere)",
                    exe, INTERPRETER_MAX);
    }
    snprintf(rule, sizeof rule, ":dragoman-freebsd:M::%s:%s:%s:%s", MAGIC, MASK, exe, FLAGS);
    int error = access(ENTRY, F_OK) == 0 ? write_text(ENTRY, "-1") : 0;
    if (error == 0) {
        error = write_text(FOLDER "/register", rule);
    }
    if (error == 0) {
        error = change_narrow(exe, true);
    }
    if (error != 0) {
        return refuse(error, rule);
    }
    printf("%s\n", binfmt_describe());
    return finish_output(stdout);
}

static int disable(void)
{
    if (access(ENTRY, F_OK) != 0) {
        printf("%s\n", binfmt_describe());
        return finish_output(stdout);
    }
    int error = write_text(ENTRY, "-1");
    if (error == 0) {
        error = change_narrow("", false);
    }
    if (error != 0) {
        return fail(EXIT_DRAGOMAN, "binfmt: %s: %s (run it as root)", ENTRY, strerror(error));
    }
    printf("%s\n", binfmt_describe());
    return finish_output(stdout);
}

int cmd_binfmt(int argc, char **argv)
{
    const char *what = argc == 2 ? argv[1] : "";
    if (strcmp(what, "enable") == 0) {
        return enable();
    }
    if (strcmp(what, "disable") == 0) {
        return disable();
    }
    if (strcmp(what, "status") == 0) {
        printf("%s\n", binfmt_describe());
        return finish_output(stdout);
    }
    return fail(EXIT_DRAGOMAN, "binfmt: enable, disable or status is wanted (dragoman help binfmt)");
}
