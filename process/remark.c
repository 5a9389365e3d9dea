#include "process/remark.h"

#include <asm/ioctls.h>
#include <asm/termbits.h>

#include "base/host.h"

bool host_is_terminal(int fd)
{
    struct termios attributes;
    return !is_error(host_call3(__NR_ioctl, fd, TCGETS, &attributes));
}

bool remark_allowed(const struct settings *s)
{
    return settings_may_remark(s) && (s->verbose || host_is_terminal(2));
}
