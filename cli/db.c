#include "cli/db.h"

#include <string.h>

#include "cli/commands.h"
#include "cli/message.h"

int cmd_db(int argc, char **argv)
{
    static const char *const names[] = {"syscalls", "show", "report", NULL};
    static int (*const commands[])(int, char **) = {db_syscalls, db_show, db_report};
    if (argc < 2) {
        return fail(EXIT_DRAGOMAN, "db: syscalls, show or report is wanted (dragoman help db)");
    }
    for (int i = 0; names[i] != NULL; i++) {
        if (strcmp(argv[1], names[i]) == 0) {
            return commands[i](argc - 1, argv + 1);
        }
    }
    if (strcmp(argv[1], "search") == 0) {
        return fail(EXIT_DRAGOMAN, "db search: not supported yet (dragoman db syscalls lists the calls)");
    }
    const char *hint = nearest(argv[1], names);
    return fail(EXIT_DRAGOMAN, "db: %s: unknown (%s%s%s)", argv[1], hint != NULL ? "did you mean `" : "",
                hint != NULL ? hint : "syscalls, show or report", hint != NULL ? "`?" : "");
}
