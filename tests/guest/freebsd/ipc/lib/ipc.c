#include "guest.h"

#include "ipc.h"

int64_t ipc_key(int which)
{
    return 0x40000000 | ((int64_t)SYS(getpid) << 4 & 0x3ffffff0) | which;
}

bool ipc_available(void)
{
    int64_t id = SYS(semget, 0, 1, 0600);

    if (id == -FREEBSD_ENOSYS) {
        guest_skip("the host gives no System V IPC");
        return false;
    }
    MUST(id);
    CHECK_OK(SYS(__semctl, id, 0, FREEBSD_IPC_RMID, 0));
    return true;
}

struct other {
    void (*function)(void *);
    void *argument;
};

static void become_other(void *argument)
{
    struct other *o = argument;

    CHECK_OK(SYS(setgroups, 0, 0));
    CHECK_OK(SYS(setgid, 4321));
    CHECK_OK(SYS(setuid, 4321));
    o->function(o->argument);
}

bool ipc_as_other_user(void (*function)(void *), void *argument)
{
    struct other o = {function, argument};

    if (SYS(geteuid) != 0) {
        return false;
    }
    CHECK_EQ(guest_in_child(become_other, &o), 0);
    return true;
}
