#include "cli/commands.h"

#include <stddef.h>
#include <string.h>

/*
 * What help and the manual page say of the commands. Paragraphs are wrapped where they are printed; an empty line stands
 * between two. `run`'s options have a table of their own (cli/options.c).
 */

static const char run_about[] =
    "Runs PROGRAM as the foreign system would: takes its place, so that process id, terminal, signals and exit status "
    "are the program's own. PROGRAM is looked for in PATH, as a shell does. Programs that it starts run the same way; "
    "those of this host run natively.\n"
    "\n"
    "Exit status: the program's; 124 --timeout ran out; 125 dragoman itself failed, or --strict met an unsupported "
    "call; 126 PROGRAM cannot be run; 127 not found.";

static const char run_examples[] = "  dragoman run ./esbuild --version\n"
                                   "  dragoman run -L ./freebsd-14 /bin/sh -c 'uname -a'\n"
                                   "  dragoman run --timeout 30 --report out/ ./program\n"
                                   "  GOOS=freebsd go test ./...      (go finds go_freebsd_amd64_exec in PATH)";

static const char trace_about[] =
    "Runs PROGRAM and writes a line per system call, in the foreign system's names, with process and thread; follows "
    "children. The program keeps its own standard error; the lines go there too unless -o names a file.";

static const struct command_item trace_options[] = {
    {"-o FILE", "write to FILE", NULL},
    {"-e FILTER",
     "only these calls: names and classes, with commas between. Classes: file, desc (a path, a descriptor among the "
     "arguments), network, process, memory, signal and others. A leading ! takes the others.",
     NULL},
    {"-c",
     "no lines, but a table at the end: calls, errors, time. It counts until PROGRAM itself ends. Below it: how many "
     "of "
     "all calls came from rewritten call sites and how many by traps; how many sites were seen, rewritten, and "
     "refused, for which reasons.",
     NULL},
    {"-s N", "show N bytes of each string (32)", NULL},
    {"--json", "lines (or the table) as JSON", NULL},
    {NULL, NULL, NULL},
};

static const char trace_more[] = "The long options of `dragoman run`, -L and -w work here too.";

static const char trace_examples[] = "  dragoman trace ./program\n"
                                     "  dragoman trace -e file -o calls.txt ./program\n"
                                     "  dragoman trace -e '!clock_gettime' ./program\n"
                                     "  dragoman trace -c ./program";

static const char check_about[] =
    "Says what FILE is, what it needs (libraries as ldd lists them, found in the sysroot that it takes) and what of it "
    "is not supported, without running it.\n"
    "\n"
    "Exit status: 0 it can be run; 1 it cannot, as when a library is missing.";

static const char check_examples[] = "  dragoman check ./esbuild\n"
                                     "  dragoman check -L 14.2 ./program\n"
                                     "  dragoman check --json ./esbuild";

static const char doctor_about[] =
    "Looks at this host: what dragoman needs, which ways of interception can be had and which one it takes, each with "
    "the next step where something is missing.\n"
    "\n"
    "Exit status: 0 programs can be run here; 1 they cannot.";

static const char doctor_examples[] = "  dragoman doctor\n"
                                      "  dragoman doctor --json";

static const struct command_item db_parts[] = {
    {"syscalls [--json] [PERSONALITY]", "every call with its level of support and note", NULL},
    {"show NAME|NUMBER", "one call", NULL},
    {"report [--json] DIR", "adds up what `run --report DIR` wrote", NULL},
    {NULL, NULL, NULL},
};

static const char db_more[] =
    "Levels: full; partial (the note says what is missing); stub (a fixed answer that is true here); nosys (not "
    "supported: the program gets an error); absent (the foreign system refuses it too).";

static const char db_examples[] = "  dragoman db syscalls\n"
                                  "  dragoman db show kevent\n"
                                  "  dragoman run --report out/ ./program; dragoman db report out/";

static const char ps_about[] =
    "Lists the foreign programs that you are running: process, parent, state, system, release (of FreeBSD), and the "
    "first 512 bytes of the arguments. Programs started with another XDG_RUNTIME_DIR are in another list, and those of "
    "an instance in the instance's own.";

static const char ps_examples[] = "  dragoman ps\n"
                                  "  dragoman ps --json\n"
                                  "  dragoman ps INSTANCE";

static const char sysroot_about[] =
    "Keeps the files of FreeBSD releases, which dynamically linked programs need, and which C programs are built with. "
    "A program takes the one that fits its release best, or the one that is named: dragoman run -L NAME PROGRAM.";

static const struct command_item sysroot_add_options[] = {
    {"--link", "refer to the directory instead of copying it", NULL},
    {"--platform OS/MACHINE", "which of a container image's several, as freebsd/amd64; else one that runs here", NULL},
    {NULL, NULL, NULL},
};

static const struct command_item sysroot_parts[] = {
    {"add [--link] [--platform OS/MACHINE] NAME FILE|DIR|-...",
     "unpacks base.txz, a container image, packages (*.pkg), or copies a directory; - is standard input. --link refers "
     "to a directory instead; --platform takes that one of an image's several",
     sysroot_add_options},
    {"list [--json]", "all of them, with their releases", NULL},
    {"show NAME [--json]", "one of them", NULL},
    {"path NAME", "where its files are", NULL},
    {"rm NAME...", "removes it (of a linked one, only the link)", NULL},
    {"toolchain NAME --cmake|--meson|--cargo|--go", "prints the build tool's file for it", NULL},
    {NULL, NULL, NULL},
};

static const char sysroot_more[] =
    "They are kept in $XDG_DATA_HOME/dragoman/sysroots (~/.local/share/...); those in /usr/share/dragoman/sysroots are "
    "there for everybody. What an archive is shows in what is in it, whatever its compression and its name. Where NAME "
    "is wanted, a directory will do too.";

static const char sysroot_examples[] =
    "  R=14.2-RELEASE\n"
    "  curl -O https://download.freebsd.org/releases/amd64/$R/base.txz\n"
    "  dragoman sysroot add 14.2 base.txz\n"
    "  dragoman run -L 14.2 /bin/sh\n"
    "  ssh freebsd-host tar -cf - -C / bin lib libexec usr | dragoman sysroot add mine -\n"
    "  dragoman sysroot toolchain 14.2 --cmake >freebsd.cmake\n"
    "  cmake -B build --toolchain freebsd.cmake";

static const char binfmt_about[] =
    "Lets the kernel start FreeBSD programs through dragoman, so that ./program is enough.";

static const struct command_item binfmt_parts[] = {
    {"enable", "registers dragoman with the kernel until the next boot; wants root", NULL},
    {"disable", "takes that back; wants root", NULL},
    {"status", "tells what is registered", NULL},
    {NULL, NULL, NULL},
};

static const char binfmt_examples[] = "  dragoman binfmt status\n"
                                      "  sudo dragoman binfmt enable";

#define OWNERS_ITEM                                                                                                    \
    {                                                                                                                  \
        "--owners subordinate|emulated|auto",                                                                          \
            "whose the files are to the host: ids of your range in /etc/subuid, or all yours, with owners and modes "  \
            "kept in an attribute. auto, the default, takes subordinate where it can be had; emulated does without "   \
            "even there",                                                                                              \
            NULL                                                                                                       \
    }
#define SETTINGS_ITEM                                                                                                  \
    {                                                                                                                  \
        "--KEY VALUE", "settings: the options of `dragoman run` that are about a world, as --memory 1g", NULL          \
    }

static const struct command_item create_options[] = {
    {"--from SYSROOT|DIR", "with a copy of these files; without it there are none, for what --volume shows", NULL},
    OWNERS_ITEM,
    SETTINGS_ITEM,
    {NULL, NULL, NULL},
};

static const struct command_item import_options[] = {
    {"--platform OS/MACHINE", "which of a container image's several, as linux/amd64; else one that runs here", NULL},
    OWNERS_ITEM,
    SETTINGS_ITEM,
    {NULL, NULL, NULL},
};

static const struct command_item export_options[] = {
    {"--format FORMAT", "how: tar, tar.gz, tar.bz2, tar.xz, tar.zst or tar.lz4, or oci, a container image", NULL},
    {NULL, NULL, NULL},
};

static const struct command_item clone_options[] = {SETTINGS_ITEM, {NULL, NULL, NULL}};

static const struct command_item rm_options[] = {
    {"-f, --force", "even if it runs: it is stopped", NULL},
    {NULL, NULL, NULL},
};

static const struct command_item instance_parts[] = {
    {"create NAME [--from SYSROOT|DIR] [OPTION...]", "makes one: empty, or with a copy of these files", create_options},
    {"import NAME FILE|- [OPTION...]",
     "makes one from an archive (tar, in any compression) or a container image (OCI layout, docker save; of several, "
     "the one for --platform OS/MACHINE), whose program and variables become settings",
     import_options},
    {"export NAME[@SNAPSHOT] [FILE|-] [--format FORMAT]",
     "writes its files: tar, tar.gz, tar.bz2, tar.xz, tar.zst or tar.lz4, or oci, a container image; else as FILE's "
     "name says. The same files are always the same bytes",
     export_options},
    {"list [--json]", "all of them", NULL},
    {"show NAME [--json]", "one of them, with its settings", NULL},
    {"set NAME KEY=VALUE...", "changes settings; KEY= takes one away. --KEY VALUE does, too", NULL},
    {"clone NAME[@SNAPSHOT] NEW [OPTION...]",
     "makes another with the same files, in a moment: each has only its own changes from then on", clone_options},
    {"snapshot NAME [SNAPSHOT]",
     "keeps what it is now as NAME@SNAPSHOT, which show, export and clone take in place of NAME", NULL},
    {"rename NAME NEW", "gives it another name, its snapshots with it", NULL},
    {"rm [-f] NAME|NAME@SNAPSHOT...", "removes it with its snapshots; -f even if it runs", rm_options},
    {NULL, NULL, NULL},
};

static const char instance_more[] =
    "create, import and clone take settings, too, as options: those that `dragoman help run` lists. create and import "
    "take --owners subordinate|emulated as well (`dragoman help instance create`). clone, snapshot and export pause an "
    "instance that runs for as long as its own changes take to be copied.\n"
    "\n"
    "They are kept in $XDG_DATA_HOME/dragoman (~/.local/share/...): instances/NAME/config may be edited. `dragoman "
    "help "
    "instance PART` tells of one part, as `dragoman help instance import`.";

static const char instance_examples[] =
    "  mmdebstrap --variant=apt bookworm debian.tar\n"
    "  dragoman instance import debian debian.tar --memory 1g -v ~/src:/src\n"
    "  dragoman instance clone debian build\n"
    "  dragoman instance snapshot build before; dragoman instance clone build@before again\n"
    "  dragoman instance export build build.tar.zst";

static const char start_about[] =
    "Starts instances: what `entrypoint` and `command` in an instance's configuration say, and what it writes goes to "
    "the log. Without these there is nothing in it until `dragoman exec` or `shell`, and it runs until it is stopped. "
    "`restart` says whether a command that ends is begun again.";

static const struct command_item start_options[] = {
    {"-a, --attach", "stay until it ends, and stop it when asked to end; the exit status is the command's", NULL},
    {NULL, NULL, NULL},
};

static const char start_more[] =
    "At the start of the machine: systemctl --user enable --now dragoman@NAME, and loginctl "
    "enable-linger for an instance that is to run without a login.";

static const char start_examples[] =
    "  dragoman instance set appliance command='exec /usr/local/sbin/nginx' restart=always\n"
    "  dragoman start appliance";

static const char exec_about[] =
    "Runs PROGRAM in an instance that runs, beside what runs there. Options are podman's, and stand before the "
    "instance's name: without -i there is nothing on its standard input, and -t gives it a terminal. Where standard "
    "output is a terminal it gets one in any case, of the instance's own.";

static const struct command_item exec_options[] = {
    {"-i, --interactive", "its standard input is yours", NULL},
    {"-t, --tty", "a terminal for it", NULL},
    {"-d, --detach", "do not wait for it; it writes to the log", NULL},
    {"-u, --user USER", "as this user of the instance's", NULL},
    {"-w, --workdir DIR", "in this directory of the instance's", NULL},
    {"-e, --env K=V", "with this variable", NULL},
    {NULL, NULL, NULL},
};

static const char exec_more[] =
    "Other options of `dragoman run` that are about a program, as --timeout, work here too.\n"
    "\n"
    "Exit status: the program's, as for `dragoman run`.";

static const char exec_examples[] = "  dragoman exec appliance ps ax\n"
                                    "  dragoman exec -it -u www appliance /bin/sh";

static const char shell_about[] =
    "Runs the user's login shell, as the instance's /etc/passwd names it, in the instance, "
    "which is started for that if it does not run.";

static const struct command_item shell_options[] = {
    {"-u, --user USER", "as this user of the instance's, and not as root", NULL},
    {"-w, --workdir DIR", "in this directory of the instance's", NULL},
    {NULL, NULL, NULL},
};

static const char shell_examples[] = "  dragoman shell NAME\n"
                                     "  dragoman shell -u operator NAME";

static const char stop_about[] =
    "Ends all programs of an instance: SIGTERM (or what `stop-signal` in its configuration "
    "says, to its program alone), and SIGKILL for what is left after ten seconds, or as many "
    "as -t says. When it returns, nothing of the instance runs.";

static const struct command_item stop_options[] = {
    {"-t, --time SECONDS", "between SIGTERM and SIGKILL (10)", NULL},
    {NULL, NULL, NULL},
};

static const char stop_examples[] = "  dragoman stop NAME\n"
                                    "  dragoman stop -t 0 NAME";

static const char restart_about[] =
    "Stops instances and starts them, as their configurations say by now. What was started by `run -d` is not begun "
    "again: that is what `command` in a configuration is for.";

static const char restart_examples[] = "  dragoman restart NAME";

static const char kill_about[] =
    "Sends a signal to the program whose end is the instance's (`start` with a command, or `run -d`); where there is "
    "none, to all. KILL, which is sent if none is named, ends the instance, and it is not begun again.";

static const struct command_item kill_options[] = {
    {"-s, --signal SIGNAL", "as HUP, SIGHUP or 1", NULL},
    {NULL, NULL, NULL},
};

static const char kill_examples[] = "  dragoman kill -s HUP NAME";

static const char wait_about[] =
    "Waits until instances that run have ended, and prints the exit status of each: that of "
    "its program, 128 and more where a signal ended it. Of one that has ended already it is that of what ran in the "
    "background last, as `dragoman instance show` has it, too.";

static const char wait_examples[] = "  dragoman run -d -i NAME make; dragoman wait NAME";

static const char cp_about[] =
    "Copies a file into an instance, which may run or not, or out of it. One of the two is INSTANCE:PATH; where a "
    "directory is named, the file keeps its name. Inside it is root's, and what is there already keeps its owner and "
    "mode.\n"
    "\n"
    "Directories are not copied: -v SRC:DST shows one inside, tar and `dragoman exec` bring one in or out, and "
    "`dragoman instance export` writes all files.";

static const char cp_examples[] = "  dragoman cp app.conf NAME:/etc/\n"
                                  "  dragoman cp NAME:/var/log/app.log .\n"
                                  "  tar -cf - DIR | dragoman exec -i NAME tar -xf - -C /srv\n"
                                  "  dragoman exec NAME tar -cf - -C /srv DIR | tar -xf -";

static const char logs_about[] =
    "Writes what the programs of an instance that run on their own have written, on standard "
    "output and error: the last 4 to 8 MB of it.";

static const struct command_item logs_options[] = {
    {"-f, --follow", "go on as long as the instance runs", NULL},
    {"-n, --tail N", "the last N lines", NULL},
    {NULL, NULL, NULL},
};

static const char logs_examples[] = "  dragoman logs NAME\n"
                                    "  dragoman logs -f --tail 20 NAME";

const struct command command_table[] = {
    {.name = "run",
     .run = cmd_run,
     .usage = "[OPTION...] [--] PROGRAM [ARG...]",
     .summary = "run a program",
     .about = run_about,
     .examples = run_examples},
    {.name = "trace",
     .run = cmd_trace,
     .usage = "[-o FILE] [-e FILTER] [-c] [-s N] [--json] [--] PROGRAM [ARG...]",
     .summary = "run a program and show its system calls",
     .about = trace_about,
     .options = trace_options,
     .more = trace_more,
     .examples = trace_examples},
    {.name = "check",
     .run = cmd_check,
     .usage = "[-L NAME|DIR] [--json] FILE",
     .summary = "what a file is, what it needs, what it will miss",
     .about = check_about,
     .examples = check_examples},
    {.name = "doctor",
     .run = cmd_doctor,
     .usage = "[--json]",
     .summary = "can this host run foreign programs, and how",
     .about = doctor_about,
     .examples = doctor_examples},
    {.name = "db",
     .run = cmd_db,
     .usage = "syscalls|show|report ...",
     .summary = "what is supported, and what runs have missed",
     .about = "What is known about compatibility.",
     .parts = db_parts,
     .more = db_more,
     .examples = db_examples},
    {.name = "ps",
     .run = cmd_ps,
     .usage = "[--json] [INSTANCE]",
     .summary = "your foreign programs that are running",
     .about = ps_about,
     .examples = ps_examples},
    {.name = "sysroot",
     .run = cmd_sysroot,
     .usage = "add|list|show|path|rm|toolchain ...",
     .summary = "foreign systems' files, by name",
     .about = sysroot_about,
     .parts = sysroot_parts,
     .more = sysroot_more,
     .examples = sysroot_examples},
    {.name = "binfmt",
     .run = cmd_binfmt,
     .usage = "enable|disable|status",
     .summary = "let the kernel start foreign programs by itself",
     .about = binfmt_about,
     .parts = binfmt_parts,
     .examples = binfmt_examples},
    {.name = "instance",
     .run = cmd_instance,
     .usage = "create|import|export|list|show|set|clone|snapshot|rename|rm ...",
     .summary = "isolated worlds: making, copying, keeping them",
     .of_instances = true,
     .about = "Keeps isolated worlds: each has a system's files of its own, and settings.",
     .parts = instance_parts,
     .more = instance_more,
     .examples = instance_examples},
    {.name = "start",
     .run = cmd_start,
     .usage = "[--attach] INSTANCE...",
     .summary = "start an instance",
     .of_instances = true,
     .about = start_about,
     .options = start_options,
     .more = start_more,
     .examples = start_examples},
    {.name = "exec",
     .run = cmd_exec,
     .usage = "[-itd] [-u USER] [-w DIR] [-e K=V] INSTANCE PROGRAM [ARG...]",
     .summary = "run a program in an instance that runs",
     .of_instances = true,
     .about = exec_about,
     .options = exec_options,
     .more = exec_more,
     .examples = exec_examples},
    {.name = "shell",
     .run = cmd_shell,
     .usage = "[-u USER] [-w DIR] INSTANCE",
     .summary = "a shell in an instance",
     .of_instances = true,
     .about = shell_about,
     .options = shell_options,
     .examples = shell_examples},
    {.name = "stop",
     .run = cmd_stop,
     .usage = "[-t SECONDS] INSTANCE...",
     .summary = "end an instance",
     .of_instances = true,
     .about = stop_about,
     .options = stop_options,
     .examples = stop_examples},
    {.name = "restart",
     .run = cmd_restart,
     .usage = "[-t SECONDS] INSTANCE...",
     .summary = "end an instance, and start it",
     .of_instances = true,
     .about = restart_about,
     .options = stop_options,
     .examples = restart_examples},
    {.name = "kill",
     .run = cmd_kill,
     .usage = "[-s SIGNAL] INSTANCE...",
     .summary = "send a signal to an instance",
     .of_instances = true,
     .about = kill_about,
     .options = kill_options,
     .examples = kill_examples},
    {.name = "wait",
     .run = cmd_wait,
     .usage = "INSTANCE...",
     .summary = "wait for an instance's end",
     .of_instances = true,
     .about = wait_about,
     .examples = wait_examples},
    {.name = "cp",
     .run = cmd_cp,
     .usage = "INSTANCE:PATH DEST|SOURCE INSTANCE:PATH",
     .summary = "copy a file into an instance, or out",
     .of_instances = true,
     .about = cp_about,
     .examples = cp_examples},
    {.name = "logs",
     .run = cmd_logs,
     .usage = "[-f] [--tail N] INSTANCE",
     .summary = "what an instance wrote",
     .of_instances = true,
     .about = logs_about,
     .options = logs_options,
     .examples = logs_examples},
    {.name = "help",
     .run = cmd_help,
     .usage = "[COMMAND] [PART]",
     .summary = "this text, or that of a command",
     .about = "Tells what dragoman and its commands do."},
    {.name = NULL},
};

const struct command *command_find(const char *name)
{
    for (const struct command *c = command_table; c->name != NULL; c++) {
        if (strcmp(c->name, name) == 0) {
            return c;
        }
    }
    return NULL;
}

const struct command_item *command_part(const struct command *command, const char *name)
{
    for (const struct command_item *p = command->parts; p != NULL && p->form != NULL; p++) {
        size_t length = strcspn(p->form, " ");
        if (strlen(name) == length && strncmp(p->form, name, length) == 0) {
            return p;
        }
    }
    return NULL;
}
