#include "cli/options.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/elsewhere.h"
#include "cli/message.h"
#include "cli/option_isolation.h"
#include "cli/option_program.h"
#include "cli/option_values.h"
#include "cli/rootfs.h"

const struct option_row option_table[] = {
    {.name = "instance",
     .letter = 'i',
     .argument = ARGUMENT_REQUIRED,
     .value = "INSTANCE",
     .scope = OPTION_WORLD_CALL,
     .set = set_instance,
     .help = "Run in the named instance."},
    {.name = "isolate",
     .argument = ARGUMENT_NONE,
     .scope = OPTION_WORLD_CALL,
     .set = set_isolate,
     .help =
         "Run in an isolated world that is made for this run and is gone after it: root, processes, names and limits."},
    {.name = "isolation",
     .argument = ARGUMENT_REQUIRED,
     .value = "full|namespaces|fenced|engine",
     .scope = OPTION_WORLD,
     .set = set_isolation,
     .help = "The weakest isolation that will do where the host does not let all of it be had. full, the default, "
             "refuses to "
             "run with less; fenced and engine do without user namespaces."},
    {.name = "detach",
     .letter = 'd',
     .argument = ARGUMENT_NONE,
     .scope = OPTION_WORLD_CALL,
     .set = set_detach,
     .help = "Run in the background; what it writes goes to the instance's log."},
    {.name = "personality",
     .argument = ARGUMENT_REQUIRED,
     .value = "P",
     .scope = OPTION_KEPT,
     .set = set_personality,
     .help = "Take the program for one of this system instead of what its headers say. Known: freebsd, linux, "
             "linux-i386, linux-x32."},
    {.name = "osrel",
     .argument = ARGUMENT_REQUIRED,
     .value = "R",
     .scope = OPTION_KEPT,
     .set = set_osrel,
     .help = "The release that the program sees, as 14.2, 14.2-RELEASE or 1402000. Without it, the sysroot's, "
             "or 14.0 where there is no sysroot; or the release that the program was built for, if that is later."},
    {.name = "sysroot",
     .letter = 'L',
     .argument = ARGUMENT_REQUIRED,
     .value = "NAME|DIR",
     .set = set_sysroot,
     .help = "The foreign system's files, by name (`dragoman sysroot list`) or as a directory: absolute paths are "
             "looked for there first, so that a dynamic program finds its interpreter and libraries. Without it, a "
             "dynamic program takes the sysroot that fits its release best; `-L /` has it take none."},
    {.name = "rootfs",
     .argument = ARGUMENT_REQUIRED,
     .value = "DIR",
     .set = set_rootfs,
     .help = "Let this directory be the program's whole root: no name leads to anything else of the host's but what "
             "--volume shows, the devices that every container has, and /proc. The engine alone sees to that, without "
             "any privilege: it keeps programs in their place that know no better, and is no boundary against one that "
             "wants out (see --isolate). With --metadata emulated the program is its root."},
    {.name = "intercept",
     .argument = ARGUMENT_REQUIRED,
     .value = "auto|rewrite|sud|seccomp|ptrace",
     .scope = OPTION_KEPT,
     .set = set_intercept,
     .help = "How the program's system calls are caught: by rewriting the places that make them, or only by traps, "
             "which are slower, in one of three ways. auto, the default, takes the first that this host allows; "
             "`dragoman doctor` names it."},
    {.name = "ia32",
     .argument = ARGUMENT_REQUIRED,
     .value = "auto|absent",
     .scope = OPTION_KEPT,
     .set = set_ia32,
     .help =
         "Whether a 32-bit program's segments may come from the host's 32-bit calls, where it has them. absent does "
         "without, as on a host that has none; auto is the default."},
    {.name = "metadata",
     .argument = ARGUMENT_REQUIRED,
     .value = "off|nodes|emulated",
     .set = set_metadata,
     .help =
         "What of files is kept beside them that an ordinary user cannot set: with emulated the program is root, and "
         "owners, modes, set-id bits, device nodes and file flags are as it sets them; nodes keeps device nodes and "
         "flags alone, where owners are real. They stand in extended attributes of the files. off is the default."},
    {.name = "volume",
     .letter = 'v',
     .argument = ARGUMENT_REQUIRED,
     .repeats = true,
     .rooted = true,
     .value = "SRC:DST[:ro|rw]",
     .scope = OPTION_WORLD,
     .set = set_volume,
     .help = "Show a directory or file of the host's inside, at DST: to be read only, or with :rw to be written as "
             "well. May "
             "be given several times."},
    {.name = "mount",
     .argument = ARGUMENT_REQUIRED,
     .repeats = true,
     .value = "type=TYPE,...",
     .scope = OPTION_WORLD,
     .set = set_mount,
     .help = "The same in podman's longer words: type=bind,source=SRC,target=DST with ro or rw, or "
             "type=tmpfs,target=DST with tmpfs-size=SIZE or tmpfs-mode=MODE."},
    {.name = "tmpfs",
     .argument = ARGUMENT_REQUIRED,
     .repeats = true,
     .value = "DST[:size=SIZE,mode=MODE]",
     .scope = OPTION_WORLD,
     .set = set_tmpfs,
     .help = "An empty directory in memory, gone afterwards. May be given several times."},
    {.name = "network",
     .argument = ARGUMENT_REQUIRED,
     .value = "none|host|pasta",
     .scope = OPTION_WORLD,
     .set = set_network,
     .help = "The network of an isolated world: none but a loopback of its own, which is the default; the host's; or "
             "one of "
             "its own that pasta connects."},
    {.name = "device",
     .argument = ARGUMENT_REQUIRED,
     .scope = OPTION_WORLD,
     .repeats = true,
     .value = "PATH",
     .set = set_device,
     .help = "Let a device of the host's be seen and used inside, as /dev/fuse. May be given several times."},
    {.name = "publish",
     .letter = 'p',
     .argument = ARGUMENT_REQUIRED,
     .scope = OPTION_WORLD,
     .repeats = true,
     .value = "[[IP:]PORT:]INNER[/udp]",
     .set = set_publish,
     .help = "Forward a port of the host's, or a range as 8000-8010, to one inside. It has the network be pasta's. May "
             "be given several times."},
    {.name = "env",
     .letter = 'e',
     .argument = ARGUMENT_REQUIRED,
     .repeats = true,
     .value = "K=V",
     .scope = OPTION_KEPT,
     .set = set_env,
     .help = "Set a variable in the program's environment. May be given several times; DRAGOMAN_ENV holds one per "
             "line."},
    {.name = "env-file",
     .argument = ARGUMENT_REQUIRED,
     .value = "FILE",
     .set = set_env_file,
     .help = "Set variables as this file says: K=V in each line, or K alone for what it is here; lines that begin with "
             "# are none."},
    {.name = "workdir",
     .letter = 'w',
     .argument = ARGUMENT_REQUIRED,
     .value = "DIR",
     .scope = OPTION_KEPT,
     .set = set_workdir,
     .help = "Start in this directory. PROGRAM is looked for from there."},
    {.name = "user",
     .letter = 'u',
     .argument = ARGUMENT_REQUIRED,
     .value = "USER[:GROUP]",
     .of_program = true,
     .scope = OPTION_WORLD,
     .set = set_user,
     .help = "Run as this user, by name as the world's own /etc/passwd has it or by number; root, the default, is "
             "nobody outside."},
    {.name = "memory",
     .letter = 'm',
     .argument = ARGUMENT_REQUIRED,
     .value = "SIZE",
     .scope = OPTION_WORLD,
     .set = set_memory,
     .help = "The memory that all processes of the world may use together, swap included: bytes, or with k, m, g "
             "behind, as 512m."},
    {.name = "cpus",
     .argument = ARGUMENT_REQUIRED,
     .value = "N",
     .scope = OPTION_WORLD,
     .set = set_cpus,
     .help = "The processors that all of its processes may use together, as 1.5."},
    {.name = "pids-limit",
     .argument = ARGUMENT_REQUIRED,
     .value = "N",
     .scope = OPTION_WORLD,
     .set = set_pids_limit,
     .help = "The processes and threads that it may have."},
    {.name = "ulimit",
     .argument = ARGUMENT_REQUIRED,
     .scope = OPTION_WORLD,
     .value = "nofile=N",
     .set = set_ulimit,
     .help = "The files that each of its processes may have open."},
    {.name = "disk",
     .argument = ARGUMENT_REQUIRED,
     .scope = OPTION_WORLD,
     .value = "SIZE",
     .set = set_disk,
     .help = "The room that all of the instance's own files may take: what it writes, and what was imported or copied, "
             "until "
             "a snapshot or clone shares that (`dragoman instance show` tells both)."},
    {.name = "read-only",
     .argument = ARGUMENT_NONE,
     .rooted = true,
     .scope = OPTION_WORLD,
     .set = set_read_only,
     .help = "Let nothing be written to its root: /tmp, /run and /var/tmp neither, but what --tmpfs and --volume put "
             "there."},
    {.name = "restart",
     .argument = ARGUMENT_REQUIRED,
     .scope = OPTION_WORLD,
     .value = "no|on-failure[:N]|always|unless-stopped",
     .set = set_restart,
     .help = "Begin the instance's program again when it has ended: with a failure, at most N times; or always."},
    {.name = "command",
     .argument = ARGUMENT_REQUIRED,
     .of_program = true,
     .scope = OPTION_WORLD,
     .value = "COMMAND",
     .set = set_command,
     .help = "What runs in the instance where no program is named, as by `dragoman start`: for its /bin/sh, as "
             "/etc/rc or exec /usr/sbin/nginx -g 'daemon off;'; or without a shell, as [\"nginx\", \"-g\", \"daemon "
             "off;\"]. "
             "With an entrypoint, what comes behind that. The instance that was started ends with it. Without it, it "
             "runs until it is "
             "stopped."},
    {.name = "entrypoint",
     .argument = ARGUMENT_REQUIRED,
     .of_program = true,
     .scope = OPTION_WORLD,
     .value = "PROGRAM",
     .set = set_entrypoint,
     .help = "The program that gets the command for arguments, or a list as [\"tini\", \"--\"]. On the command line of "
             "a run "
             "it gets the words that stand in PROGRAM's place."},
    {.name = "stop-signal",
     .argument = ARGUMENT_REQUIRED,
     .scope = OPTION_WORLD,
     .value = "SIGNAL",
     .set = set_stop_signal,
     .help = "What the instance's program is asked to end by when it is stopped, as SIGQUIT. Without it, all programs "
             "are, by SIGTERM."},
    {.name = "expose",
     .argument = ARGUMENT_REQUIRED,
     .scope = OPTION_WORLD,
     .repeats = true,
     .value = "PORT[/PROTOCOL]",
     .set = set_expose,
     .help = "Note that its program listens there; --publish makes it be reached. May be given several times."},
    {.name = "hostname",
     .argument = ARGUMENT_REQUIRED,
     .value = "H",
     .scope = OPTION_WORLD,
     .set = set_hostname,
     .help = "The host's name inside; without it, the instance's."},
    {.name = "timeout",
     .argument = ARGUMENT_REQUIRED,
     .value = "SECONDS",
     .scope = OPTION_KEPT,
     .set = set_timeout,
     .help = "End the program and all its descendants after this time (fractions allowed): SIGTERM, and two seconds "
             "later SIGKILL. The exit status is then 124. 0 sets no limit. The program is then a child of dragoman "
             "instead of taking its place."},
    {.name = "trace",
     .argument = ARGUMENT_OPTIONAL,
     .value = "FILTER",
     .bare = "all",
     .set = set_trace,
     .help = "Write a line per system call to standard error. FILTER chooses: names and classes separated by commas, "
             "as open,%network; a leading ! takes the others. `dragoman help trace` tells more."},
    {.name = "report",
     .argument = ARGUMENT_REQUIRED,
     .value = "DIR",
     .set = set_report,
     .help = "Write what the program asked for and did not get to a file per process in this directory, which is made "
             "if need be, and how many calls came by rewritten sites and by traps; of an isolated world, to one file. "
             "`dragoman db report DIR` adds them up."},
    {.name = "strict",
     .argument = ARGUMENT_NONE,
     .scope = OPTION_KEPT,
     .set = set_strict,
     .help = "End the program with status 125 at the first system call that is not supported, instead of letting it "
             "go on with an error."},
    {.name = "verbose",
     .argument = ARGUMENT_NONE,
     .set = set_verbose,
     .help = "Let dragoman's own remarks go to standard error even where that is no terminal."},
    {.name = "quiet",
     .letter = 'q',
     .argument = ARGUMENT_NONE,
     .set = set_quiet,
     .help = "No remarks of dragoman's own, on a terminal neither."},
    {.name = NULL},
};

enum { ROWS = sizeof option_table / sizeof option_table[0] - 1 };

void run_request_init(struct run_request *request)
{
    *request = (struct run_request){.settings = {
                                        .magic = SETTINGS_MAGIC,
                                        .version = SETTINGS_VERSION,
                                        .size = sizeof(struct settings),
                                        .intercept_requested = INTERCEPT_AUTO,
                                        .intercept_effective = INTERCEPT_AUTO,
                                        .trace_mode = TRACE_OFF,
                                        .trace_fd = -1,
                                        .table_fd = -1,
                                        .trace_string_size = SETTINGS_TRACE_STRING,
                                    }};
    memset(request->settings.trace_calls, 0xff, sizeof request->settings.trace_calls);
    isolation_init(request);
    request->settings.stderr_is_tty = isatty(STDERR_FILENO) != 0;
}

void run_request_clear(struct run_request *request)
{
    for (size_t i = 0; i < request->env_count; i++) {
        free(request->env[i]);
    }
    free(request->env);
    free(request->workdir);
    configured_program_clear(&request->program);
    request->env = NULL;
    request->env_count = 0;
    request->workdir = NULL;
    isolation_clear(&request->plan);
}

const struct option_row *option_find(const char *name)
{
    name = strcmp(name, "net") == 0 ? "network" : name; /* podman's other word */
    for (const struct option_row *row = option_table; row->name != NULL; row++) {
        if (strcmp(row->name, name) == 0) {
            return row;
        }
    }
    return NULL;
}

const struct option_row *option_find_letter(char letter)
{
    for (const struct option_row *row = option_table; row->name != NULL; row++) {
        if (letter != '\0' && row->letter == letter) {
            return row;
        }
    }
    return NULL;
}

const char *const *option_names(void)
{
    static const char *names[ROWS + 1];
    for (size_t i = 0; i < ROWS; i++) {
        names[i] = option_table[i].name;
    }
    return names;
}

int option_apply(const struct option_row *row, struct run_request *request, const char *value, const char *where)
{
    bool typed = where[0] == '-';
    const char **first = row->rooted ? &request->rooted_option : &request->world_option;
    if (typed && row->scope >= OPTION_WORLD && *first == NULL) {
        *first = row->name;
    }
    if (typed && row->scope == OPTION_WORLD && request->world_starts == NULL && !row->of_program) {
        request->world_starts = row->name;
    }
    int status = row->set(request, value, where);
    return status == 0 && request->observer != NULL ? request->observer(request->observer_context, request, row, value)
                                                    : status;
}

static int unknown_option(const char *word)
{
    char name[64];
    size_t length = strcspn(word + 2, "=");
    if (length >= sizeof name) {
        return fail(EXIT_DRAGOMAN, "%s: unknown option (`dragoman help run` lists all)", word);
    }
    memcpy(name, word + 2, length);
    name[length] = '\0';
    const char *here = option_elsewhere(name);
    if (here != NULL) {
        return fail(EXIT_DRAGOMAN, "--%s: unknown option: %s", name, here);
    }
    const char *hint = nearest(name, option_names());
    if (hint != NULL) {
        return fail(EXIT_DRAGOMAN, "--%s: unknown option (did you mean --%s?)", name, hint);
    }
    return fail(EXIT_DRAGOMAN, "--%s: unknown option (`dragoman help run` lists all)", name);
}

/* --name, --name=VALUE, --name VALUE. Returns words taken, or a negative exit status. */
static int take_long(struct run_request *request, int argc, char **argv, int at)
{
    char name[64];
    const char *word = argv[at] + 2;
    const char *equals = strchr(word, '=');
    size_t length = equals != NULL ? (size_t)(equals - word) : strlen(word);
    if (length >= sizeof name) {
        return -unknown_option(argv[at]);
    }
    memcpy(name, word, length);
    name[length] = '\0';
    const struct option_row *row = option_find(name);
    if (row == NULL) {
        return -unknown_option(argv[at]);
    }
    char where[sizeof name + 2];
    snprintf(where, sizeof where, "--%s", name);
    const char *value = equals != NULL ? equals + 1 : row->bare;
    int taken = 1;
    if (equals == NULL && row->argument == ARGUMENT_NONE) {
        value = "yes";
    } else if (equals == NULL && row->argument == ARGUMENT_REQUIRED) {
        if (at + 1 >= argc) {
            return -fail(EXIT_DRAGOMAN, "%s: wants a value (%s %s)", where, where, row->value);
        }
        value = argv[at + 1];
        taken = 2;
    }
    int status = option_apply(row, request, value, where);
    return status != 0 ? -status : taken;
}

static int unknown_letter(const char *where)
{
    const char *here = option_elsewhere(where + 1);
    return here != NULL ? fail(EXIT_DRAGOMAN, "%s: unknown option: %s", where, here)
                        : fail(EXIT_DRAGOMAN, "%s: unknown option (`dragoman help run` lists all)", where);
}

/* -x, -xVALUE, -x VALUE; switches may share a dash, as -dq. */
static int take_short(struct run_request *request, int argc, char **argv, int at)
{
    for (const char *letter = argv[at] + 1; *letter != '\0'; letter++) {
        const struct option_row *row = option_find_letter(*letter);
        char where[3] = {'-', *letter, '\0'};
        if (row == NULL) {
            return -unknown_letter(where);
        }
        if (row->argument == ARGUMENT_NONE) {
            int status = option_apply(row, request, "yes", where);
            if (status != 0) {
                return -status;
            }
            continue;
        }
        const char *value = letter[1] != '\0' ? letter + 1 : NULL;
        int taken = 1;
        if (value == NULL) {
            if (at + 1 >= argc) {
                return -fail(EXIT_DRAGOMAN, "%s: wants a value (%s %s)", where, where, row->value);
            }
            value = argv[at + 1];
            taken = 2;
        }
        int status = option_apply(row, request, value, where);
        return status != 0 ? -status : taken;
    }
    return 1;
}

int options_from_arguments(struct run_request *request, int argc, char **argv, extra_options *extra, void *context)
{
    int at = 1;
    while (at < argc) {
        const char *word = argv[at];
        if (strcmp(word, "--") == 0) {
            return at + 1;
        }
        if (word[0] != '-' || word[1] == '\0') {
            break;
        }
        int taken = extra != NULL ? extra(context, argc, argv, at) : 0;
        if (taken == 0) {
            taken = word[1] == '-' ? take_long(request, argc, argv, at) : take_short(request, argc, argv, at);
        }
        if (taken < 0) {
            return taken;
        }
        at += taken;
    }
    return at;
}
