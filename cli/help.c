#include "cli/help.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/config.h"
#include "cli/elsewhere.h"
#include "cli/manual.h"
#include "cli/message.h"
#include "cli/options.h"

enum { WIDTH = 80, OPTION_INDENT = 6, ITEM_INDENT = 2, FORM_MOST = 24 };

/*
 * Writes `text` in lines of WIDTH, each indented; the text's own newlines stay. @column: where the first line is already
 * (0: at its beginning).
 */
static void wrap_behind(FILE *out, const char *text, int indent, int column)
{
    if (column > 0) {
        column += fprintf(out, "%*s", indent - column, "");
    }
    bool fresh = true; /* no word stands in the line */
    while (*text != '\0') {
        size_t word = strcspn(text, " \n");
        if (column == 0 && word > 0) {
            column = fprintf(out, "%*s", indent, "");
        } else if (!fresh && column + 1 + (int)word > WIDTH) {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
        } else if (!fresh) {
            column += fprintf(out, " ");
        }
        column += fprintf(out, "%.*s", (int)word, text);
        fresh = false;
        text += word;
        if (*text == '\n') {
            fputc('\n', out);
            column = 0;
            fresh = true;
        }
        text += *text != '\0';
    }
    fputc('\n', out);
}

static void wrap(FILE *out, const char *text, int indent)
{
    wrap_behind(out, text, indent, 0);
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

/* Options or parts: their texts in a column of their own, behind what is typed, or below where that is long. */
static void items(FILE *out, const struct command_item *list)
{
    const char *bold = style_on(out, STYLE_BOLD);
    const char *plain = style_on(out, STYLE_PLAIN);
    int column = 0;
    for (const struct command_item *i = list; i->form != NULL; i++) {
        int length = (int)strlen(i->form);
        column = length > column && length <= FORM_MOST ? length : column;
    }
    column = column > 0 ? column + ITEM_INDENT + 2 : OPTION_INDENT;
    for (const struct command_item *i = list; i->form != NULL; i++) {
        bool fits = (int)strlen(i->form) + ITEM_INDENT + 2 <= column;
        fprintf(out, "%*s%s%s%s", ITEM_INDENT, "", bold, i->form, plain);
        if (!fits) {
            fputc('\n', out);
        }
        wrap_behind(out, i->text, column, fits ? (int)strlen(i->form) + ITEM_INDENT : 0);
    }
}

/* Usage, then the command's texts as far as there are any. */
void help_command(FILE *out, const struct command *command)
{
    fprintf(out, "usage: dragoman %s%s%s\n\n", command->name, command->usage[0] != '\0' ? " " : "", command->usage);
    wrap(out, command->about, 0);
    const struct command_item *const lists[] = {command->parts, command->options};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        if (lists[i] != NULL) {
            fputc('\n', out);
            items(out, lists[i]);
        }
    }
    if (command->more != NULL) {
        fputc('\n', out);
        wrap(out, command->more, 0);
    }
    if (command->examples != NULL) {
        fprintf(out, "\nExamples\n%s\n", command->examples);
    }
    if (command->run == cmd_run) {
        run_options(out);
    }
}

void sentence(char *out, size_t size, const char *text)
{
    size_t length = strlen(text);
    snprintf(out, size, "%s%s", text, length > 0 && text[length - 1] == '.' ? "" : ".");
    out[0] = (char)toupper((unsigned char)out[0]);
}

static void help_part(FILE *out, const struct command *command, const struct command_item *part)
{
    char text[ITEM_TEXT_MAX];
    fprintf(out, "usage: dragoman %s %s\n\n", command->name, part->form);
    sentence(text, sizeof text, part->text);
    wrap(out, text, 0);
    if (part->options != NULL) {
        fputc('\n', out);
        items(out, part->options);
    }
    fprintf(out, "\n`dragoman help %s` has the rest.\n", command->name);
}

static int unknown_part(const struct command *command, const char *word)
{
    enum { PARTS_MAX = 16, NAME_ROOM = 32 };
    static char rooms[PARTS_MAX][NAME_ROOM];
    const char *names[PARTS_MAX + 1] = {NULL};
    char list[PARTS_MAX * NAME_ROOM] = "";
    size_t count = 0, used = 0;
    for (const struct command_item *p = command->parts; p != NULL && p->form != NULL && count < PARTS_MAX; p++) {
        snprintf(rooms[count], NAME_ROOM, "%.*s", (int)strcspn(p->form, " "), p->form);
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", count > 0 ? ", " : "", rooms[count]);
        names[count] = rooms[count];
        count++;
    }
    if (count == 0) {
        return fail(EXIT_DRAGOMAN, "%s %s: there is no such part of it (dragoman help %s)", command->name, word,
                    command->name);
    }
    const char *hint = nearest(word, names);
    return hint != NULL ? fail(EXIT_DRAGOMAN, "%s: %s: unknown (did you mean `%s`?)", command->name, word, hint)
                        : fail(EXIT_DRAGOMAN, "%s: %s: unknown (there are: %s)", command->name, word, list);
}

int help_about(const struct command *command, const char *word)
{
    const struct command_item *part = word != NULL ? command_part(command, word) : NULL;
    if (word != NULL && part == NULL) {
        return unknown_part(command, word);
    }
    if (part != NULL) {
        help_part(stdout, command, part);
    } else {
        help_command(stdout, command);
    }
    return finish_output(stdout);
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
    if (manual_section(stdout, argv[1])) {
        return finish_output(stdout);
    }
    const struct command *command = command_find(argv[1]);
    if (command == NULL) {
        const char *here = command_elsewhere(argv[1]);
        const char *hint = nearest(argv[1], command_names());
        if (here != NULL) {
            return fail(EXIT_DRAGOMAN, "%s: unknown command (here that is %s)", argv[1], here);
        }
        return fail(EXIT_DRAGOMAN, "%s: unknown command (%s%s%s)", argv[1], hint != NULL ? "did you mean `" : "",
                    hint != NULL ? hint : "`dragoman help` lists all", hint != NULL ? "`?" : "");
    }
    return help_about(command, argv[2]);
}
