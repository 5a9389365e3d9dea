#include "cli/commands.h"

#include <string.h>

#include "cli/message.h"

static const char run_details[] = "Runs PROGRAM as the foreign system would: takes its place, so that process id,\n"
                                  "terminal, signals and exit status are the program's own. PROGRAM is looked for\n"
                                  "in PATH, as a shell does. Programs that it starts run the same way; those of this\n"
                                  "host run natively.\n"
                                  "\n"
                                  "Exit status: the program's; 124 --timeout ran out; 125 dragoman itself failed, or\n"
                                  "--strict met an unsupported call; 126 PROGRAM cannot be run; 127 not found.\n"
                                  "\n"
                                  "Examples\n"
                                  "  dragoman run ./esbuild --version\n"
                                  "  dragoman run -L ./freebsd-14 /bin/sh -c 'uname -a'\n"
                                  "  dragoman run --timeout 30 --report out/ ./program\n"
                                  "  GOOS=freebsd go test ./...      (go finds go_freebsd_amd64_exec in PATH)";

static const char trace_details[] = "Runs PROGRAM and writes a line per system call, in the foreign system's names,\n"
                                    "with process and thread; follows children. The program keeps its own standard\n"
                                    "error; the lines go there too unless -o names a file.\n"
                                    "\n"
                                    "  -o FILE     write to FILE\n"
                                    "  -e FILTER   only these calls: names and classes, with commas between. Classes:\n"
                                    "              file, desc (a path, a descriptor among the arguments), network,\n"
                                    "              process, memory, signal and others. A leading ! takes the others.\n"
                                    "  -c          no lines, but a table at the end: calls, errors, time. It counts\n"
                                    "              until PROGRAM itself ends. Below it: how many of all calls came\n"
                                    "              from rewritten call sites and how many by traps; how many sites\n"
                                    "              were seen, rewritten, and refused, for which reasons.\n"
                                    "  -s N        show N bytes of each string (32)\n"
                                    "  --json      lines (or the table) as JSON\n"
                                    "\n"
                                    "The long options of `dragoman run`, -L and -w work here too.\n"
                                    "\n"
                                    "Examples\n"
                                    "  dragoman trace ./program\n"
                                    "  dragoman trace -e file -o calls.txt ./program\n"
                                    "  dragoman trace -e '!clock_gettime' ./program\n"
                                    "  dragoman trace -c ./program";

static const char check_details[] = "Says what FILE is, what it needs (libraries as ldd lists them, found in the\n"
                                    "sysroot that it takes) and what of it is not supported, without running it.\n"
                                    "\n"
                                    "Exit status: 0 it can be run; 1 it cannot, as when a library is missing.\n"
                                    "\n"
                                    "Examples\n"
                                    "  dragoman check ./esbuild\n"
                                    "  dragoman check -L 14.2 ./program\n"
                                    "  dragoman check --json ./esbuild";

static const char doctor_details[] =
    "Looks at this host: what dragoman needs, which ways of interception can be had and\n"
    "which one it takes, each with the next step where something is missing.\n"
    "\n"
    "Exit status: 0 programs can be run here; 1 they cannot.\n"
    "\n"
    "Examples\n"
    "  dragoman doctor\n"
    "  dragoman doctor --json";

static const char db_details[] = "What is known about compatibility.\n"
                                 "\n"
                                 "  syscalls [--json] [PERSONALITY]   every call with its level of support and note\n"
                                 "  show NAME|NUMBER                  one call\n"
                                 "  report [--json] DIR               adds up what `run --report DIR` wrote\n"
                                 "\n"
                                 "Levels: full; partial (the note says what is missing); stub (a fixed answer that is\n"
                                 "true here); nosys (not supported: the program gets an error); absent (the foreign\n"
                                 "system refuses it too).\n"
                                 "\n"
                                 "Examples\n"
                                 "  dragoman db syscalls\n"
                                 "  dragoman db show kevent\n"
                                 "  dragoman run --report out/ ./program; dragoman db report out/";

static const char binfmt_details[] = "Lets the kernel start FreeBSD programs through dragoman, so that ./program is\n"
                                     "enough. enable and disable want root, and last until the next boot.\n"
                                     "\n"
                                     "Examples\n"
                                     "  dragoman binfmt status\n"
                                     "  sudo dragoman binfmt enable";

static const char sysroot_details[] =
    "Keeps the files of FreeBSD releases, which dynamically linked programs need, and\n"
    "which C programs are built with. A program takes the one that fits its release\n"
    "best, or the one that is named: dragoman run -L NAME PROGRAM.\n"
    "\n"
    "  add [--link] NAME FILE|DIR|-...   unpacks base.txz, a container image, packages\n"
    "                                    (*.pkg), or copies a directory; - is standard\n"
    "                                    input. --link refers to a directory instead;\n"
    "                                    --platform OS/MACHINE takes that one of an\n"
    "                                    image's several\n"
    "  list [--json]                     all of them, with their releases\n"
    "  show NAME [--json]                one of them\n"
    "  path NAME                         where its files are\n"
    "  rm NAME...                        removes it (of a linked one, only the link)\n"
    "  toolchain NAME --cmake|--meson|--cargo|--go\n"
    "                                    prints the build tool's file for it\n"
    "\n"
    "They are kept in $XDG_DATA_HOME/dragoman/sysroots (~/.local/share/...); those in\n"
    "/usr/share/dragoman/sysroots are there for everybody. What an archive is shows in\n"
    "what is in it, whatever its compression and its name. Where NAME is wanted, a\n"
    "directory will do too.\n"
    "\n"
    "Examples\n"
    "  R=14.2-RELEASE\n"
    "  curl -O https://download.freebsd.org/releases/amd64/$R/base.txz\n"
    "  dragoman sysroot add 14.2 base.txz\n"
    "  dragoman run -L 14.2 /bin/sh\n"
    "  ssh freebsd-host tar -cf - -C / bin lib libexec usr | dragoman sysroot add mine -\n"
    "  dragoman sysroot toolchain 14.2 --cmake >freebsd.cmake\n"
    "  cmake -B build --toolchain freebsd.cmake";

static const char instance_details[] =
    "Keeps isolated worlds: each has a system's files of its own, and settings.\n"
    "\n"
    "  create NAME [--from SYSROOT|DIR]  makes one: empty, or with a copy of these files\n"
    "  import NAME FILE|-                makes one from an archive (tar, in any compression)\n"
    "                                    or a container image (OCI layout, docker save; of\n"
    "                                    several, the one for --platform OS/MACHINE), whose\n"
    "                                    program and variables become settings\n"
    "  export NAME [FILE|-] [--format F] writes its files: tar, tar.gz, tar.bz2, tar.xz,\n"
    "                                    tar.zst or tar.lz4, or oci, a container image;\n"
    "                                    else as FILE's name says. The same files are\n"
    "                                    always the same bytes\n"
    "  list [--json]                     all of them\n"
    "  show NAME [--json]                one of them, with its settings\n"
    "  set NAME KEY=VALUE...             changes settings; KEY= takes one away. --KEY VALUE\n"
    "                                    does, too\n"
    "  clone NAME NEW                    makes another with the same files, in a moment: each\n"
    "                                    has only its own changes from then on\n"
    "  snapshot NAME [SNAPSHOT]          keeps what it is now as NAME@SNAPSHOT, which show,\n"
    "                                    export and clone take in place of NAME\n"
    "  rename NAME NEW                   gives it another name, its snapshots with it\n"
    "  rm [-f] NAME|NAME@SNAPSHOT...     removes it with its snapshots; -f even if it runs\n"
    "\n"
    "create, import and clone take settings, too, as options: those that `dragoman help\n"
    "run` lists. --owners emulated does without subordinate ids even where they are to\n"
    "be had. clone, snapshot and export pause an instance that runs for as long as its\n"
    "own changes take to be copied.\n"
    "They are kept in $XDG_DATA_HOME/dragoman (~/.local/share/...): instances/NAME/config\n"
    "may be edited.\n"
    "\n"
    "Examples\n"
    "  mmdebstrap --variant=apt bookworm debian.tar\n"
    "  dragoman instance import debian debian.tar --memory 1g -v ~/src:/src\n"
    "  dragoman instance clone debian build\n"
    "  dragoman instance snapshot build before; dragoman instance clone build@before again\n"
    "  dragoman instance export build build.tar.zst";

static const char ps_details[] = "Lists the foreign programs that you are running: process, parent, state, system,\n"
                                 "release, and the first 512 bytes of the arguments. Programs started with another\n"
                                 "XDG_RUNTIME_DIR are in another list, and those of an instance in the\n"
                                 "instance's own.\n"
                                 "\n"
                                 "Examples\n"
                                 "  dragoman ps\n"
                                 "  dragoman ps --json\n"
                                 "  dragoman ps INSTANCE";

static const char start_details[] =
    "Starts instances: what `entrypoint` and `command` in an instance's configuration say,\n"
    "and what it writes goes to the log. Without these there is nothing in it until\n"
    "`dragoman exec` or `shell`, and it runs until it is stopped. `restart` says whether a\n"
    "command that ends is begun again.\n"
    "\n"
    "  --attach  stay until it ends, and stop it when asked to end; the exit status is the\n"
    "            command's\n"
    "\n"
    "At the start of the machine: systemctl --user enable --now dragoman@NAME, and\n"
    "loginctl enable-linger for an instance that is to run without a login.\n"
    "\n"
    "Examples\n"
    "  dragoman instance set appliance command='exec /usr/local/sbin/nginx' restart=always\n"
    "  dragoman start appliance";

static const char exec_details[] =
    "Runs PROGRAM in an instance that runs, beside what runs there. Options are podman's:\n"
    "without -i there is nothing on its standard input, and -t gives it a terminal. Where\n"
    "standard output is a terminal it gets one in any case, of the instance's own.\n"
    "\n"
    "  -i, --interactive  its standard input is yours\n"
    "  -t, --tty          a terminal for it\n"
    "  -d                 do not wait for it; it writes to the log\n"
    "\n"
    "Exit status: the program's, as for `dragoman run`.\n"
    "\n"
    "Examples\n"
    "  dragoman exec appliance ps ax\n"
    "  dragoman exec -it -u www appliance /bin/sh";

static const char shell_details[] =
    "Runs the user's login shell, as the instance's /etc/passwd names it, in the instance,\n"
    "which is started for that if it does not run.\n"
    "\n"
    "Examples\n"
    "  dragoman shell NAME\n"
    "  dragoman shell -u operator NAME";

static const char stop_details[] = "Ends all programs of an instance: SIGTERM, and SIGKILL for what is left after ten\n"
                                   "seconds, or as many as -t says. When it returns, nothing of the instance runs.\n"
                                   "\n"
                                   "Examples\n"
                                   "  dragoman stop NAME\n"
                                   "  dragoman stop -t 0 NAME";

static const char restart_details[] =
    "Stops instances and starts them, as their configurations say by now. What was started\n"
    "by `run -d` is not begun again: that is what `command` in a configuration is for.\n"
    "\n"
    "  -t, --time SECONDS  between SIGTERM and SIGKILL (10)\n"
    "\n"
    "Examples\n"
    "  dragoman restart NAME";

static const char kill_details[] =
    "Sends a signal to the program whose end is the instance's (`start` with a command, or\n"
    "`run -d`); where there is none, to all. KILL, which is sent if none is named, ends the\n"
    "instance, and it is not begun again.\n"
    "\n"
    "  -s, --signal SIGNAL  as HUP, SIGHUP or 1\n"
    "\n"
    "Examples\n"
    "  dragoman kill -s HUP NAME";

static const char wait_details[] =
    "Waits until instances that run have ended, and prints the exit status of each: that of\n"
    "its program, 128 and more where a signal ended it.\n"
    "\n"
    "Examples\n"
    "  dragoman run -d -i NAME make; dragoman wait NAME";

static const char cp_details[] =
    "Copies a file into an instance, which may run or not, or out of it. One of the two is\n"
    "INSTANCE:PATH; where a directory is named, the file keeps its name. Inside it is root's,\n"
    "and what is there already keeps its owner and mode.\n"
    "\n"
    "Examples\n"
    "  dragoman cp app.conf NAME:/etc/\n"
    "  dragoman cp NAME:/var/log/app.log .";

static const char logs_details[] =
    "Writes what the programs of an instance that run on their own have written, on standard\n"
    "output and error: the last 4 to 8 MB of it.\n"
    "\n"
    "  -f, --follow   go on as long as the instance runs\n"
    "  -n, --tail N   the last N lines\n"
    "\n"
    "Examples\n"
    "  dragoman logs NAME\n"
    "  dragoman logs -f --tail 20 NAME";

const struct command command_table[] = {
    {"run", cmd_run, "[OPTION...] [--] PROGRAM [ARG...]", "run a program", run_details},
    {"trace", cmd_trace, "[-o FILE] [-e FILTER] [-c] [-s N] [--json] [--] PROGRAM [ARG...]",
     "run a program and show its system calls", trace_details},
    {"check", cmd_check, "[-L NAME|DIR] [--json] FILE", "what a file is, what it needs, what it will miss",
     check_details},
    {"doctor", cmd_doctor, "[--json]", "can this host run foreign programs, and how", doctor_details},
    {"db", cmd_db, "syscalls|show|report ...", "what is supported, and what runs have missed", db_details},
    {"ps", cmd_ps, "[--json] [INSTANCE]", "your foreign programs that are running", ps_details},
    {"sysroot", cmd_sysroot, "add|list|show|path|rm|toolchain ...", "foreign systems' files, by name", sysroot_details},
    {"binfmt", cmd_binfmt, "enable|disable|status", "let the kernel start foreign programs by itself", binfmt_details},
    {"instance", cmd_instance, "create|import|export|list|show|set|clone|snapshot|rename|rm ...",
     "isolated worlds: making, copying, keeping them", instance_details},
    {"start", cmd_start, "[--attach] INSTANCE...", "start an instance", start_details},
    {"exec", cmd_exec, "[-itd] [-u USER] [-w DIR] [-e K=V] INSTANCE PROGRAM [ARG...]",
     "run a program in an instance that runs", exec_details},
    {"shell", cmd_shell, "[-u USER] [-w DIR] INSTANCE", "a shell in an instance", shell_details},
    {"stop", cmd_stop, "[-t SECONDS] INSTANCE...", "end an instance", stop_details},
    {"restart", cmd_restart, "[-t SECONDS] INSTANCE...", "end an instance, and start it", restart_details},
    {"kill", cmd_kill, "[-s SIGNAL] INSTANCE...", "send a signal to an instance", kill_details},
    {"wait", cmd_wait, "INSTANCE...", "wait for an instance's end", wait_details},
    {"cp", cmd_cp, "INSTANCE:PATH DEST|SOURCE INSTANCE:PATH", "copy a file into an instance, or out", cp_details},
    {"logs", cmd_logs, "[-f] [--tail N] INSTANCE", "what an instance wrote", logs_details},
    {"help", cmd_help, "[COMMAND]", "this text, or that of a command", "Tells what dragoman and its commands do."},
    {NULL, NULL, NULL, NULL, NULL},
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
