/* The helpers of files.h. */
#include "files.h"

enum { NOBODY = 65534 };

static void drop_and_run(void *argument)
{
    void (**function)(void) = argument;

    if (SYS(geteuid) == 0) {
        REQUIRE(SYS(setgroups, 0, 0) == 0);
        REQUIRE(SYS(setgid, NOBODY) == 0);
        REQUIRE(SYS(setuid, NOBODY) == 0);
    }
    (*function)();
}

int files_as_nobody(void (*function)(void))
{
    SYS(chmod, ".", 0777);
    return guest_in_child(drop_and_run, &function);
}

int64_t files_size(const char *path)
{
    struct freebsd_stat st;
    int64_t r = SYS(fstatat, FREEBSD_AT_FDCWD, path, &st, FREEBSD_AT_SYMLINK_NOFOLLOW);

    return r < 0 ? r : st.size;
}

int64_t files_mode(const char *path)
{
    struct freebsd_stat st;
    int64_t r = SYS(fstatat, FREEBSD_AT_FDCWD, path, &st, FREEBSD_AT_SYMLINK_NOFOLLOW);

    return r < 0 ? r : st.mode;
}

bool files_exists(const char *path)
{
    return files_mode(path) >= 0;
}

int files_pipe(void)
{
    int32_t fds[2] = {-1, -1};

    CHECK_OK(SYS(pipe2, fds, 0));
    return fds[0];
}

int files_socket(void)
{
    return (int)MUST(SYS(socket, FREEBSD_AF_UNIX, FREEBSD_SOCK_STREAM, 0));
}

int files_null(void)
{
    return (int)MUST(SYS(open, "/dev/null", FREEBSD_O_RDWR));
}

const char *files_long_path(size_t length)
{
    static char path[2048];

    for (size_t i = 0; i < length && i + 1 < sizeof(path); i++)
        path[i] = i % 2 == 0 ? '.' : '/';
    path[length < sizeof(path) ? length : sizeof(path) - 1] = 0;
    return path;
}

const char *files_long_name(void)
{
    static char name[257];

    memset(name, 'n', 256);
    return name;
}

const char *files_in_file(void)
{
    SYS(close, guest_file("notdir", "x"));
    return "notdir/below";
}

const char *files_in_loop(void)
{
    SYS(symlink, "circle", "circle");
    return "circle/below";
}
