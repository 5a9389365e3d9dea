#include "cli/help.h"

#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/config.h"
#include "cli/message.h"
#include "cli/options.h"

enum { WIDTH = 80, OPTION_INDENT = 6 };

/* Writes `text` in lines of WIDTH, each indented; the text's own newlines stay. */
static void wrap(FILE *out, const char *text, int indent)
{
    int column = 0;
    while (*text != '\0') {
        size_t word = strcspn(text, " \n");
        if (column == 0) {
            column = fprintf(out, "%*s", indent, "");
        } else if (column + 1 + (int)word > WIDTH) {
            fputc('\n', out);
            column = fprintf(out, "%*s", indent, "");
        } else {
            column += fprintf(out, " ");
        }
        column += fprintf(out, "%.*s", (int)word, text);
        text += word;
        if (*text == '\n') {
            fputc('\n', out);
            column = 0;
        }
        text += *text != '\0';
    }
    fputc('\n', out);
}

void help_version(FILE *out)
{
    fprintf(out, "dragoman %s\n", DRAGOMAN_VERSION);
}

void help_overview(FILE *out)
{
    const char *bold = style_on(out, STYLE_BOLD);
    const char *plain = style_on(out, STYLE_PLAIN);
    fprintf(out, "usage: dragoman COMMAND [OPTION...] [ARG...]\n\n"
                 "dragoman runs FreeBSD programs on Linux: unmodified, at native speed, without\n"
                 "virtual machine, kernel module or root.\n\n");
    fprintf(out, "%sFirst steps%s\n", bold, plain);
    fprintf(out, "  dragoman doctor              can this host run them?\n"
                 "  dragoman check ./program     what is this file, and what will it miss?\n"
                 "  dragoman run ./program ARG   run it\n"
                 "  dragoman trace ./program     run it and show its system calls\n"
                 "  dragoman help instance       whole systems, isolated, copied in a moment\n\n");
    fprintf(out, "%sCommands%s\n", bold, plain);
    for (const struct command *c = command_table; c->name != NULL; c++) {
        fprintf(out, "  %-9s %s\n", c->name, c->summary);
    }
    fprintf(out, "\n`dragoman help COMMAND` teaches one of them; `man dragoman` has it all.\n");
}

/* "-e, --env K=V" */
static void option_forms(FILE *out, const struct option_row *row, const char *bold, const char *plain)
{
    if (row->letter != '\0') {
        fprintf(out, "%s-%c%s, ", bold, row->letter, plain);
    }
    fprintf(out, "%s--%s%s", bold, row->name, plain);
    if (row->argument == ARGUMENT_REQUIRED) {
        fprintf(out, " %s", row->value);
    } else if (row->argument == ARGUMENT_OPTIONAL) {
        fprintf(out, "[=%s]", row->value);
    }
}

static void run_options(FILE *out)
{
    const char *bold = style_on(out, STYLE_BOLD);
    const char *plain = style_on(out, STYLE_PLAIN);
    char path[SETTINGS_PATH_MAX];
    extern char **environ;
    fprintf(out, "\n%sOptions%s\n", bold, plain);
    for (const struct option_row *row = option_table; row->name != NULL; row++) {
        if (row->later != NULL) {
            continue;
        }
        fprintf(out, "  ");
        option_forms(out, row, bold, plain);
        fputc('\n', out);
        wrap(out, row->help, OPTION_INDENT);
    }
    char refused[1024] = "";
    for (const struct option_row *row = option_table; row->name != NULL; row++) {
        if (row->later != NULL) {
            size_t used = strlen(refused);
            snprintf(refused + used, sizeof refused - used, "%s--%s", used > 0 ? ", " : "", row->name);
        }
    }
    if (refused[0] != '\0') {
        fprintf(out, "\n%sNot supported yet%s, and refused:\n", bold, plain);
        wrap(out, refused, 2);
    }
    fprintf(out, "\n%sWithout typing them%s\n", bold, plain);
    wrap(
        out,
        "Each option has a variable (--report: DRAGOMAN_REPORT) and a key in the configuration file (report = DIR). An "
        "option beats a variable, a variable beats the file. A switch is turned off by --strict=no. The program sees "
        "none of the variables.",
        2);
    if (config_path(environ, path, sizeof path)) {
        fprintf(out, "  Configuration file: %s\n", path);
    }
}

void help_command(FILE *out, const struct command *command)
{
    fprintf(out, "usage: dragoman %s%s%s\n\n%s\n", command->name, command->usage[0] != '\0' ? " " : "", command->usage,
            command->details);
    if (command->run == cmd_run) {
        run_options(out);
    }
}

/* Text for mdoc(7): a line per sentence; backslashes, and what would be a request at a line's beginning. */
static void mdoc_text(FILE *out, const char *text)
{
    bool fresh = true;
    for (; *text != '\0'; text++) {
        if (fresh && (*text == '.' || *text == '\'')) {
            fputs("\\&", out);
        }
        fresh = text[0] == ' ' && text[-1] == '.';
        if (*text == '\\') {
            fputs("\\e", out);
        } else {
            fputc(fresh ? '\n' : *text, out);
        }
    }
    fputc('\n', out);
}

void help_manual_options(FILE *out)
{
    fprintf(out, ".Bl -tag -width Ds\n");
    for (const struct option_row *row = option_table; row->name != NULL; row++) {
        fprintf(out, ".It ");
        if (row->letter != '\0') {
            fprintf(out, "Fl %c , ", row->letter);
        }
        fprintf(out, "Fl -%s", row->name);
        if (row->argument == ARGUMENT_REQUIRED) {
            fprintf(out, " Ar %s", row->value);
        } else if (row->argument == ARGUMENT_OPTIONAL) {
            fprintf(out, " Ns Op = Ns Ar %s", row->value);
        }
        fputc('\n', out);
        mdoc_text(out, row->help);
        if (row->later != NULL) {
            fprintf(out, "Not supported yet, and refused.\n");
        }
    }
    fprintf(out, ".El\n");
}

const char *const *command_names(void)
{
    static const char *names[32];
    size_t count = 0;
    for (const struct command *c = command_table; c->name != NULL && count < 31; c++) {
        names[count++] = c->name;
    }
    return names;
}

int cmd_help(int argc, char **argv)
{
    if (argc < 2) {
        help_overview(stdout);
        return finish_output(stdout);
    }
    if (strcmp(argv[1], "--manual-options") == 0) {
        help_manual_options(stdout);
        return finish_output(stdout);
    }
    const struct command *command = command_find(argv[1]);
    if (command == NULL) {
        const char *hint = nearest(argv[1], command_names());
        return fail(EXIT_DRAGOMAN, "%s: unknown command (%s%s%s)", argv[1], hint != NULL ? "did you mean `" : "",
                    hint != NULL ? hint : "`dragoman help` lists all", hint != NULL ? "`?" : "");
    }
    help_command(stdout, command);
    return finish_output(stdout);
}
