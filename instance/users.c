#include "instance/users.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { FILE_MAX = 1 << 20, FIELDS = 7 };
/* The fields of passwd(5) and group(5) that are looked at. */
enum { NAME = 0, ID = 2, GROUP = 3, MEMBERS = 3, HOME = 5, SHELL = 6 };

/* A regular file's text; NULL where there is none. */
static char *read_text(int root, const char *path)
{
    struct stat st;
    struct open_how how = {.flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
                           .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
    int fd = root >= 0 ? (int)syscall(SYS_openat2, root, path, &how, sizeof how) : open(path, (int)how.flags);
    if (fd < 0) {
        return NULL;
    }
    char *text = NULL;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (text = malloc(FILE_MAX + 1)) != NULL) {
        size_t size = 0;
        ssize_t n;
        while (size < FILE_MAX && (n = read(fd, text + size, FILE_MAX - size)) > 0) {
            size += (size_t)n;
        }
        text[size] = '\0';
    }
    close(fd);
    return text;
}

/* Cuts the next line off *text into its first fields. Returns false at the end. */
static bool next_line(char **text, char *fields[FIELDS])
{
    if (*text == NULL || **text == '\0') {
        return false;
    }
    char *line = *text, *end = strchr(line, '\n');
    *text = end != NULL ? end + 1 : line + strlen(line);
    if (end != NULL) {
        *end = '\0';
    }
    for (size_t i = 0; i < FIELDS; i++) {
        fields[i] = line;
        line += strcspn(line, ":");
        if (*line != '\0') {
            *line++ = '\0';
        }
    }
    return true;
}

static bool number(const char *text, uint32_t *out)
{
    char *end;
    if (text[0] < '0' || text[0] > '9') {
        return false;
    }
    unsigned long value = strtoul(text, &end, 10);
    if (*end != '\0' || value >= UINT32_MAX) {
        return false;
    }
    *out = (uint32_t)value;
    return true;
}

static void take_user(char *const f[FIELDS], uint32_t user, uint32_t group, struct user_ids *out)
{
    *out = (struct user_ids){.user = user, .group = group};
    snprintf(out->login, sizeof out->login, "%.255s", f[NAME]);
    snprintf(out->home, sizeof out->home, "%.255s", f[HOME][0] == '/' ? f[HOME] : "/");
    snprintf(out->shell, sizeof out->shell, "%.255s", f[SHELL]);
}

/* Looks `name`, a name or a number, up in passwd. */
static bool find_user(int root, const char *name, struct user_ids *out)
{
    char *text = read_text(root, "/etc/passwd"), *at = text, *f[FIELDS];
    uint32_t wanted = 0, user, group;
    bool numeric = number(name, &wanted), found = false;
    while (!found && next_line(&at, f)) {
        if (number(f[ID], &user) && number(f[GROUP], &group) &&
            (strcmp(f[NAME], name) == 0 || (numeric && user == wanted))) {
            found = true;
            take_user(f, user, group, out);
        }
    }
    free(text);
    if (!found && numeric) {
        *out = (struct user_ids){.user = wanted, .home = "/"};
        return true;
    }
    /* A root of programs only has no passwd, and root all the same. */
    return found || strcmp(name, "root") == 0;
}

static bool find_group(int root, const char *name, uint32_t *out)
{
    char *text = read_text(root, "/etc/group"), *at = text, *f[FIELDS];
    bool found = number(name, out);
    while (!found && next_line(&at, f)) {
        found = strcmp(f[NAME], name) == 0 && number(f[ID], out);
    }
    free(text);
    return found;
}

static bool is_member(char *members, const char *login)
{
    for (char *one = strtok(members, ","); one != NULL; one = strtok(NULL, ",")) {
        if (strcmp(one, login) == 0) {
            return true;
        }
    }
    return false;
}

static void add_groups(int root, struct user_ids *out)
{
    char *text = read_text(root, "/etc/group"), *at = text, *f[FIELDS];
    uint32_t group;
    while (out->login[0] != '\0' && out->group_count < USER_GROUPS_MAX && next_line(&at, f)) {
        if (number(f[ID], &group) && group != out->group && is_member(f[MEMBERS], out->login)) {
            out->groups[out->group_count++] = group;
        }
    }
    free(text);
}

int users_find(int root, const char *text, struct user_ids *out, char *what, size_t size)
{
    char name[USER_TEXT_MAX];
    *out = (struct user_ids){.home = "/"};
    text = text != NULL && text[0] != '\0' ? text : "root";
    const char *colon = strchr(text, ':');
    int length = (int)(colon != NULL ? (size_t)(colon - text) : strlen(text));
    snprintf(name, sizeof name, "%.*s", length, text);
    if (!find_user(root, name[0] != '\0' ? name : "root", out)) {
        snprintf(what, size, "user %s: the instance has none of that name in /etc/passwd (name another, or a number)",
                 name);
        return -ENOENT;
    }
    if (colon == NULL) {
        add_groups(root, out);
    } else if (!find_group(root, colon + 1, &out->group)) {
        snprintf(what, size, "group %s: the instance has none of that name in /etc/group (name another, or a number)",
                 colon + 1);
        return -ENOENT;
    }
    return 0; /* podman's --user: a group that is named is the only one */
}
