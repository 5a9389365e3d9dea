/*
 * The kernel's files and modules. Sources: kldfind(2), kldnext(2), kldstat(2), kldfirstmod(2), kldload(2), kldunload(2),
 * modfind(2), modnext(2), modstat(2); sys/kern/kern_linker.c, sys/kern/kern_module.c, sys/sys/linker.h, module.h.
 */
#include "guest.h"

static void *const wild = (void *)0xdeadbeef000;

enum { KERNEL = 1, NAME_MAX = 64, OLD_NAME_MAX = 32 };

struct file_stat {
    int32_t version;
    char name[1024];
    int32_t refs, id;
    uint64_t address, size;
    char pathname[1024];
};
_Static_assert(sizeof(struct file_stat) == 2080, "struct kld_file_stat");
#define FILE_STAT_1 1056

struct module_stat {
    int32_t version;
    char name[NAME_MAX];
    int32_t refs, id;
    uint64_t data;
};
_Static_assert(sizeof(struct module_stat) == 88, "struct module_stat");

/* Rows: kldfind kldnext kldfirstmod: the kernel is the first file, by name or path; each file is followed by the next */
TEST(files)
{
    static char name[1100];
    int64_t id = 0, count = 0;

    CHECK_EQ(SYS(kldfind, "kernel"), KERNEL);
    CHECK_EQ(SYS(kldfind, "/boot/kernel/kernel"), KERNEL);
    CHECK_ERR(SYS(kldfind, "absent.ko"), FREEBSD_ENOENT);
    CHECK_ERR(SYS(kldfind, wild), FREEBSD_EFAULT);
    memset(name, 'x', sizeof(name) - 1);
    CHECK_ERR(SYS(kldfind, name), FREEBSD_ENAMETOOLONG);
    while ((id = MUST(SYS(kldnext, id))) != 0 && count < 1000)
        count++;
    CHECK_EQ(id, 0);
    CHECK(count >= 1);
    CHECK_ERR(SYS(kldnext, 99999), FREEBSD_ENOENT);
    CHECK_ERR(SYS(kldnext, -1), FREEBSD_ENOENT);
    CHECK(SYS(kldfirstmod, KERNEL) >= 1);
    CHECK_ERR(SYS(kldfirstmod, 99999), FREEBSD_ENOENT);
}

/* Rows: kldstat: kldstat(2): the structure's size is its version, and is looked at before the file's number */
TEST(status_of_a_file)
{
    static struct file_stat s;

    memset(&s, '#', sizeof(s));
    s.version = sizeof(s);
    CHECK_OK(SYS(kldstat, KERNEL, &s));
    CHECK_EQ(guest_strcmp(s.name, "kernel"), 0);
    CHECK_EQ(guest_strcmp(s.pathname, "/boot/kernel/kernel"), 0);
    CHECK_EQ(s.id, KERNEL);
    CHECK(s.refs >= 1);
    memset(&s, '#', sizeof(s));
    s.version = FILE_STAT_1;
    CHECK_OK(SYS(kldstat, KERNEL, &s));
    CHECK_EQ(s.id, KERNEL);
    CHECK_EQ(s.pathname[0], '#');
    s.version = FILE_STAT_1;
    CHECK_ERR(SYS(kldstat, 99999, &s), FREEBSD_ENOENT);
    s.version = 17;
    CHECK_ERR(SYS(kldstat, 99999, &s), FREEBSD_EINVAL);
    CHECK_ERR(SYS(kldstat, KERNEL, wild), FREEBSD_EFAULT);
}

/* Rows: kldload kldunload kldunloadf: not for us; a name is read first, and flags are checked first */
TEST(loading)
{
    static char name[1100];

    memset(name, 'x', sizeof(name) - 1);
    CHECK_ERR(SYS(kldload, "absent"), FREEBSD_EPERM);
    CHECK_ERR(SYS(kldload, wild), FREEBSD_EFAULT);
    CHECK_ERR(SYS(kldload, name), FREEBSD_ENAMETOOLONG);
    CHECK_ERR(SYS(kldunload, KERNEL), FREEBSD_EPERM);
    CHECK_ERR(SYS(kldunload, 99999), FREEBSD_EPERM);
    CHECK_ERR(SYS(kldunloadf, KERNEL, 0), FREEBSD_EPERM);
    CHECK_ERR(SYS(kldunloadf, KERNEL, 1), FREEBSD_EPERM);
    CHECK_ERR(SYS(kldunloadf, KERNEL, 2), FREEBSD_EINVAL);
}

/* Rows: modfind modnext modfnext modstat: every module of the kernel has a name that finds it, and a status */
TEST(modules)
{
    static struct module_stat s;
    int64_t id = SYS(kldfirstmod, KERNEL), count = 0;
    char name[NAME_MAX + 1];

    CHECK_EQ(SYS(modnext, 0), id);
    while (id > 0 && count < 1000) {
        memset(&s, '#', sizeof(s));
        s.version = sizeof(s);
        CHECK_OK(SYS(modstat, id, &s));
        CHECK_EQ(s.id, id);
        CHECK_EQ(s.version, (int)sizeof(s));
        CHECK_EQ(SYS(modfind, s.name), id);
        id = MUST(SYS(modfnext, id));
        count++;
    }
    CHECK_EQ(id, 0);
    CHECK(count >= 1);
    CHECK(SYS(modfind, "elf64") > 0);
    CHECK_ERR(SYS(modfind, "absent"), FREEBSD_ENOENT);
    CHECK_ERR(SYS(modfind, wild), FREEBSD_EFAULT);
    memset(name, 'x', sizeof(name));
    name[NAME_MAX] = 0;
    CHECK_ERR(SYS(modfind, name), FREEBSD_ENAMETOOLONG);
    CHECK_ERR(SYS(modnext, 99999), FREEBSD_ENOENT);
    CHECK_ERR(SYS(modfnext, 99999), FREEBSD_ENOENT);
    CHECK_ERR(SYS(modfnext, 0), FREEBSD_ENOENT);
}

/* modstat(2): three versions of the structure, told by size; the module is looked for first */
TEST(versions_of_a_module_status)
{
    enum { V1 = 44, V2 = 56 };
    static uint8_t s[128];
    int64_t id = SYS(modfind, "elf64");

    memset(s, '#', sizeof(s));
    *(int32_t *)s = V1;
    CHECK_OK(SYS(modstat, id, s));
    CHECK_EQ(guest_strcmp((char *)s + 4, "elf64"), 0);
    CHECK_EQ(*(int32_t *)(s + 4 + OLD_NAME_MAX + 4), id);
    CHECK_EQ(s[V1], '#');
    *(int32_t *)s = V2;
    CHECK_OK(SYS(modstat, id, s));
    CHECK_EQ(s[V2 - 1], 0);
    CHECK_EQ(s[V2], '#');
    *(int32_t *)s = 45;
    CHECK_ERR(SYS(modstat, id, s), FREEBSD_EINVAL);
    CHECK_ERR(SYS(modstat, 99999, s), FREEBSD_ENOENT);
    CHECK_ERR(SYS(modstat, 99999, wild), FREEBSD_ENOENT);
    CHECK_ERR(SYS(modstat, id, wild), FREEBSD_EFAULT);
}

/* kldsym(2): the request's size and the command, the name, then the symbol */
TEST(symbols)
{
    struct {
        int32_t version;
        const char *name;
        uint64_t value, size;
    } lookup = {sizeof(lookup), "no_such_symbol", 0, 0};

    CHECK_ERR(SYS(kldsym, 0, 1, &lookup), FREEBSD_ENOENT);
    CHECK_ERR(SYS(kldsym, 0, 2, &lookup), FREEBSD_EINVAL);
    lookup.name = wild;
    CHECK_ERR(SYS(kldsym, 0, 1, &lookup), FREEBSD_EFAULT);
    lookup.version = 8;
    CHECK_ERR(SYS(kldsym, 0, 1, &lookup), FREEBSD_EINVAL);
    CHECK_ERR(SYS(kldsym, 0, 1, wild), FREEBSD_EFAULT);
}
