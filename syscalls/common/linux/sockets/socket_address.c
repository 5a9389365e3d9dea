/* Addresses of sockets; see socket_address.h. Sources: net/socket.c, net/unix/af_unix.c, unix(7). */
#include "syscalls/common/linux/sockets/socket_address.h"

#include "base/format.h"
#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/descriptors.h"
#include "syscalls/common/linux/files/paths.h"
#include "vfs/metadata_rights.h"
#include "vfs/sysroot.h"

#include <linux/fcntl.h>
#include <linux/stat.h>

enum { FAMILY_UNIX = 1, PATH_AT = 2, PATH_ROOM = 108 }; /* linux/un.h */
enum { LEVEL_SOCKET = 1, OPTION_TYPE = 3, OPTION_DOMAIN = 39 };

static const char descriptors[] = "/proc/self/fd/";

static int64_t socket_option(int32_t fd, int32_t name)
{
    int32_t value = 0, size = sizeof value;
    int64_t r = host_call5(__NR_getsockopt, fd, LEVEL_SOCKET, name, &value, &size);

    return r < 0 ? r : value;
}

int64_t linux_unless_no_socket(int32_t fd, int64_t error)
{
    int64_t r = socket_option(fd, OPTION_TYPE);

    return r < 0 ? r : error;
}

/* What is wrong with the address itself, or with the descriptor where that comes first. */
static int64_t refuse(int32_t fd, uint32_t use, int64_t error)
{
    if ((use & LINUX_ADDRESS_FIRST) == 0) {
        return linux_unless_no_socket(fd, error);
    }
    int64_t r = host_call3(__NR_fcntl, fd, F_GETFD, 0);
    return r < 0 ? r : error;
}

/* Whether an address is a path: neither without a name nor abstract. */
static bool has_path(const struct linux_socket_address *a)
{
    uint16_t family;

    memcpy(&family, a->bytes, sizeof family);
    return a->length > PATH_AT && a->length <= PATH_AT + PATH_ROOM && family == FAMILY_UNIX && a->bytes[PATH_AT] != 0;
}

static void set_path(struct linux_socket_address *a, const char *path, size_t size)
{
    memcpy(a->bytes + PATH_AT, path, size);
    a->length = (uint32_t)(PATH_AT + size);
}

/* A name of the sysroot's that is too long with the sysroot's own. */
static int64_t set_below(const char *sysroot, const char *inner, struct linux_socket_address *a)
{
    char name[PATH_ROOM + 1];
    struct text text = TEXT_ON(name);
    int64_t fd = host_call4(__NR_openat, AT_FDCWD, sysroot, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);

    if (fd < 0) {
        return fd;
    }
    int base = engine_descriptor_adopt((int)fd);
    if (base < 0) {
        host_call1(__NR_close, fd);
        return base;
    }
    text_format(&text, "%s%d%s", descriptors, base, inner);
    if (text.length >= PATH_ROOM) {
        engine_descriptor_close(base);
        return -ENAMETOOLONG;
    }
    a->base = base;
    set_path(a, text_cstr(&text), text.length + 1);
    return 0;
}

/* The host's name in place of the guest's. */
static int64_t translate(struct thread *t, bool new, struct linux_socket_address *a)
{
    char path[PATH_ROOM + 1];
    struct linux_path where;
    size_t size = a->length - PATH_AT;

    memcpy(path, a->bytes + PATH_AT, size);
    path[size] = 0;
    int64_t r = linux_path_here(t, AT_FDCWD, path, new ? PATH_MAKES : PATH_FOLLOW, &where);
    if (r < 0) {
        return r;
    }
    const char *name = (const char *)where.name;
    size = hot_strlen(name) + 1;
    if (size <= PATH_ROOM) {
        set_path(a, name, size);
        return 0;
    }
    const char *inner = sysroot_strip(t->proc->settings.sysroot, name);
    return inner != NULL ? set_below(t->proc->settings.sysroot, inner, a) : -ENAMETOOLONG;
}

/* The path of an address, with a NUL behind it. */
static void copy_path(const struct linux_socket_address *a, char path[PATH_ROOM + 1])
{
    size_t size = a->length - PATH_AT;

    memcpy(path, a->bytes + PATH_AT, size);
    path[size] = 0;
}

/* Where owners are emulated: to whom a socket answers (unix_find_bsd()), and where one may be made. 0 or -errno. */
static int64_t check_owners(struct thread *t, bool new, const struct linux_socket_address *a)
{
    char path[PATH_ROOM + 1];
    const struct metadata_place at = {AT_FDCWD, path, new ? AT_SYMLINK_NOFOLLOW : 0};
    struct statx x;

    copy_path(a, path);
    int64_t r = metadata_way(t, AT_FDCWD, path, !new);
    if (r == 0 && new) {
        r = metadata_may_make(t, &at);
        return r == -EEXIST ? -EADDRINUSE : r;
    }
    if (r < 0 || metadata_is_root(t)) {
        return r;
    }
    return metadata_stat(t, &at, 0, &x, NULL) < 0 || metadata_allows(t, &at, &x, 2) ? 0 : -EACCES;
}

void linux_socket_made(struct thread *t, const struct linux_socket_address *a)
{
    char path[PATH_ROOM + 1];

    if (has_path(a)) {
        copy_path(a, path);
        metadata_made(t, &(struct metadata_place){AT_FDCWD, path, AT_SYMLINK_NOFOLLOW}, 0777);
    }
}

int64_t linux_socket_address_get(struct thread *t, int32_t fd, guest_ptr from, int32_t length, uint32_t use,
                                 struct linux_socket_address *out)
{
    out->base = -1;
    if (length > LINUX_SOCKET_ADDRESS_MAX && (use & LINUX_ADDRESS_OF_MESSAGE) != 0) {
        length = LINUX_SOCKET_ADDRESS_MAX;
    }
    if (length < 0 || length > LINUX_SOCKET_ADDRESS_MAX) {
        return refuse(fd, use, -EINVAL);
    }
    out->length = (uint32_t)length;
    if (length > 0 && copyin(out->bytes, from, out->length) < 0) {
        return refuse(fd, use, -EFAULT);
    }
    if ((t->proc->settings.sysroot[0] == 0 && !metadata_is_emulated(t)) || !has_path(out)) {
        return 0;
    }
    bool new = (use & LINUX_ADDRESS_NEW) != 0;
    int64_t r = t->proc->settings.sysroot[0] != 0 ? translate(t, new, out) : 0;
    if (r == 0 && metadata_is_emulated(t)) {
        r = check_owners(t, new, out);
    }
    if (r < 0) {
        int64_t domain = socket_option(fd, OPTION_DOMAIN);

        /* To a socket of another family the path is none: it stays, for the host to refuse the address as a whole. */
        r = domain < 0 ? domain : domain != FAMILY_UNIX ? 0 : r;
    }
    return r;
}

void linux_socket_address_done(struct linux_socket_address *a)
{
    if (a->base >= 0) {
        engine_descriptor_close(a->base);
        a->base = -1;
    }
}

/* What the guest calls a file that a descriptor of its sysroot leads to, or NULL. */
static const char *below_descriptor(const char *name)
{
    size_t n = sizeof descriptors - 1;
    int32_t number = 0;

    if (hot_strncmp(name, descriptors, n) != 0) {
        return NULL;
    }
    for (; name[n] >= '0' && name[n] <= '9' && number < INT32_MAX / 16; n++) {
        number = 10 * number + name[n] - '0';
    }
    return number >= ENGINE_DESCRIPTOR_LOWEST && name[n] == '/' ? name + n : NULL;
}

/* The guest's name in place of the host's, which counts its NUL (unix_mkname_bsd()). */
static void view(struct thread *t, struct linux_socket_address *a)
{
    char path[PATH_ROOM + 1] = {0};
    struct path_room room;

    if (t->proc->settings.sysroot[0] == 0 || !has_path(a)) {
        return;
    }
    memcpy(path, a->bytes + PATH_AT, a->length - PATH_AT);
    const char *name = below_descriptor(path);
    if (name == NULL) {
        name = linux_path_view(t, path, &room);
    }
    if (name != path) {
        size_t size = hot_strlen(name) + 1;

        set_path(a, name, size <= PATH_ROOM ? size : PATH_ROOM);
    }
}

int64_t linux_socket_address_put(struct thread *t, struct linux_socket_address *a, guest_ptr to, int32_t room,
                                 guest_ptr length)
{
    view(t, a);
    if (room < 0) {
        return -EINVAL;
    }
    uint32_t size = a->length < (uint32_t)room ? a->length : (uint32_t)room;
    size = size < sizeof a->bytes ? size : sizeof a->bytes;
    if ((size > 0 && copyout(to, a->bytes, size) < 0) || COPYOUT(length, &a->length) < 0) {
        return -EFAULT;
    }
    return 0;
}

int64_t linux_socket_address_give(struct thread *t, struct linux_socket_address *a, guest_ptr to, guest_ptr length)
{
    int32_t room;

    return COPYIN(&room, length) < 0 ? -EFAULT : linux_socket_address_put(t, a, to, room, length);
}
