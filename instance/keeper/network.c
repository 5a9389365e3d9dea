#include "instance/keeper/network.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "instance/children.h"
#include "instance/complain.h"
#include "instance/keeper/keeper.h"

enum { FIXED_ARGUMENTS = 24, PORT_TEXT_MAX = 128 };

/*
 * podman's [[IP:]PORT:]INNER[/PROTOCOL] in pasta's spelling, [IP/]PORT:INNER, into `to`. Returns whether it is for UDP.
 */
static bool spell_port(const char *port, char to[PORT_TEXT_MAX])
{
    char copy[PORT_TEXT_MAX], address[PORT_TEXT_MAX] = "";
    snprintf(copy, sizeof copy, "%s", port);
    char *protocol = strchr(copy, '/');
    bool udp = protocol != NULL && strcmp(protocol, "/udp") == 0;
    if (protocol != NULL) {
        *protocol = '\0';
    }
    char *colon = strrchr(copy, ':');
    const char *inner = colon != NULL ? colon + 1 : copy, *outer = inner;
    if (colon != NULL) {
        *colon = '\0';
        char *before = strrchr(copy, ':');
        outer = before != NULL ? before + 1 : copy;
        if (before != NULL) {
            const char *from = copy + (copy[0] == '[');
            int length = (int)(before - from) - (before > from && before[-1] == ']');
            snprintf(address, sizeof address, "%.*s/", length, from);
        }
    }
    snprintf(to, PORT_TEXT_MAX, "%.60s%.30s:%.30s", address, outer, inner);
    return udp;
}

/*
 * A namespace of the world's as descriptor `at`. Pasta gets them so, and in place of its input and output, which are all that
 * it leaves open: Debian 12's AppArmor profile lets it look at no other process, and so not open that process's namespaces.
 */
static void place_namespace(pid_t world, const char *kind, int at)
{
    char path[48];
    snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)world, kind);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || dup2(fd, at) < 0) {
        _exit(complain("network: %s: %s (mount /proc)", path, strerror(errno)));
    }
}

static _Noreturn void exec_pasta(const struct instance_plan *plan, pid_t world)
{
    size_t ports = 0, n = 0;
    while (plan->ports != NULL && plan->ports[ports] != NULL) {
        ports++;
    }
    char **argv = calloc(FIXED_ARGUMENTS + 2 * ports, sizeof *argv);
    char(*texts)[PORT_TEXT_MAX] = calloc(ports + 1, sizeof *texts);
    if (argv == NULL || texts == NULL) {
        _exit(complain("out of memory (end something)"));
    }
    place_namespace(world, "net", 0);
    place_namespace(world, "user", 1);
    /* Nothing is forwarded but what is named; and the host's own loopback is not to be reached by way of a gateway. */
    static const char *const first[] = {
        "pasta", "--config-net",    "--quiet", "--no-map-gw",     "-T",       "none",           "-U",
        "none",  "--no-netns-quit", "--netns", "/proc/self/fd/0", "--userns", "/proc/self/fd/1"};
    for (; n < sizeof first / sizeof first[0]; n++) {
        argv[n] = (char *)first[n];
    }
    if (geteuid() == 0) {
        argv[n++] = (char *)"--runas"; /* it would become nobody, who may not enter the world */
        argv[n++] = (char *)"0:0";
    }
    bool given[2] = {false, false};
    for (size_t i = 0; i < ports; i++) {
        bool udp = spell_port(plan->ports[i], texts[i]);
        given[udp] = true;
        argv[n++] = (char *)(udp ? "-u" : "-t");
        argv[n++] = texts[i];
    }
    for (int udp = 0; udp < 2; udp++) {
        if (!given[udp]) {
            argv[n++] = (char *)(udp ? "-u" : "-t");
            argv[n++] = (char *)"none";
        }
    }
    static char *const environment[] = {(char *)"PATH=/usr/local/bin:/usr/bin:/bin", NULL};
    static const char *const places[] = {"/usr/local/bin/pasta", "/usr/bin/pasta", "/bin/pasta"};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        execve(places[i], argv, environment);
    }
    _exit(complain("network: pasta is not there: %s (install the package passt, or take --network none or host)",
                   strerror(errno)));
}

/* Starts it and waits until it has gone into the background, where it is this process's child. */
static int start_pasta(const struct instance_plan *plan, pid_t world)
{
    int status = 0;
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    pid_t pasta = fork();
    if (pasta == 0) {
        exec_pasta(plan, world);
    }
    while (pasta > 0 && waitpid(pasta, &status, 0) < 0 && errno == EINTR) {}
    if (pasta < 0 || status != 0) {
        return WIFEXITED(status) && WEXITSTATUS(status) == COMPLAINED
                   ? COMPLAINED
                   : complain("network: pasta does not connect it (the line above says why; --network none or host do "
                              "without)");
    }
    return 0;
}

static void end_children(void)
{
    do {
        children_kill();
    } while (waitpid(-1, NULL, 0) > 0 || errno == EINTR);
}

/* As long as `until` is open elsewhere. */
static _Noreturn void go_between(const struct instance_plan *plan, pid_t world, int until, int said)
{
    char byte;
    setsid(); /* what ends the others by the terminal is to leave pasta to this one */
    int status = start_pasta(plan, world);
    if (status == 0 && write(said, "", 1) == 1) {
        close(said);
        while (read(until, &byte, 1) < 0 && errno == EINTR) {}
    }
    end_children();
    _exit(status);
}

int network_connect(const struct instance_plan *plan, pid_t world, const int locks[2], struct network *out)
{
    int until[2], said[2];
    char byte;
    *out = (struct network){.until = -1};
    if (pipe2(until, O_CLOEXEC) != 0 || pipe2(said, O_CLOEXEC) != 0) {
        return complain("pipe: %s (close some files)", strerror(errno));
    }
    /* An orphan of its orphans, should it be killed. */
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    pid_t child = fork();
    if (child == 0) {
        int keep[] = {STDERR_FILENO, until[0], said[1], locks[0], locks[1]};
        keep_open(keep, sizeof keep / sizeof keep[0]);
        go_between(plan, world, until[0], said[1]);
    }
    close(until[0]);
    close(said[1]);
    *out = (struct network){.between = child > 0 ? child : 0, .until = until[1]};
    ssize_t n = child > 0 ? read(said[0], &byte, 1) : -1;
    close(said[0]);
    if (child < 0) {
        return complain("network: %s (end some processes)", strerror(errno));
    }
    return n == 1 ? 0 : COMPLAINED; /* it has said why */
}

void network_end(struct network *n)
{
    if (n->until >= 0) {
        close(n->until);
        while (waitpid(n->between, NULL, 0) < 0 && errno == EINTR) {}
        end_children();
    }
    *n = (struct network){.until = -1};
}
