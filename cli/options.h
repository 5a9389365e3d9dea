/*
 * The options of `dragoman run`, described once: the table drives the command line, the DRAGOMAN_* variables, the keys
 * of the configuration file, the help text and the manual page's section, so that they cannot drift apart.
 *
 * An option beats a variable, a variable beats the file: the three are applied in that order, last one wins.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/settings.h"
#include "instance/plan.h"

/* When an instance that has ended is to begin again, as podman has it. */
enum restart_policy { RESTART_NO, RESTART_ON_FAILURE, RESTART_ALWAYS, RESTART_UNLESS_STOPPED };

struct option_row;
struct run_request;

/* What an instance is for: what runs in it where no program is named. As container images have it. */
struct configured_program {
    char **entrypoint; /* NULL-terminated; NULL: none */
    char **words;      /* what comes behind that, or is the program with its arguments; NULL: none */
    /* Said on the command line, where it goes before what an instance is configured with. */
    bool entrypoint_given, words_given;
    int stop_signal; /* what it is asked to end by; 0: SIGTERM, as all others are */
    char **exposed;  /* ports that it listens at, NULL-terminated, for people to know; NULL: none */
};

/* Told of an option that was applied. Returns 0, or an exit status after complaining. */
typedef int option_observer(void *context, const struct run_request *request, const struct option_row *row,
                            const char *value);

/* Everything that options can say; what the engine needs of it is in `settings`, what a world of its own needs in `plan`. */
struct run_request {
    struct settings settings;
    uint64_t timeout_ms; /* 0: none; in plan.limits, too */
    char *workdir;       /* NULL: the caller's */
    char **env;          /* NULL-terminated "K=V" settings for the guest, in the order given; may be NULL */
    size_t env_count;
    struct instance_plan plan; /* its name is -i's; its strings are the request's; no root */
    bool isolate;              /* an ephemeral world */
    bool detach;
    bool network_named; /* the network was chosen, and is not what no option and no file says */
    struct configured_program program;
    enum restart_policy restart;
    uint32_t restart_max; /* of on-failure; 0: for ever */
    /* The name of the first option on the command line that means something in an isolated world only; NULL: none. */
    const char *world_option;
    const char *rooted_option; /* likewise the first one that --rootfs takes as well */
    /* Likewise the first one that says what a world is to be, which must not be there yet; NULL: none. */
    const char *world_starts;
    /* Applies the command line to another request; NULL: there is none that could be. Returns 0, or an exit status. */
    int (*again)(struct run_request *request, void *context);
    void *again_context;
    option_observer *observer; /* NULL: nobody */
    void *observer_context;
};

/*
 * Takes one value into the request. `where` names its origin for messages: "--timeout", "DRAGOMAN_TIMEOUT" or
 * "/home/a/.config/dragoman/config:3". Returns 0, or an exit status after complaining.
 */
typedef int option_setter(struct run_request *request, const char *value, const char *where);

enum option_argument {
    ARGUMENT_NONE,     /* a switch: yes unless `=no` is attached */
    ARGUMENT_OPTIONAL, /* only as --name=VALUE */
    ARGUMENT_REQUIRED,
};

/* What an option is about: one run, or a world, whose configuration may hold it as well. */
enum option_scope {
    OPTION_RUN,        /* this run */
    OPTION_KEPT,       /* a run, isolated or not; an instance's configuration may hold it */
    OPTION_WORLD,      /* an isolated world; an instance's configuration may hold it */
    OPTION_WORLD_CALL, /* an isolated world, and one run in it */
};

struct option_row {
    const char *name;  /* without dashes: also the key in the file, and with DRAGOMAN_ in capitals the variable */
    char letter;       /* short form, or 0 */
    uint8_t argument;  /* enum option_argument */
    uint8_t scope;     /* enum option_scope */
    bool rooted;       /* of OPTION_WORLD: --rootfs takes it as well */
    bool repeats;      /* values add up instead of replacing each other */
    bool of_program;   /* OPTION_WORLD: about a program in it, which may be one of many */
    const char *value; /* how help calls the value */
    const char *bare;  /* the value that stands for an option without one */
    option_setter *set;
    const char *later; /* what an option waits for that is taken and then refused; NULL: it is supported */
    const char *help;  /* one sentence or more; help and the manual page wrap it */
};

/* Ends with a row without a name. */
extern const struct option_row option_table[];

/* A request with nothing asked: SETTINGS_* defaults, terminal looked at. */
void run_request_init(struct run_request *request);

/* Frees what the request owns. */
void run_request_clear(struct run_request *request);

/* The row called `name` (without dashes), or NULL. */
const struct option_row *option_find(const char *name);

/* The row with this short form, or NULL. */
const struct option_row *option_find_letter(char letter);

/* Names of all rows, NULL-terminated, for nearest(). */
const char *const *option_names(void);

/* Applies one row's value. Returns 0, or an exit status after complaining. */
int option_apply(const struct option_row *row, struct run_request *request, const char *value, const char *where);

/*
 * Takes options from the front of argv[1]… until the first word that is none, or past `--`. `extra` is asked first
 * about each word (NULL: nobody): it returns how many words it took (0: not mine) or a negative exit status.
 * Returns the index of the first word left, or a negative exit status after complaining.
 */
typedef int extra_options(void *context, int argc, char **argv, int at);
int options_from_arguments(struct run_request *request, int argc, char **argv, extra_options *extra, void *context);

/* Applies the configuration file and then the DRAGOMAN_* variables of `envp`. Returns 0, or an exit status. */
int options_from_surroundings(struct run_request *request, char **envp);

#endif
