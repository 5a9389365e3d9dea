#include "process/world.h"

#include "base/host.h"
#include "process/host_list.h"

enum { LIMIT_LOCKS = 10 /* RLIMIT_LOCKS */ };

bool world_has(const struct thread *t, int32_t pid)
{
    uint64_t limit[2] = {0, 0};
    return pid > 0 && host_call4(__NR_prlimit64, pid, LIMIT_LOCKS, NULL, limit) == 0 &&
           limit[1] == t->proc->settings.world_mark;
}

bool world_shows(const struct thread *t, const char *name)
{
    int64_t pid = 0;
    const char *s = name;
    if (!world_is_marked(t)) {
        return true;
    }
    for (; *s >= '0' && *s <= '9' && pid < INT32_MAX / 10; s++) {
        pid = pid * 10 + (*s - '0');
    }
    return s == name || *s != '\0' || pid == t->proc->pid || world_has(t, (int32_t)pid);
}

struct sending {
    const struct thread *t;
    int32_t group, sig; /* group 0: everybody, one by one */
    int64_t result;
};

static void look_at(int32_t pid, void *arg)
{
    struct sending *s = arg;
    if (!world_has(s->t, pid)) {
        return;
    }
    if (s->group == 0 && pid != s->t->proc->pid) {
        int64_t r = host_call2(__NR_kill, pid, s->sig);
        s->result = r == 0 || s->result == -ESRCH ? r : s->result;
    } else if (s->group != 0 && host_call1(__NR_getpgid, pid) == s->group) {
        s->result = 0;
    }
}

/* A program begins with a session of its own, so a group is in the world or out of it as a whole. */
int64_t world_kill(struct thread *t, int32_t pid, int32_t sig)
{
    struct sending s = {t, pid < -1 ? -pid : 0, sig, -ESRCH};
    if (pid > 0) {
        return world_reaches(t, pid) ? host_call2(__NR_kill, pid, sig) : -ESRCH;
    }
    if (pid == 0 || pid == INT32_MIN) {
        return pid == 0 ? host_call2(__NR_kill, 0, sig) : -ESRCH;
    }
    int64_t r = host_list_numbers("/proc", look_at, &s);
    if (r < 0 || s.result < 0 || s.group == 0) {
        return r < 0 ? r : s.result;
    }
    return host_call2(__NR_kill, pid, sig);
}
