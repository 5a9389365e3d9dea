/* The threads of a host process. */
#include "process/tasks.h"

#include "base/format.h"
#include "base/host.h"
#include "process/host_list.h"

struct round {
    int64_t (*fn)(int32_t tid, void *arg);
    void *arg;
    int64_t result;
};

static void one(int32_t tid, void *arg)
{
    struct round *r = arg;
    if (r->result == 0) {
        int64_t answer = r->fn(tid, r->arg);
        r->result = answer == -ESRCH ? 0 : answer; /* it has ended meanwhile */
    }
}

int64_t tasks_each(int32_t pid, int64_t (*fn)(int32_t tid, void *arg), void *arg)
{
    char path[32];
    struct text x = TEXT_ON(path);
    struct round r = {fn, arg, 0};
    text_format(&x, "/proc/%d/task", pid);
    return host_list_numbers(text_cstr(&x), one, &r) < 0 ? fn(pid, arg) : r.result;
}
