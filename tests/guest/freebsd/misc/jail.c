/*
 * Jails, from outside of any and with none to be seen. Sources: jail(2), sys/kern/kern_jail.c, kern_jaildesc.c,
 * sys/sys/jail.h.
 */
#include "guest.h"

static void *const wild = (void *)0xdeadbeef000;

enum { CREATE = 1, UPDATE = 2, ATTACH = 4, DYING = 8 };

#define OPTION(name, value, size)                                                                                      \
    {(char *)(uintptr_t)(name), sizeof(name)},                                                                         \
    {                                                                                                                  \
        (void *)(uintptr_t)(value), size                                                                               \
    }

static bool root(void)
{
    return SYS(geteuid) == 0;
}

/* Rows: jail_get: by lastjid, jid or name, in that order; errmsg says what was not found */
TEST(looking_for_one)
{
    static char message[64];
    int32_t jid = 7;
    struct freebsd_iovec by_number[] = {OPTION("jid", &jid, 4), OPTION("errmsg", message, sizeof(message))};
    struct freebsd_iovec next[] = {OPTION("lastjid", &jid, 4), OPTION("errmsg", message, sizeof(message))};
    struct freebsd_iovec by_name[] = {OPTION("name", "web", 4), OPTION("errmsg", message, sizeof(message))};
    struct freebsd_iovec none[] = {OPTION("errmsg", message, sizeof(message))};
    struct freebsd_iovec half[] = {OPTION("jid", &jid, 2)};

    CHECK_ERR(SYS(jail_get, by_number, 4, 0), FREEBSD_ENOENT);
    CHECK_EQ(guest_strcmp(message, "jail 7 not found"), 0);
    CHECK_ERR(SYS(jail_get, next, 4, DYING), FREEBSD_ENOENT);
    CHECK_EQ(guest_strcmp(message, "no jail after 7"), 0);
    CHECK_ERR(SYS(jail_get, by_name, 4, 0), FREEBSD_ENOENT);
    CHECK_EQ(guest_strcmp(message, "jail \"web\" not found"), 0);
    CHECK_ERR(SYS(jail_get, none, 2, 0), FREEBSD_ENOENT);
    CHECK_EQ(guest_strcmp(message, "no jail specified"), 0);
    none[1].len = 5; /* no more than there is room for */
    memset(message, '#', sizeof(message));
    CHECK_ERR(SYS(jail_get, none, 2, 0), FREEBSD_ENOENT);
    CHECK_EQ(memcmp(message, "no j\0#", 6), 0);
    CHECK_ERR(SYS(jail_get, half, 2, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(jail_get, 0, 0, 0), FREEBSD_ENOENT);
    CHECK_ERR(SYS(jail_get, by_number, 3, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(jail_get, by_number, 4, CREATE), FREEBSD_EINVAL);
    CHECK_ERR(SYS(jail_get, by_number, 4, 1 << 20), FREEBSD_EINVAL);
    CHECK_ERR(SYS(jail_get, wild, 2, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(jail_get, by_number, 1026, 0), FREEBSD_EINVAL);
    by_number[0].len = 3;
    CHECK_ERR(SYS(jail_get, by_number, 4, 0), FREEBSD_EINVAL);
    by_number[0].base = wild;
    CHECK_ERR(SYS(jail_get, by_number, 4, 0), FREEBSD_EFAULT);
}

/* Rows: jail_set: a jail's root may change jails below it, of which there are none, and make none; others nothing */
TEST(making_one)
{
    int32_t jid = 7;
    struct freebsd_iovec options[] = {OPTION("jid", &jid, 4), OPTION("path", "/", 2)};

    CHECK_ERR(SYS(jail_set, options, 3, CREATE), FREEBSD_EINVAL);
    CHECK_ERR(SYS(jail_set, wild, 2, CREATE), FREEBSD_EFAULT);
    CHECK_ERR(SYS(jail_set, options, 4, CREATE), FREEBSD_EPERM);
    CHECK_ERR(SYS(jail_set, options, 4, CREATE | ATTACH | 1 << 20), FREEBSD_EPERM);
    CHECK_ERR(SYS(jail_set, options, 4, UPDATE), root() ? FREEBSD_ENOENT : FREEBSD_EPERM);
    CHECK_ERR(SYS(jail_set, options, 4, 0), root() ? FREEBSD_EINVAL : FREEBSD_EPERM);
    CHECK_ERR(SYS(jail_set, options, 4, 1 << 20), root() ? FREEBSD_EINVAL : FREEBSD_EPERM);
}

/* Rows: jail_attach jail_remove: the privilege first, then the jail, which is not there */
TEST(entering_and_removing)
{
    CHECK_ERR(SYS(jail_attach, 7), root() ? FREEBSD_EINVAL : FREEBSD_EPERM);
    CHECK_ERR(SYS(jail_attach, 0), root() ? FREEBSD_EINVAL : FREEBSD_EPERM);
    CHECK_ERR(SYS(jail_remove, 7), root() ? FREEBSD_EINVAL : FREEBSD_EPERM);
    CHECK_ERR(SYS(jail_remove, -1), root() ? FREEBSD_EINVAL : FREEBSD_EPERM);
}

/* Rows: jail_attach_jd jail_remove_jd: jail_attach_jd(2) of release 15: the descriptor must be one of a jail */
TEST(by_descriptor)
{
    CHECK_ERR(SYS(jail_attach_jd, 1), FREEBSD_EINVAL);
    CHECK_ERR(SYS(jail_attach_jd, 999), FREEBSD_EBADF);
    CHECK_ERR(SYS(jail_attach_jd, -1), FREEBSD_EBADF);
    CHECK_ERR(SYS(jail_remove_jd, 1), FREEBSD_EINVAL);
    CHECK_ERR(SYS(jail_remove_jd, 999), FREEBSD_EBADF);
}

struct old_jail {
    uint32_t version;
    const char *path, *hostname, *jailname;
    uint32_t ip4s, ip6s;
    void *ip4, *ip6;
};
_Static_assert(sizeof(struct old_jail) == 56, "struct jail");

/* Rows: jail: jail(2), sys_jail(): versions 0 and 2; the strings are read before the privilege is asked for */
TEST(of_old)
{
    static char name[300];
    struct old_jail j = {2, "/", "host", NULL, 0, 0, NULL, NULL};

    memset(name, 'x', sizeof(name) - 1);
    CHECK_ERR(SYS(jail, &j), FREEBSD_EPERM);
    j.jailname = wild;
    CHECK_ERR(SYS(jail, &j), FREEBSD_EFAULT);
    j.jailname = name;
    CHECK_ERR(SYS(jail, &j), FREEBSD_ENAMETOOLONG);
    j.jailname = "name";
    j.hostname = wild;
    CHECK_ERR(SYS(jail, &j), FREEBSD_EFAULT);
    j.hostname = "host";
    j.path = wild;
    CHECK_ERR(SYS(jail, &j), FREEBSD_EFAULT);
    j.path = "/";
    j.ip4s = 1000;
    CHECK_ERR(SYS(jail, &j), FREEBSD_EINVAL);
    j.ip4s = 0;
    j.version = 0;
    CHECK_ERR(SYS(jail, &j), FREEBSD_EPERM);
    j.version = 1;
    CHECK_ERR(SYS(jail, &j), FREEBSD_EINVAL);
    j.version = 3;
    CHECK_ERR(SYS(jail, &j), FREEBSD_EINVAL);
    CHECK_ERR(SYS(jail, wild), FREEBSD_EFAULT);
}
