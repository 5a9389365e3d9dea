#include "cli/manual.h"

#include <ctype.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/help.h"
#include "cli/options.h"

/* Text: a line per sentence; backslashes, and what would be a request at a line's beginning. A new paragraph for an empty line. */
static void put_text(FILE *out, const char *text)
{
    bool fresh = true;
    for (const char *at = text; *at != '\0'; at++) {
        if (fresh && (*at == '.' || *at == '\'')) {
            fputs("\\&", out);
        }
        fresh = at[0] == ' ' && at > text && at[-1] == '.';
        if (at[0] == '\n' && at[1] == '\n') {
            fputs("\n.Pp\n", out);
            fresh = true;
            at++;
        } else if (*at == '\\') {
            fputs("\\e", out);
        } else {
            fputc(fresh ? '\n' : *at, out);
        }
    }
    fputc('\n', out);
}

/* One word of a usage line. A dash begins an option, a capital something to be put there, and all else is typed as it is. */
static void put_word(FILE *out, const char *word, size_t length)
{
    size_t dots = length > 3 && strncmp(word + length - 3, "...", 3) == 0 ? 3 : 0;
    bool comma = length > 1 && word[length - 1] == ',';
    size_t size = length - dots - (comma ? 1 : 0);
    if (word[0] != '-' || size == 1) {
        fprintf(out, " %s %.*s", isupper((unsigned char)word[0]) != 0 ? "Ar" : "Cm", (int)size, word);
    }
    for (size_t at = 0; word[0] == '-' && size > 1 && at < size;) { /* --cmake|--meson */
        size_t one = strcspn(word + at, "|");
        one = one > size - at ? size - at : one;
        fprintf(out, "%s Fl %.*s", at > 0 ? " |" : "", (int)one - 1, word + at + 1);
        at += one + 1;
    }
    fputs(dots != 0 ? " ..." : comma ? " ," : "", out);
}

/* A usage line, or an option's form, behind a macro that takes others. */
static void put_form(FILE *out, const char *form)
{
    bool in_brackets = false;
    for (const char *at = form; *at != '\0';) {
        if (*at == ' ') {
            at++;
            continue;
        }
        if (*at == '[') {
            fputs(" Oo", out);
            in_brackets = true;
            at++;
        }
        /* Brackets within a word are the word's. */
        size_t length = strcspn(at, " ");
        const char *close = in_brackets ? memchr(at, ']', length) : NULL;
        size_t size = close != NULL ? (size_t)(close - at) : length;
        put_word(out, at, size);
        if (close != NULL) {
            fputs(" Oc", out);
            in_brackets = false;
            size++;
        }
        at += size;
    }
    fputc('\n', out);
}

static void put_synopsis(FILE *out)
{
    for (const struct command *c = command_table; c->name != NULL; c++) {
        if (c->parts == NULL) {
            fprintf(out, ".Nm\n.Cm %s", c->name);
            put_form(out, c->usage);
        }
        for (const struct command_item *p = c->parts; p != NULL && p->form != NULL; p++) {
            fprintf(out, ".Nm\n.Cm %s", c->name);
            put_form(out, p->form);
        }
    }
}

static void put_items(FILE *out, const struct command_item *list)
{
    char text[ITEM_TEXT_MAX];
    fputs(".Bl -tag -width Ds\n", out);
    for (; list->form != NULL; list++) {
        fputs(".It", out);
        put_form(out, list->form);
        sentence(text, sizeof text, list->text);
        put_text(out, text);
        if (list->options != NULL) {
            put_items(out, list->options);
        }
    }
    fputs(".El\n", out);
}

static void put_instances(FILE *out)
{
    fputs(".Bl -tag -width Ds\n", out);
    for (const struct command *c = command_table; c->name != NULL; c++) {
        if (!c->of_instances) {
            continue;
        }
        fprintf(out, ".It Cm %s", c->name);
        put_form(out, c->parts != NULL ? "PART ..." : c->usage);
        put_text(out, c->about);
        if (c->parts != NULL) {
            put_items(out, c->parts);
        }
        if (c->options != NULL) {
            put_items(out, c->options);
        }
        if (c->more != NULL) {
            fputs(".Pp\n", out);
            put_text(out, c->more);
        }
    }
    fputs(".El\n", out);
}

static void put_options(FILE *out)
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
        put_text(out, row->help);
        if (row->later != NULL) {
            fprintf(out, "Not supported yet, and refused.\n");
        }
    }
    fprintf(out, ".El\n");
}

bool manual_section(FILE *out, const char *word)
{
    static const struct {
        const char *name;
        void (*put)(FILE *out);
    } sections[] = {
        {"--manual-synopsis", put_synopsis},
        {"--manual-options", put_options},
        {"--manual-instances", put_instances},
    };
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
        if (strcmp(word, sections[i].name) == 0) {
            sections[i].put(out);
            return true;
        }
    }
    return false;
}
