/*
 * The commands of `dragoman`. Each gets the command's own arguments (argv[0] is the command's name,
 * argv[argc] is NULL) and returns the exit status of the program.
 */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include <stdbool.h>

/* dragoman's own exit statuses; everything else is the guest's. */
enum {
    EXIT_TIMEOUT = 124,      /* --timeout ran out */
    EXIT_DRAGOMAN = 125,     /* dragoman itself failed, or --strict met an unsupported call */
    EXIT_NOT_RUNNABLE = 126, /* the program was found and cannot be run */
    EXIT_NOT_FOUND = 127,    /* the program was not found */
};

/* An option of a command, or a part of it that is a command itself (`instance create`). */
struct command_item {
    const char *form;                   /* what is typed: "-t, --time SECONDS", "create NAME [OPTION...]" */
    const char *text;                   /* what it does */
    const struct command_item *options; /* of a part: its own, ending with a row without a form; NULL: none */
};

struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *usage;                /* what follows `dragoman NAME` in the usage line */
    const char *summary;              /* one line of `dragoman --help` */
    bool of_instances;                /* about isolated worlds: the manual page's section of these has it */
    const char *about;                /* what it does: paragraphs */
    const struct command_item *parts; /* each of these ends with a row without a form; NULL: none */
    const struct command_item *options;
    const char *more;     /* further paragraphs; NULL: none */
    const char *examples; /* lines, indented; NULL: none */
};

int cmd_run(int argc, char **argv);
int cmd_trace(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_db(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_ps(int argc, char **argv);
int cmd_start(int argc, char **argv);
int cmd_exec(int argc, char **argv);
int cmd_shell(int argc, char **argv);
int cmd_stop(int argc, char **argv);
int cmd_logs(int argc, char **argv);
int cmd_restart(int argc, char **argv);
int cmd_kill(int argc, char **argv);
int cmd_wait(int argc, char **argv);
int cmd_cp(int argc, char **argv);
int cmd_sysroot(int argc, char **argv);
int cmd_instance(int argc, char **argv);
int cmd_binfmt(int argc, char **argv);
int cmd_help(int argc, char **argv);

/*
 * The start that `dragoman binfmt enable` arranges: argv is dragoman's path, the program's path, and the program's own
 * argv. Returns an exit status, where it returns.
 */
int run_for_kernel(int argc, char **argv);

/*
 * The command called `name`, or NULL.
 */
const struct command *command_find(const char *name);

/*
 * The part of a command that is called so by the first word of its form, or NULL.
 */
const struct command_item *command_part(const struct command *command, const char *name);

/*
 * The commands in the order in which help lists them; the row after the last has no name.
 */
extern const struct command command_table[];

#endif
