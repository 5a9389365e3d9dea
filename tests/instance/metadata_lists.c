/*
 * Access control lists, and attributes that take a privilege, for `dragoman run --metadata emulated` and, where the
 * machine's root runs the tests, natively: the same must hold. Sources: acl(5), xattr(7), fs/posix_acl.c.
 */
#include <sys/xattr.h>

#include "metadata_test.h"

/* Access control lists as the calls have them (linux/posix_acl_xattr.h): what an entry is for, permissions, whom. */
struct acl {
    uint32_t version;
    struct {
        uint16_t tag, permissions;
        uint32_t id;
    } entries[8];
};

enum { USER_OBJ = 1, USER = 2, GROUP_OBJ = 4, GROUP = 8, MASK = 16, OTHER = 32, SIZE = 4 + 8 * 5 };

static const struct acl for_thousand = {
    2, {{USER_OBJ, 6, -1u}, {USER, 6, 1000}, {GROUP_OBJ, 4, -1u}, {MASK, 6, -1u}, {OTHER, 0, -1u}}};
static const char access_list[] = "system.posix_acl_access", default_list[] = "system.posix_acl_default";

static bool allowed_to_user;

static void by_list(void)
{
    int fd = open("listed", O_RDWR);
    CHECK((fd >= 0) == allowed_to_user);
    CHECK((access("listed", W_OK) == 0) == allowed_to_user);
    REFUSED(setxattr("listed", access_list, &for_thousand, SIZE, 0), EPERM);
    REFUSED(open("of-group-alone", O_RDONLY), EACCES);
}

static void lists(void)
{
    struct acl acl;
    struct acl trivial = {2, {{USER_OBJ, 7, -1u}, {GROUP_OBJ, 5, -1u}, {OTHER, 1, -1u}}};
    char names[256];
    CHECK(make("listed", 0640) >= 0 && setxattr("listed", access_list, &for_thousand, SIZE, 0) == 0);
    CHECK(has_mode("listed", S_IFREG | 0660) && getxattr("listed", access_list, &acl, sizeof acl) == SIZE);
    CHECK(memcmp(&acl, &for_thousand, SIZE) == 0 && listxattr("listed", names, sizeof names) == sizeof access_list);
    CHECK(make("of-group-alone", 0640) >= 0 && chown("of-group-alone", 0, 100) == 0);
    acl.entries[1].permissions = 0; /* user 1000 is in the group, and is told no */
    CHECK(setxattr("of-group-alone", access_list, &acl, SIZE, 0) == 0);
    allowed_to_user = true;
    as_user(1000, 1000, by_list);
    CHECK(reason[0] == '\0' && chmod("listed", 0600) == 0 && getxattr("listed", access_list, &acl, sizeof acl) == SIZE);
    CHECK(acl.entries[3].permissions == 0 && acl.entries[1].permissions == 6 && has_mode("listed", S_IFREG | 0600));
    allowed_to_user = false;
    as_user(1000, 1000, by_list);
    CHECK(reason[0] == '\0' && setxattr("listed", access_list, &trivial, 4 + 8 * 3, 0) == 0);
    REFUSED(getxattr("listed", access_list, &acl, sizeof acl), ENODATA);
    CHECK(has_mode("listed", S_IFREG | 0751) && removexattr("listed", access_list) == 0);
    trivial.entries[1].tag = USER_OBJ;
    REFUSED(setxattr("listed", access_list, &trivial, 4 + 8 * 3, 0), EINVAL);
    REFUSED(setxattr("listed", access_list, &for_thousand, SIZE - 1, 0), EINVAL);
    REFUSED(setxattr("listed", default_list, &for_thousand, SIZE, 0), EACCES);
    CHECK(symlink("listed", "to-listed") == 0);
    REFUSED(lsetxattr("to-listed", access_list, &for_thousand, SIZE, 0), EOPNOTSUPP);
}

static void inherited_lists(void)
{
    struct acl acl;
    CHECK(make_directory("giver", 0755) && setxattr("giver", default_list, &for_thousand, SIZE, 0) == 0);
    CHECK(has_mode("giver", S_IFDIR | 0755));
    int fd = open("giver/f", O_WRONLY | O_CREAT | O_EXCL, 0666); /* the umask of 022 has no effect */
    CHECK(fd >= 0 && has_mode("giver/f", S_IFREG | 0660));
    CHECK(getxattr("giver/f", access_list, &acl, sizeof acl) == SIZE && memcmp(&acl, &for_thousand, SIZE) == 0);
    CHECK(mkdir("giver/d", 0777) == 0 && has_mode("giver/d", S_IFDIR | 0660));
    CHECK(getxattr("giver/d", default_list, &acl, sizeof acl) == SIZE && memcmp(&acl, &for_thousand, SIZE) == 0);
    CHECK(open("giver/g", O_WRONLY | O_CREAT, 0640) >= 0 && has_mode("giver/g", S_IFREG | 0640));
    CHECK(getxattr("giver/g", access_list, &acl, sizeof acl) == SIZE && acl.entries[3].permissions == 4);
    CHECK(removexattr("giver", default_list) == 0 && open("giver/h", O_WRONLY | O_CREAT, 0666) >= 0);
    CHECK(has_mode("giver/h", S_IFREG | 0644));
}

static void not_trusted(void)
{
    char value[16], names[256];
    REFUSED(getxattr("attributed", "trusted.t", value, sizeof value), ENODATA);
    REFUSED(setxattr("attributed", "trusted.t", "y", 1, 0), EPERM);
    CHECK(listxattr("attributed", names, sizeof names) == sizeof "user.u");
    CHECK(getxattr("attributed", "user.u", value, sizeof value) == 1);
    REFUSED(setxattr("attributed", "user.u", "y", 1, 0), EACCES);
    REFUSED(removexattr("attributed", "user.u"), EACCES);
    REFUSED(getxattr("unread", "user.u", value, sizeof value), EACCES);
}

static void trusted(void)
{
    char value[16], names[256];
    CHECK(make("trusting", 0644) >= 0 && setxattr("trusting", "trusted.t", "x", 1, 0) == 0);
    CHECK(setxattr("trusting", "security.label", "y", 1, 0) == 0);
    CHECK(getxattr("trusting", "trusted.t", value, sizeof value) == 1 && value[0] == 'x');
    CHECK(getxattr("trusting", "security.label", value, sizeof value) == 1 && value[0] == 'y');
    CHECK(listxattr("trusting", names, sizeof names) == sizeof "trusted.t" + sizeof "security.label");
    CHECK(removexattr("trusting", "security.label") == 0 && removexattr("trusting", "trusted.t") == 0);
    CHECK(listxattr("trusting", names, sizeof names) == 0);
}

static void attributes(void)
{
    char value[16], names[256];
    CHECK(make("attributed", 0644) >= 0 && make("unread", 0600) >= 0 && setxattr("unread", "user.u", "x", 1, 0) == 0);
    CHECK(setxattr("attributed", "user.u", "x", 1, 0) == 0 && setxattr("attributed", "trusted.t", "x", 1, 0) == 0);
    CHECK(getxattr("attributed", "trusted.t", value, sizeof value) == 1 && value[0] == 'x');
    CHECK(listxattr("attributed", names, sizeof names) == sizeof "user.u" + sizeof "trusted.t");
    REFUSED(setxattr("attributed", "trusted.t", "x", 1, XATTR_CREATE), EEXIST);
    CHECK(make("read-only", 0444) >= 0 && setxattr("read-only", "user.u", "x", 1, 0) == 0);
    CHECK(removexattr("read-only", "user.u") == 0 && has_mode("read-only", S_IFREG | 0444));
    as_user(1000, 1000, not_trusted);
    CHECK(reason[0] == '\0' && removexattr("attributed", "trusted.t") == 0);
    REFUSED(getxattr("attributed", "trusted.t", value, sizeof value), ENODATA);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {{"lists", lists},
                                        {"inherited", inherited_lists},
                                        {"trusted", trusted},
                                        {"attributes", attributes},
                                        {NULL, NULL}};
    return run_tests(tests, argc, argv);
}
