/* See run. Each case prints a line of the suite's contract. */
#include <sys/param.h>
#include <sys/socket.h>
#include <sys/sysctl.h>
#include <sys/types.h>
#include <sys/un.h>
#include <sys/user.h>
#include <sys/wait.h>

#include <netinet/in.h>

#include <fcntl.h>
#include <libutil.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void verdict(const char *name, int good, const char *why)
{
    if (good)
        printf("ok %s\n", name);
    else
        printf("not ok %s # %s\n", name, why);
}

static pid_t waiting_child(void)
{
    int ends[2];
    char c;
    pid_t pid;

    pipe(ends);
    pid = fork();
    if (pid == 0) {
        setproctitle("child");
        write(ends[1], "x", 1);
        for (;;)
            pause();
    }
    read(ends[0], &c, 1);
    close(ends[0]);
    close(ends[1]);
    return pid;
}

static void processes(pid_t child)
{
    struct kinfo_proc *one = kinfo_getproc(child), *all;
    int n = 0, found = 0;

    verdict("getproc",
            one != NULL && one->ki_structsize == (int)sizeof(*one) && one->ki_pid == child &&
                one->ki_ppid == getpid() && one->ki_uid == geteuid() && strcmp(one->ki_comm, "data") == 0 &&
                one->ki_numthreads == 1,
            "the child's record");
    all = kinfo_getallproc(&n);
    for (int i = 0; i < n; i++)
        found += all[i].ki_pid == child || all[i].ki_pid == getpid();
    verdict("getallproc", found == 2, "parent or child is missing");
    free(one);
    free(all);
}

static void arguments(pid_t child)
{
    int name[4] = {CTL_KERN, KERN_PROC, KERN_PROC_ARGS, child};
    char text[256] = "";
    size_t size = sizeof(text);
    int r = sysctl(name, 4, text, &size, NULL, 0);

    verdict("title-of-another", r == 0 && strcmp(text, "data: child") == 0, text);
    setproctitle("-plain %d", 3);
    name[3] = -1;
    size = sizeof(text);
    sysctl(name, 4, text, &size, NULL, 0);
    verdict("own-title", strcmp(text, "plain 3") == 0, text);
}

static const struct kinfo_file *file_of(const struct kinfo_file *files, int n, int fd)
{
    for (int i = 0; i < n; i++)
        if (files[i].kf_fd == fd)
            return &files[i];
    return NULL;
}

static void files(pid_t child, int file, int listener, int local)
{
    struct sockaddr_in in;
    socklen_t length = sizeof(in);
    int n = 0;
    struct kinfo_file *list = kinfo_getfile(child, &n);
    const struct kinfo_file *f = file_of(list, n, file), *s = file_of(list, n, listener), *u = file_of(list, n, local);
    const struct kinfo_file *cwd = file_of(list, n, KF_FD_TYPE_CWD);
    char here[PATH_MAX];

    getsockname(listener, (struct sockaddr *)&in, &length);
    verdict("file",
            f != NULL && f->kf_type == KF_TYPE_VNODE && f->kf_vnode_type == KF_VTYPE_VREG && f->kf_offset == 3 &&
                strstr(f->kf_path, "/data.file") != NULL && (f->kf_flags & KF_FLAG_WRITE) != 0,
            f != NULL ? f->kf_path : "missing");
    verdict("socket",
            s != NULL && s->kf_type == KF_TYPE_SOCKET && s->kf_sock_domain == AF_INET &&
                s->kf_sock_type == SOCK_STREAM &&
                ((const struct sockaddr_in *)&s->kf_sa_local)->sin_port == in.sin_port,
            "the listening socket");
    verdict("local-socket",
            u != NULL && u->kf_sock_domain == AF_UNIX &&
                strstr(((const struct sockaddr_un *)&u->kf_sa_local)->sun_path, "data.socket") != NULL,
            u != NULL ? ((const struct sockaddr_un *)&u->kf_sa_local)->sun_path : "missing");
    verdict("directory", cwd != NULL && getcwd(here, sizeof(here)) != NULL && strcmp(here, cwd->kf_path) == 0,
            cwd != NULL ? cwd->kf_path : "missing");
    free(list);
}

static void mappings(pid_t child)
{
    int n = 0, libc = 0, text = 0;
    struct kinfo_vmentry *list = kinfo_getvmmap(child, &n);

    for (int i = 0; i < n; i++) {
        const struct kinfo_vmentry *e = &list[i];
        libc += e->kve_type == KVME_TYPE_VNODE && strstr(e->kve_path, "/libc.so.7") != NULL;
        text += e->kve_start <= (uintptr_t)&mappings && (uintptr_t)&mappings < e->kve_end &&
                (e->kve_protection & KVME_PROT_EXEC) != 0 && strstr(e->kve_path, "/data") != NULL;
    }
    verdict("mappings", libc > 0 && text == 1, "libc or the program's text is missing");
    free(list);
}

int main(int argc, char **argv)
{
    struct sockaddr_in in = {.sin_len = sizeof(in), .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_un un = {.sun_len = sizeof(un), .sun_family = AF_UNIX, .sun_path = "data.socket"};
    int file, listener, local;
    pid_t child;

    (void)argv;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 1) {
        setproctitle("worker %d of %d", 7, 9);
        printf("ready\n");
        for (;;)
            pause();
    }
    file = open("data.file", O_RDWR | O_CREAT, 0600);
    write(file, "abc", 3);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    bind(listener, (struct sockaddr *)&in, sizeof(in));
    listen(listener, 1);
    unlink("data.socket");
    local = socket(AF_UNIX, SOCK_STREAM, 0);
    bind(local, (struct sockaddr *)&un, sizeof(un));
    child = waiting_child();
    processes(child);
    arguments(child);
    files(child, file, listener, local);
    mappings(child);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    unlink("data.socket");
    unlink("data.file");
    return 0;
}
