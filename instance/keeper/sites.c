#include "instance/keeper/sites.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process/table.h"

#define KEPT  "sites"
#define FRESH "sites.new"

/* The file: what is in use, each with its place. */
struct kept_set {
    uint64_t place;
    struct site_hint_set set;
};

static struct site_hint_set sets[SITE_HINT_SETS];
static struct kept_set kept[SITE_HINT_SETS], before[SITE_HINT_SETS];

/* Returns how many there are; what has another form is another build's, or nobody's. */
static size_t read_kept(int directory, struct kept_set *to)
{
    struct stat st;
    size_t count = 0;
    int fd = openat(directory, KEPT, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (size_t)st.st_size % sizeof *to == 0 &&
        (size_t)st.st_size <= sizeof kept && read(fd, to, (size_t)st.st_size) == st.st_size) {
        count = (size_t)st.st_size / sizeof *to;
    }
    if (fd >= 0) {
        close(fd);
    }
    return count;
}

void sites_recall(int table, int directory)
{
    size_t count = directory >= 0 ? read_kept(directory, kept) : 0;
    for (size_t i = 0; i < count; i++) {
        if (kept[i].place < SITE_HINT_SETS) {
            sets[kept[i].place] = kept[i].set;
        }
    }
    if (count > 0) {
        (void)!pwrite(table, sets, sizeof sets, offsetof(struct process_table, hints));
    }
}

static void replace_kept(int directory, size_t count)
{
    unlinkat(directory, FRESH, 0); /* of a keeper that was killed here */
    int fd = openat(directory, FRESH, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool whole = fd >= 0 && write(fd, kept, count * sizeof *kept) == (ssize_t)(count * sizeof *kept);
    if (fd >= 0) {
        close(fd);
    }
    if (!whole || renameat(directory, FRESH, directory, KEPT) != 0) {
        unlinkat(directory, FRESH, 0);
    }
}

void sites_keep(int table, int directory)
{
    size_t count = 0;
    if (directory < 0 ||
        pread(table, sets, sizeof sets, offsetof(struct process_table, hints)) != (ssize_t)sizeof sets) {
        return;
    }
    for (size_t i = 0; i < SITE_HINT_SETS; i++) {
        if (sets[i].key != 0) {
            kept[count++] = (struct kept_set){i, sets[i]};
        }
    }
    if (count != read_kept(directory, before) || memcmp(kept, before, count * sizeof *kept) != 0) {
        replace_kept(directory, count);
    }
}
