/* Which ids are mapped: what subuid(5) and subgid(5) give the caller, and whether somebody can map them. */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "instance/complain.h"
#include "instance/userns.h"

enum {
    /*
     * Root's range where it has no entry: systemd's table of ids (UIDS-GIDS) leaves these to nobody, above what
     * containers get and below what is foreign.
     */
    ROOT_RANGE = 0x70000000,
    ROOT_RANGE_COUNT = 65536,
};

/* The caller's name in passwd, read as a file: a static program has no other way that is sure to be there. */
static bool name_of_caller(char *out, size_t size)
{
    FILE *passwd = fopen("/etc/passwd", "re");
    bool found = false;
    char line[1024];
    while (passwd != NULL && !found && fgets(line, sizeof line, passwd) != NULL) {
        char *name_end = strchr(line, ':');
        char *id = name_end != NULL ? strchr(name_end + 1, ':') : NULL;
        if (id == NULL || strtoul(id + 1, NULL, 10) != geteuid()) {
            continue;
        }
        *name_end = '\0';
        found = (size_t)(name_end - line) < size;
        memcpy(out, line, found ? (size_t)(name_end - line) + 1 : 0);
    }
    if (passwd != NULL) {
        fclose(passwd);
    }
    return found;
}

/* "owner:first:count" where the owner is the caller, by name or by number. */
static bool take_line(const char *line, const char *name, struct idmap_range *out)
{
    char owner[256], end;
    unsigned long long first, count;
    int n = sscanf(line, "%255[^:]:%llu:%llu%c", owner, &first, &count, &end);
    if (n < 3 || (n == 4 && end != '\n') || count == 0 || first == 0 || first + count > UINT32_MAX) {
        return false;
    }
    char number[16];
    snprintf(number, sizeof number, "%u", (unsigned)geteuid());
    if (strcmp(owner, number) != 0 && (name[0] == '\0' || strcmp(owner, name) != 0)) {
        return false;
    }
    *out = (struct idmap_range){0, (uint32_t)first, (uint32_t)count};
    return true;
}

/* Adds the caller's ranges behind what `map` has. Returns how many ids came. */
static uint32_t add_subordinate(const char *path, const char *name, struct idmap *map)
{
    FILE *file = fopen(path, "re");
    char line[1024];
    uint32_t next = map->count > 0 ? 1 : 0, got = 0;
    while (file != NULL && map->count < IDMAP_RANGES && fgets(line, sizeof line, file) != NULL) {
        struct idmap_range *r = &map->ranges[map->count];
        if (!take_line(line, name, r) || r->count > UINT32_MAX - 1 - next) {
            continue;
        }
        r->inside = next;
        next += r->count;
        got += r->count;
        map->count++;
    }
    if (file != NULL) {
        fclose(file);
    }
    return got;
}

bool idmap_tool(const char *name, char path[IDMAP_TOOL_MAX])
{
    static const char *const places[] = {"/usr/bin", "/bin", "/usr/sbin", "/usr/local/bin"};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct stat st;
        snprintf(path, IDMAP_TOOL_MAX, "%s/%s", places[i], name);
        if (stat(path, &st) == 0 && access(path, X_OK) == 0) {
            /* What they need they gain by a set-id bit or by file capabilities. */
            return (st.st_mode & S_ISUID) != 0 || getxattr(path, "security.capability", NULL, 0) > 0;
        }
    }
    return false;
}

static bool tools_work(void)
{
    char path[IDMAP_TOOL_MAX];
    return idmap_tool("newuidmap", path) && idmap_tool("newgidmap", path);
}

/* Whether all these ids exist in the caller's own user namespace, which may be one that has few. */
static bool ids_exist(const char *path, uint32_t first, uint32_t count)
{
    FILE *file = fopen(path, "re");
    unsigned long long inside, outside, length;
    bool found = false;
    while (file != NULL && fscanf(file, "%llu %llu %llu", &inside, &outside, &length) == 3) {
        found = found || (first >= inside && (unsigned long long)first + count <= inside + length);
    }
    if (file != NULL) {
        fclose(file);
    }
    return found;
}

static void one_id(struct idmaps *out, const char *why)
{
    out->owners = OWNERS_EMULATED;
    out->writer = IDMAPS_BY_ITSELF;
    out->users = (struct idmap){.ranges = {{0, geteuid(), 1}}, .count = 1};
    out->groups = (struct idmap){.ranges = {{0, getegid(), 1}}, .count = 1};
    out->why = why;
}

/*
 * In a container that has few ids: its uppermost ones but 0, which may be some that its own users have. Returns whether
 * there are enough.
 */
static bool spare_ids(const char *path, struct idmap *out)
{
    FILE *file = fopen(path, "re");
    unsigned long long inside, outside, length, best = 0;
    while (file != NULL && fscanf(file, "%llu %llu %llu", &inside, &outside, &length) == 3) {
        unsigned long long first = inside == 0 ? 1 : inside, end = inside + length;
        if (end > UINT32_MAX || end < first + IDMAP_LEAST || end <= best) {
            continue;
        }
        best = end;
        first = end - first > ROOT_RANGE_COUNT ? end - ROOT_RANGE_COUNT : first;
        *out = (struct idmap){.ranges = {{0, (uint32_t)first, (uint32_t)(end - first)}}, .count = 1};
    }
    if (file != NULL) {
        fclose(file);
    }
    return best != 0;
}

/* Root takes the host's files as mounts, which a container's may not be let (trees.h). */
static bool may_take_mounts(void)
{
    int fd = (int)syscall(SYS_open_tree, AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    if (fd >= 0) {
        close(fd);
    }
    return fd >= 0 || errno != EPERM;
}

static void choose_for_root(struct idmaps *out, const char *name)
{
    *out = (struct idmaps){.owners = OWNERS_SUBORDINATE, .writer = IDMAPS_BY_ROOT};
    if (!may_take_mounts()) {
        one_id(out, "root may not mount in this container (start it with CAP_SYS_ADMIN)");
        return;
    }
    if (add_subordinate("/etc/subuid", name, &out->users) > IDMAP_LEAST &&
        add_subordinate("/etc/subgid", name, &out->groups) > IDMAP_LEAST) {
        return;
    }
    out->users = (struct idmap){.ranges = {{0, ROOT_RANGE, ROOT_RANGE_COUNT}}, .count = 1};
    out->groups = out->users;
    if (ids_exist("/proc/self/uid_map", ROOT_RANGE, ROOT_RANGE_COUNT) &&
        ids_exist("/proc/self/gid_map", ROOT_RANGE, ROOT_RANGE_COUNT)) {
        return;
    }
    if (spare_ids("/proc/self/uid_map", &out->users) && spare_ids("/proc/self/gid_map", &out->groups)) {
        out->why =
            "their users are the uppermost ids of this container, which its own users may have, too (a range for "
            "root in /etc/subuid and /etc/subgid is taken instead)";
        return;
    }
    one_id(out, "this container has fewer than 65536 ids (start it with more, or give root a range of those it has in "
                "/etc/subuid and /etc/subgid)");
}

static void choose_for_user(struct idmaps *out, const char *name)
{
    struct idmap_range user = {0, geteuid(), 1}, group = {0, getegid(), 1};
    *out = (struct idmaps){.owners = OWNERS_SUBORDINATE, .writer = IDMAPS_BY_TOOLS};
    out->users = (struct idmap){.ranges = {user}, .count = 1};
    out->groups = (struct idmap){.ranges = {group}, .count = 1};
    if (add_subordinate("/etc/subuid", name, &out->users) < IDMAP_LEAST ||
        add_subordinate("/etc/subgid", name, &out->groups) < IDMAP_LEAST) {
        one_id(out, "you have no range of 65536 ids in /etc/subuid and /etc/subgid (usermod --add-subuids "
                    "100000-165535 --add-subgids 100000-165535 USER, as root)");
    } else if (!tools_work()) {
        one_id(out, "newuidmap and newgidmap are not installed with their privileges (install the package uidmap)");
    } else if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1) {
        one_id(out, "no_new_privs is set, below which newuidmap has no privileges (start dragoman outside of that)");
    }
}

int idmaps_choose(struct idmaps *out, enum instance_owners *owners)
{
    char name[256] = "";
    name_of_caller(name, sizeof name);
    if (geteuid() == 0) {
        choose_for_root(out, name);
    } else {
        choose_for_user(out, name);
    }
    if (owners != NULL) {
        *owners = out->owners;
    }
    return 0;
}

int idmaps_for(enum instance_owners owners, struct idmaps *out)
{
    if (owners == OWNERS_EMULATED) {
        one_id(out, "this was made with one id");
        return 0;
    }
    int status = idmaps_choose(out, NULL);
    if (status == 0 && out->owners != OWNERS_SUBORDINATE) {
        return complain("subordinate ids: these files have owners of their own, but %s", out->why);
    }
    return status;
}

bool idmaps_have_user(const struct idmaps *maps, uint32_t user)
{
    for (unsigned i = 0; i < maps->users.count; i++) {
        const struct idmap_range *r = &maps->users.ranges[i];
        if (user >= r->outside && user - r->outside < r->count) {
            return true;
        }
    }
    return false;
}
