/* Running programs in isolated worlds: `run --isolate`, `run -i`, and what starts, enters and ends instances. */
#ifndef CLI_WORLD_H
#define CLI_WORLD_H

#include "cli/attend.h"
#include "cli/options.h"
#include "cli/world_named.h"
#include "instance/inside.h"

/*
 * `words` are those of the command line that name a program and its arguments, NULL-terminated; which program that comes to,
 * configured_program() tells (cli/option_program.h).
 */

/* `dragoman run` where the request is for a world of its own. Returns an exit status, where it returns. */
int world_run(struct run_request *request, char **words);

/*
 * The same, and reads meanwhile what `supervision` says (NULL: nothing; its timeout is the request's): the other end is the
 * request's trace, and closed here. Returns 0 with *end filled, or an exit status after complaining.
 */
int world_supervised(struct run_request *request, char **words, const struct supervision *supervision,
                     struct supervised_end *end);

/*
 * Runs a program (words NULL: the user's shell) in the named instance and attends it to its end. Returns 0, or an exit
 * status after complaining.
 */
int world_attended(struct run_request *request, const struct named_how *how, struct attendance *attendance,
                   char **words, struct supervised_end *end);

/*
 * Starts the program whose end is the instance's, on its own. Stops the instance where that fails. Returns 0, or an exit
 * status after complaining.
 */
int world_main(struct run_request *request, char **words, const struct keeper_link *link);

/*
 * Has an instance that runs held to a request's limits and way to restart from now on; nothing to do where it does not
 * run, which *runs tells. Returns 0, or an exit status after complaining of what cannot be changed now.
 */
int world_limit(const char *name, const struct run_request *request, bool *runs);

/* What the keeper is to do when the instance's program has ended. */
enum keeper_restart world_restart(const struct run_request *request);

/*
 * Starts an instance as `dragoman start` does, and says so; stops one, which may run or not, and waits for it; finds one
 * that runs, or where `ended` is given, one of which it is known what it ended with: then the link's socket is -1; tells
 * what one that does not run ended with (-1: nobody knows). Return 0, or an exit status after complaining.
 */
int world_start(const char *name);
int world_stop(const char *name, long seconds);
int world_find(const char *name, struct keeper_link *out, int *ended);
int world_ended(const char *name, int *ended);

/* Options of these commands: whether a word is one; its number, attached or the next word (*at moves on), or -1 after complaining. */
bool world_option_is(const char *word, const char *letter, const char *name);
long world_option_number(int argc, char **argv, int *at, const char *letter, long most);

/*
 * Takes the options of a command whose other words are instances, wherever they stand, before anything is done: by `take`,
 * which gets the index of an option, moves it on where a value is the next word, and returns 0, or an exit status after
 * complaining. The other words come to stand at argv[1] and behind it. Returns how many there are, or a negative exit status.
 */
typedef int world_option(void *context, int argc, char **argv, int *at);
int world_words(int argc, char **argv, world_option *take, void *context);

/* The option of stop and restart: context is a long, of the seconds between SIGTERM and SIGKILL. */
enum { WORLD_STOP_SECONDS = 10 };
world_option world_stop_option;

/*
 * What a program inside is started with, of a request: its settings, variables and directory. Strings are the request's,
 * or live as long as the process.
 */
void world_order(const struct run_request *request, const char *program, char **argv, struct inside_order *out);

#endif
