/*
 * dragoman's front door: finds the command and hands over. What the commands do stands in files of their own;
 * their names and help texts in commands.c.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>

#include "cli/commands.h"
#include "cli/elsewhere.h"
#include "cli/help.h"
#include "cli/inside.h"
#include "cli/keeper_link.h"
#include "cli/message.h"
#include "instance/cgroup.h"
#include "loader/start.h"

/* The kernel's flag P (linux/binfmts.h; Linux 5.12): argv[2] on is the program's own argv. */
#define AT_FLAGS_PRESERVE_ARGV0 1ul

static int unknown_command(const char *name)
{
    const char *hint = nearest(name, command_names());
    if (name[0] == '-') {
        return fail(EXIT_DRAGOMAN, "%s: unknown option (options of `run` follow the word run: dragoman run %s …)", name,
                    name);
    }
    const char *here = command_elsewhere(name);
    if (here != NULL) {
        return fail(EXIT_DRAGOMAN, "%s: unknown command (here that is %s)", name, here);
    }
    if (hint != NULL) {
        return fail(EXIT_DRAGOMAN, "%s: unknown command (did you mean `%s`? `dragoman --help` lists all)", name, hint);
    }
    return fail(EXIT_DRAGOMAN, "%s: unknown command (to run a program: dragoman run %s; `dragoman --help` lists all)",
                name, name);
}

/* A world that is to have a control group removes dead ones' when it makes its own; else a walk of the host's is for these. */
static bool looks_at_worlds(const struct command *command)
{
    return command->run == cmd_ps || command->run == cmd_instance || command->run == cmd_stop;
}

/* Where a program's own words follow, one of them may be --help; so it is the command's only right behind its name. */
static bool asks_for_help(const struct command *command, int argc, char **argv)
{
    int last = strstr(command->usage, "PROGRAM") != NULL && argc > 2 ? 2 : argc;
    for (int i = 1; i < last && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || (i == 1 && strcmp(argv[i], "-h") == 0)) {
            return command->run != cmd_help;
        }
    }
    return false;
}

/* `argv` from the command's name on. */
static int call_command(const struct command *command, int argc, char **argv)
{
    if (asks_for_help(command, argc, argv)) {
        /* Behind a part's name that is what is asked about. */
        return help_about(command, command->parts != NULL && argv[1][0] != '-' ? argv[1] : NULL);
    }
    keeper_reap();
    if (looks_at_worlds(command)) {
        cgroup_reap();
    }
    return command->run(argc, argv);
}

/* Whether we were started by the name that go looks for in PATH. */
static bool called_by_go(const char *name)
{
    const char *slash = strrchr(name, '/');
    return strcmp(slash != NULL ? slash + 1 : name, GO_RUNNER) == 0;
}

int main(int argc, char **argv)
{
    engine_resume();
    inside_start();
    if ((getauxval(AT_FLAGS) & AT_FLAGS_PRESERVE_ARGV0) != 0) {
        return run_for_kernel(argc, argv);
    }
    if (argc > 0 && called_by_go(argv[0])) {
        return call_command(command_find("run"), argc, argv);
    }
    if (argc < 2) {
        help_overview(stderr);
        return EXIT_DRAGOMAN;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        help_overview(stdout);
        return finish_output(stdout);
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        help_version(stdout);
        return finish_output(stdout);
    }
    const struct command *command = command_find(argv[1]);
    if (command == NULL) {
        return unknown_command(argv[1]);
    }
    return call_command(command, argc - 1, argv + 1);
}
