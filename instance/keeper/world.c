#include "instance/keeper/world.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "instance/complain.h"
#include "instance/keeper/mount_calls.h"

/* A new network namespace has a loopback that is down. */
static int loopback_up(void)
{
    struct ifreq request = {.ifr_name = "lo"};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return complain("network: %s (report this)", strerror(errno));
    }
    int r = ioctl(fd, SIOCGIFFLAGS, &request);
    request.ifr_flags |= IFF_UP | IFF_RUNNING;
    r = r == 0 ? ioctl(fd, SIOCSIFFLAGS, &request) : r;
    int error = errno;
    close(fd);
    return r == 0 ? 0 : complain("network: loopback: %s (report this)", strerror(error));
}

static int set_names(const struct instance_plan *plan)
{
    const char *name = plan->hostname != NULL ? plan->hostname : plan->name[0] != '\0' ? plan->name : "dragoman";
    if (sethostname(name, strlen(name)) != 0) {
        return complain("--hostname %s: %s (%s)", name, strerror(errno),
                        errno == EPERM ? "a container's filter refuses it: dragoman doctor tells how to start that"
                                       : "use a shorter one");
    }
    return 0;
}

static int attach_mounts(const struct instance_plan *plan, struct trees *trees)
{
    for (size_t i = 0; i < plan->mount_count; i++) {
        const char *target = plan->mounts[i].target;
        int r = make_place(target, trees->is_directory[i]);
        if (r == 0 && plan->mounts[i].source[0] != '/') {
            r = mount("tmpfs", target, "tmpfs", MS_NOSUID | MS_NODEV, plan->mounts[i].source) == 0 ? 0 : -errno;
        } else if (r == 0 && call_move_mount(trees->mounts[i], AT_FDCWD, target) != 0) {
            r = -errno;
        }
        if (r != 0) {
            return complain("-v %s: in the instance: %s (name a place that can be made there)", target, strerror(-r));
        }
    }
    return 0;
}

/* Where names are asked for is the host's to say, as the network is. */
static void attach_resolver(const struct trees *trees)
{
    static const char place[] = "/etc/resolv.conf";
    if (trees->resolv >= 0 && make_place(place, false) == 0) {
        call_move_mount(trees->resolv, AT_FDCWD, place);
    }
}

/* What a root that is gone afterwards has beside what is mounted; a sysroot may bring its own. */
static int make_usual_places(void)
{
    static const char *const sticky[] = {"/tmp", "/var/tmp"};
    for (size_t i = 0; i < sizeof sticky / sizeof sticky[0]; i++) {
        struct stat st;
        if (stat(sticky[i], &st) == 0) {
            continue;
        }
        int r = make_place(sticky[i], true);
        if (r == 0 && chmod(sticky[i], 01777) != 0) {
            r = -errno;
        }
        /* A sysroot of somebody else's stays as it is, also where a link in it leads nowhere. */
        if (r != 0 && r != -EROFS && r != -EACCES && r != -EPERM && r != -ENOENT && r != -ENOTDIR && r != -ELOOP) {
            return complain("%s: %s (report this)", sticky[i], strerror(-r));
        }
    }
    return 0;
}

/* A root of memory that is not to be written becomes so when all places in it are made. */
static int seal_memory(const struct instance_plan *plan, const struct trees *trees)
{
    if (!plan->root.read_only || plan->root.own != NULL || trees->layer_count > 0) {
        return 0;
    }
    if (mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) != 0) {
        return complain("--read-only: %s (report this)", strerror(errno));
    }
    return 0;
}

int world_make(const struct instance_plan *plan, struct trees *trees, int *pts, int *proc)
{
    umask(0022);
    int status = set_names(plan);
    if (status == 0 && plan->network != NETWORK_HOST) {
        status = loopback_up();
    }
    int made = status == 0 ? proc_take() : -1;
    status = status != 0 ? status : made < 0 ? COMPLAINED : root_enter(plan, trees);
    status = status != 0 ? status : root_alone();
    if (status == 0 && plan->root.own == NULL) {
        status = make_usual_places();
    }
    status = status != 0 ? status : devices_make(plan, trees, pts);
    status = status != 0 ? status : proc_make(made, proc);
    status = status != 0 ? status : attach_mounts(plan, trees);
    if (made >= 0) {
        close(made);
    }
    if (status == 0) {
        attach_resolver(trees);
        status = seal_memory(plan, trees);
    }
    if (status != 0) {
        return status;
    }
    trees_close(plan, trees);
    return 0;
}
