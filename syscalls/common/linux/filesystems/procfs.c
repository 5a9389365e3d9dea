/* Which files of /proc are not the host's; see procfs.h. Source: proc(5). */
#include "syscalls/common/linux/filesystems/procfs.h"

#include "base/host.h"
#include "base/mem.h"
#include "base/personality.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/table.h"
#include "vfs/rooted.h"

/* What follows `name` in a path, if that is its first component; NULL: it is not. */
static const char *behind(const char *path, const char *name)
{
    size_t n = hot_strlen(name);

    return path[0] == '/' && hot_strncmp(path + 1, name, n) == 0 && (path[1 + n] == '/' || path[1 + n] == 0)
               ? path + 1 + n
               : NULL;
}

/* A number as a component: what follows it, with its value in *number; NULL: it is none. */
static const char *behind_number(const char *path, int32_t *number)
{
    int64_t n = 0;
    const char *s = path + 1;

    if (path[0] != '/' || *s < '1' || *s > '9') {
        return NULL;
    }
    for (; *s >= '0' && *s <= '9' && n <= INT32_MAX; s++) {
        n = n * 10 + (*s - '0');
    }
    *number = (int32_t)n;
    return n <= INT32_MAX && (*s == '/' || *s == 0) ? s : NULL;
}

/* Whose directory the path is in, by its first component: what follows it, or NULL. */
static const char *behind_process(struct thread *t, const char *path, int32_t *pid)
{
    const char *s = behind(path, "self");

    s = s ? s : behind(path, "thread-self");
    *pid = t->proc->pid;
    return s ? s : behind_number(path, pid);
}

/* A thread's directory has what its process's has. */
static const char *skip_task(const char *path)
{
    const char *s = behind(path, "task");
    int32_t tid;

    s = s ? behind_number(s, &tid) : NULL;
    return s ? s : path;
}

static bool is_guest(struct thread *t, int32_t pid)
{
    struct process_table_entry entry;

    return pid == t->proc->pid || process_table_other(t, pid, &entry) == 0;
}

static enum linux_proc_kind kind_of(const char *name)
{
    static const struct {
        const char *name;
        enum linux_proc_kind kind;
    } files[] = {
        {"exe", LINUX_PROC_EXE},
        {"maps", LINUX_PROC_MAPS},
        {"smaps", LINUX_PROC_SMAPS},
        {"status", LINUX_PROC_STATUS},
        {"cwd", LINUX_PROC_LINK},
        {"fd", LINUX_PROC_FD},
        {"fdinfo", LINUX_PROC_FD},
        {"mounts", LINUX_PROC_MOUNTS},
        {"mountinfo", LINUX_PROC_MOUNTINFO},
        {"mountstats", LINUX_PROC_MOUNTSTATS},
    };

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        const char *rest = behind(name, files[i].name);

        if (rest && rest[0] == 0) {
            return files[i].kind;
        }
    }
    return behind(name, "fd") ? LINUX_PROC_LINK : LINUX_PROC_PLAIN;
}

static bool is_mounts(enum linux_proc_kind kind)
{
    return kind == LINUX_PROC_MOUNTS || kind == LINUX_PROC_MOUNTINFO || kind == LINUX_PROC_MOUNTSTATS;
}

/* A kernel for i386 prints more of a processor than one for amd64 does. */
static bool prints_for_i386(const struct thread *t)
{
    return t->proc->personality->machine && t->proc->personality->machine[0] == 'i';
}

struct linux_proc_file linux_proc_find(struct thread *t, const char *path)
{
    const char *s = behind(path, "proc");
    struct linux_proc_file file = {LINUX_PROC_PLAIN, 0, NULL};

    if (!s) {
        return file;
    }
    if (hot_strcmp(s, "/cpuinfo") == 0) {
        file.kind = prints_for_i386(t) ? LINUX_PROC_CPUINFO : LINUX_PROC_PLAIN;
        return file;
    }
    s = behind_process(t, s, &file.pid);
    if (!s) {
        return file;
    }
    s = skip_task(s);
    file.rest = behind(s, "root");
    file.kind = file.rest ? LINUX_PROC_ROOT : kind_of(s);
    if (file.kind == LINUX_PROC_STATUS) { /* what is no guest has ids, too */
        file.kind = t->proc->credentials ? file.kind : LINUX_PROC_PLAIN;
        return file;
    }
    if (is_mounts(file.kind)) {
        file.kind = is_rooted(&t->proc->settings) ? file.kind : LINUX_PROC_PLAIN;
        return file;
    }
    if (file.kind != LINUX_PROC_PLAIN && !is_guest(t, file.pid)) {
        file.kind = LINUX_PROC_PLAIN;
    }
    return file;
}

int64_t linux_proc_executable(struct thread *t, int32_t pid, char *to, size_t size)
{
    struct process_table_entry entry;
    const char *program = t->proc->program;
    size_t n;

    if (pid != t->proc->pid) {
        if (process_table_other(t, pid, &entry) != 0) {
            return -ENOENT;
        }
        program = entry.program;
    }
    n = hot_strlcpy(to, program, size);
    return n == 0 ? -ENOENT : n >= size ? -ENAMETOOLONG : (int64_t)n;
}
