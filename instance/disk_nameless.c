#include "instance/disk_nameless.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "instance/mark.h"

/*
 * FILES_MAX are some hundred times more than there are in a world of much work. SECONDS_MAX, of processor time, are ten million
 * descriptors.
 */
enum { BLOCK = 512 /* of st_blocks */, LEAST = 1024, FILES_MAX = 1 << 20, SECONDS_MAX = 10, GENERATIONS_MAX = 256 };

struct look {
    struct nameless_world *world;
    struct nameless *out;
    uint64_t enough;
    time_t began;  /* of the processor time */
    pid_t process; /* that is looked at */
};

static time_t processor_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec;
}

static bool is_done(struct look *l)
{
    struct nameless *n = l->out;
    n->endless = n->endless || n->count > FILES_MAX || processor_seconds() - l->began > SECONDS_MAX;
    return n->endless || n->bytes > l->enough;
}

/* A table with open addressing, at most half full. Its item, or the place for it. */
static struct nameless_file *place_of(const struct nameless *n, uint64_t dev, uint64_t ino)
{
    size_t at = (size_t)((ino ^ dev << 32) * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (n->room - 1);
    while (n->files[at].used && (n->files[at].ino != ino || n->files[at].dev != dev)) {
        at = (at + 1) & (n->room - 1);
    }
    return &n->files[at];
}

static bool grow(struct nameless *n)
{
    struct nameless bigger = {.room = n->room != 0 ? 2 * n->room : 64};
    bigger.files = calloc(bigger.room, sizeof bigger.files[0]);
    if (bigger.files == NULL) {
        return false;
    }
    for (size_t i = 0; i < n->room; i++) {
        if (n->files[i].used) {
            *place_of(&bigger, n->files[i].dev, n->files[i].ino) = n->files[i];
        }
    }
    free(n->files);
    n->files = bigger.files;
    n->room = bigger.room;
    return true;
}

/* The item, new or not; NULL: there is no memory, and what cannot be measured is too much. */
static struct nameless_file *note(struct nameless *n, uint64_t dev, uint64_t ino)
{
    if (2 * (n->count + 1) > n->room && !grow(n)) {
        n->endless = true;
        return NULL;
    }
    struct nameless_file *f = place_of(n, dev, ino);
    if (!f->used) {
        *f = (struct nameless_file){.dev = dev, .ino = ino, .used = true};
        n->count++;
    }
    return f;
}

/* Of a process that is there and is not to be looked at. */
static void note_refusal(struct look *l)
{
    struct nameless *n = l->out;
    bool noted = n->blind_count > 0 && n->blind[n->blind_count - 1] == l->process;
    if ((errno == EACCES || errno == EPERM || l->process == 0) && !noted && n->blind_count < BLIND_MAX) {
        n->blind[n->blind_count++] = l->process;
    }
}

static dev_t device_of(const struct statx *st)
{
    return makedev(st->stx_dev_major, st->stx_dev_minor);
}

/* Whether `name` is a file of an overlay, and still on that device: it may stand for another by now. */
static bool is_in_overlay(int dir, const char *name, dev_t device)
{
    struct stat st;
    struct statfs fs;
    int fd = openat(dir, name, O_PATH | O_CLOEXEC);
    bool is = fd >= 0 && fstat(fd, &st) == 0 && st.st_dev == device && fstatfs(fd, &fs) == 0 &&
              fs.f_type == OVERLAYFS_SUPER_MAGIC;
    if (fd >= 0) {
        close(fd);
    }
    return is;
}

/*
 * Whether a file lies in what is measured. In an overlay it has the overlay's device, or one that the overlay gives it
 * (Documentation/filesystems/overlayfs.rst, "Inode properties"), and there is no other overlay in a world but by -v. Without
 * one, the mount tells the root from a volume of the same file system; in a world without namespaces nothing does.
 */
static bool is_of_root(const struct nameless_world *w, const struct statx *st, int dir, const char *name)
{
    dev_t device = device_of(st);
    if (!w->layered) {
        bool elsewhere = w->root_known && w->root_mount != 0 && st->stx_mnt_id != 0 && st->stx_mnt_id != w->root_mount;
        return device == w->tree_dev && !elsewhere && (device != w->engine_dev || st->stx_ino != w->engine_ino);
    }
    return (w->root_known && device == w->root_dev) || is_in_overlay(dir, name, device);
}

/*
 * What the root is, from the first process whose root is the world's, not a directory that it has chosen (chroot(2)):
 * without an overlay that is the instance's directory itself, with one any directory in it tells.
 */
static void learn_root(struct nameless_world *w, int process)
{
    struct statx st;
    if (w->root_known || statx(process, "root", AT_STATX_DONT_SYNC, STATX_BASIC_STATS | STATX_MNT_ID, &st) != 0) {
        return;
    }
    if (w->layered ? is_in_overlay(process, "root", device_of(&st))
                   : device_of(&st) == w->tree_dev && st.stx_ino == w->tree_ino) {
        w->root_known = true;
        w->root_dev = device_of(&st);
        w->root_mount = w->mark == 0 && (st.stx_mask & STATX_MNT_ID) != 0 ? st.stx_mnt_id : 0;
    }
}

/* How many descriptors wait in a socket to be received. */
static uint64_t on_their_way(int task, const char *name)
{
    char path[300], text[1024];
    snprintf(path, sizeof path, "fdinfo/%s", name);
    int fd = openat(task, path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (fd >= 0) {
        close(fd);
    }
    text[n > 0 ? n : 0] = '\0';
    const char *at = strstr(text, "scm_fds:");
    return at != NULL ? strtoull(at + strlen("scm_fds:"), NULL, 10) : 0;
}

/* A descriptor, or what is executed: `name` in the directory `dir` of /proc. Nobody is waited for to tell (a network's file). */
static void look_at(struct look *l, int task, int dir, const char *name)
{
    struct statx st;
    if (statx(dir, name, AT_STATX_DONT_SYNC, STATX_BASIC_STATS | STATX_MNT_ID, &st) != 0) {
        note_refusal(l);
        return;
    }
    if (S_ISSOCK(st.stx_mode)) {
        l->out->on_their_way += on_their_way(task, name);
    }
    if (st.stx_nlink != 0 || !is_of_root(l->world, &st, dir, name)) {
        return;
    }
    struct nameless_file *f = note(l->out, device_of(&st), st.stx_ino);
    if (f != NULL && !f->open) {
        uint64_t bytes = st.stx_blocks * BLOCK;
        f->open = true;
        f->bytes = bytes < LEAST ? LEAST : bytes;
        l->out->bytes += f->bytes;
    }
}

static void look_at_descriptors(struct look *l, int task)
{
    int fd = openat(task, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
    if (list == NULL) {
        note_refusal(l);
        if (fd >= 0) {
            close(fd);
        }
        return;
    }
    unsigned count = 0;
    for (struct dirent *d; (d = readdir(list)) != NULL;) {
        if (d->d_name[0] != '.') {
            look_at(l, task, fd, d->d_name);
        }
        if (++count % 256 == 0 && is_done(l)) {
            break;
        }
    }
    closedir(list);
}

/* As maps tell it, which is the overlay's own device. Where the root is not known, whatever could be. */
static bool may_be_of_root(const struct nameless_world *w, dev_t device, ino_t ino)
{
    if (!w->layered) {
        return device == w->tree_dev && (device != w->engine_dev || ino != w->engine_ino);
    }
    return w->root_known ? device == w->root_dev : major(device) == 0 && minor(device) != 1 /* memory */;
}

/* A line of proc(5)'s maps, of a file that has lost the name it was opened by. What is shared can fill holes in it. */
static void take_mapping(struct look *l, const char *line)
{
    uint64_t from, to, ino;
    unsigned disk, part;
    char shared;
    if (sscanf(line, "%lx-%lx %*3c%c %*x %x:%x %lu", &from, &to, &shared, &disk, &part, &ino) != 6 || ino == 0) {
        return;
    }
    struct nameless_file *f =
        may_be_of_root(l->world, makedev(disk, part), ino) ? note(l->out, makedev(disk, part), ino) : NULL;
    if (f != NULL && !f->open && shared == 's' && f->bytes < to - from) {
        f->bytes = to - from;
    }
}

static void look_at_mappings(struct look *l, int task)
{
    static const char gone[] = " (deleted)\n";
    int fd = openat(task, "maps", O_RDONLY | O_CLOEXEC);
    FILE *maps = fd >= 0 ? fdopen(fd, "r") : NULL;
    if (maps == NULL) {
        note_refusal(l);
        if (fd >= 0) {
            close(fd);
        }
        return;
    }
    char *line = NULL;
    size_t room = 0;
    unsigned count = 0;
    for (ssize_t n; (n = getline(&line, &room, maps)) > 0;) {
        if ((size_t)n > sizeof gone && strcmp(line + n - (sizeof gone - 1), gone) == 0) {
            take_mapping(l, line);
        }
        if (++count % 256 == 0 && is_done(l)) {
            break;
        }
    }
    free(line);
    fclose(maps);
}

/* Whether two threads have something in common, for which one look does. Where nobody tells, they have not. */
static bool have_in_common(pid_t a, pid_t b, int what)
{
    return a == b || (a != 0 && syscall(SYS_kcmp, a, b, what, 0UL, 0UL) == 0);
}

/*
 * Each thread: one may have left its process's table (unshare(2), CLONE_FILES), and the first may have ended, which
 * then shows nothing.
 */
static void look_at_process(struct look *l, int process, pid_t pid)
{
    int fd = openat(process, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
    pid_t files = 0, memory = 0;
    for (struct dirent *d; list != NULL && (d = readdir(list)) != NULL && !is_done(l);) {
        pid_t tid = (pid_t)atoi(d->d_name);
        int task = tid > 0 ? openat(fd, d->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
        if (task < 0) {
            continue;
        }
        if (files == 0 || !(have_in_common(pid, tid, KCMP_FILES) || have_in_common(files, tid, KCMP_FILES))) {
            look_at_descriptors(l, task);
            files = tid;
        }
        if (memory == 0 || !have_in_common(memory, tid, KCMP_VM)) {
            look_at(l, task, task, "exe");
            look_at_mappings(l, task);
            memory = tid;
        }
        close(task);
    }
    if (list != NULL) {
        closedir(list);
    } else if (fd >= 0) {
        close(fd);
    }
}

/* A process's parent, and in how many namespaces it has a number: proc(5), status. 0: it has gone. */
static pid_t parent_of(int proc, pid_t pid, unsigned *numbers)
{
    char path[32], text[4096];
    snprintf(path, sizeof path, "%d/status", (int)pid);
    int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (fd >= 0) {
        close(fd);
    }
    text[n > 0 ? n : 0] = '\0';
    const char *parent = strstr(text, "\nPPid:"), *at = strstr(text, "\nNSpid:");
    *numbers = 0;
    for (at = at != NULL ? at + strlen("\nNSpid:") : ""; *at == '\t'; at += strcspn(at + 1, "\t\n") + 1) {
        ++*numbers;
    }
    return parent != NULL ? (pid_t)strtol(parent + strlen("\nPPid:"), NULL, 10) : 0;
}

/* One whose namespace may not be asked for: most are other users' processes, which have one number. */
static bool descends_from_first(const struct nameless_world *w, pid_t pid)
{
    unsigned numbers, others;
    pid_t at = parent_of(w->proc, pid, &numbers);
    for (unsigned i = 0; numbers > 1 && at > 1 && i < GENERATIONS_MAX; i++) {
        if (at == w->first) {
            return true;
        }
        at = parent_of(w->proc, at, &others);
    }
    return false;
}

static bool is_of_world(const struct nameless_world *w, int process, pid_t pid)
{
    struct stat st;
    if (pid == w->first) {
        return false;
    }
    if (w->mark != 0) {
        return mark_has(w->mark, pid);
    }
    if (fstatat(process, "ns/pid", &st, 0) == 0) {
        return st.st_dev == w->ns_dev && st.st_ino == w->ns_ino;
    }
    return (errno == EACCES || errno == EPERM) && descends_from_first(w, pid);
}

/* What was found in the table and not open. */
static void add_up(struct nameless *n)
{
    n->unseen = n->on_their_way;
    for (size_t i = 0; i < n->room; i++) {
        if (n->files[i].used && !n->files[i].open) {
            n->unseen++;
            n->mapped += n->files[i].bytes;
        }
    }
}

/* By the directory of a process, not its number: that may be another's by now. */
static void look_at_number(struct look *l, pid_t pid)
{
    char name[16];
    snprintf(name, sizeof name, "%d", (int)pid);
    int process = openat(l->world->proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (process < 0) {
        return;
    }
    if (is_of_world(l->world, process, pid)) {
        learn_root(l->world, process);
        l->process = pid;
        look_at_process(l, process, pid);
    }
    close(process);
}

/* All processes there are: an array of *count, or NULL. */
static pid_t *list_processes(int proc, size_t *count)
{
    size_t room = 0;
    pid_t *all = NULL;
    int fd = openat(proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
    *count = 0;
    for (struct dirent *d; list != NULL && (d = readdir(list)) != NULL;) {
        if (*count == room) {
            room = room != 0 ? 2 * room : 512;
            pid_t *grown = realloc(all, room * sizeof *all);
            if (grown == NULL) {
                break;
            }
            all = grown;
        }
        all[*count] = (pid_t)atoi(d->d_name);
        *count += all[*count] > 0;
    }
    if (list != NULL) {
        closedir(list);
    } else if (fd >= 0) {
        close(fd);
    }
    return all;
}

/* In one order or the other, by chance: or who hands files on from process to process knew from which to which. */
void nameless_look(struct nameless_world *world, uint64_t enough, struct nameless *out)
{
    struct look l = {.world = world, .out = out, .enough = enough, .began = processor_seconds()};
    size_t count;
    unsigned char chance = 0;
    pid_t *all = list_processes(world->proc, &count);
    *out = (struct nameless){0};
    if (count == 0) {
        note_refusal(&l);
    }
    getrandom(&chance, sizeof chance, GRND_NONBLOCK);
    for (size_t i = 0; i < count && !is_done(&l); i++) {
        look_at_number(&l, all[chance % 2 != 0 ? i : count - 1 - i]);
    }
    free(all);
    add_up(out);
}

void nameless_free(struct nameless *n)
{
    free(n->files);
    *n = (struct nameless){0};
}

static bool is_unseen(const struct nameless_file *f)
{
    return f->used && !f->open;
}

uint64_t nameless_charged(const struct nameless *n)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n->room; i++) {
        sum += is_unseen(&n->files[i]) ? n->files[i].charge : 0;
    }
    return sum;
}

uint64_t nameless_inherit(struct nameless *now, const struct nameless *before, uint64_t *known)
{
    uint64_t gone = nameless_charged(before);
    *known = 0;
    for (size_t i = 0; i < now->room; i++) {
        struct nameless_file *f = &now->files[i];
        if (!is_unseen(f)) {
            continue;
        }
        const struct nameless_file *was = before->room != 0 ? place_of(before, f->dev, f->ino) : NULL;
        f->fresh = was == NULL || !was->used;
        if (!f->fresh && was->open) {
            f->charge = was->bytes;
            *known += was->bytes;
        } else if (!f->fresh) {
            f->charge = was->charge;
            gone -= was->charge;
        }
    }
    return gone;
}

uint64_t nameless_charge(struct nameless *now, uint64_t bytes, uint64_t most)
{
    uint64_t left = bytes;
    for (size_t i = 0; i < now->room && left > 0; i++) {
        struct nameless_file *f = &now->files[i];
        if (is_unseen(f) && f->fresh) {
            uint64_t part = left < most - f->charge ? left : most - f->charge;
            f->charge += part;
            left -= part;
        }
    }
    return bytes - left;
}

bool nameless_is_refused(const struct nameless *now, const struct nameless *before)
{
    for (unsigned i = 0; i < now->blind_count * before->blind_count; i++) {
        if (now->blind[i / before->blind_count] == before->blind[i % before->blind_count]) {
            return true;
        }
    }
    return false;
}
