#include "cli/message.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/plain.h"
#include "cli/commands.h"

int fail(int status, const char *format, ...)
{
    /* One write, so that the lines of several processes do not mix. */
    char text[4096] = "dragoman: ";
    size_t used = strlen(text);
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text + used, sizeof text - used - 1, format, args);
    va_end(args);
    if (n > 0) {
        size_t room = sizeof text - used - 2;
        used += (size_t)n < room ? (size_t)n : room;
    }
    plain_message(text, used);
    text[used++] = '\n';
    ssize_t written = write(STDERR_FILENO, text, used);
    (void)written; /* there is nowhere else to say it */
    return status;
}

const char *style_on(FILE *out, enum style style)
{
    static const char *const sequences[] = {
        [STYLE_PLAIN] = "\033[0m", [STYLE_BOLD] = "\033[1m", [STYLE_GOOD] = "\033[32m",
        [STYLE_WARN] = "\033[33m", [STYLE_BAD] = "\033[31m",
    };
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    if ((no_color != NULL && no_color[0] != '\0') || term == NULL || strcmp(term, "dumb") == 0 ||
        isatty(fileno(out)) == 0) {
        return "";
    }
    return sequences[style];
}

/* Levenshtein's distance with a swap of neighbours as one step; words longer than the row are never near. */
static size_t distance(const char *a, const char *b)
{
    enum { LONGEST = 63 };
    size_t rows[3][LONGEST + 1];
    size_t la = strlen(a);
    size_t lb = strlen(b);
    if (la > LONGEST || lb > LONGEST) {
        return LONGEST;
    }
    for (size_t j = 0; j <= lb; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= la; i++) {
        size_t *now = rows[i % 3];
        const size_t *before = rows[(i - 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= lb; j++) {
            size_t best = before[j - 1] + (a[i - 1] != b[j - 1]);
            best = before[j] + 1 < best ? before[j] + 1 : best;
            best = now[j - 1] + 1 < best ? now[j - 1] + 1 : best;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                size_t swapped = rows[(i - 2) % 3][j - 2] + 1;
                best = swapped < best ? swapped : best;
            }
            now[j] = best;
        }
    }
    return rows[la % 3][lb];
}

const char *nearest(const char *word, const char *const *candidates)
{
    const char *found = NULL;
    size_t length = strlen(word);
    size_t best = length <= 3 ? 2 : 3; /* one step for short words, two for the others */
    for (; *candidates != NULL; candidates++) {
        size_t d = distance(word, *candidates);
        if (d < best) {
            best = d;
            found = *candidates;
        }
    }
    return found;
}

int finish_output(FILE *out)
{
    if (fflush(out) != 0 || ferror(out) != 0) {
        return fail(EXIT_DRAGOMAN, "standard output: %s (what was printed is not whole)", strerror(errno));
    }
    return 0;
}
