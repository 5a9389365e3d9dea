/*
 * The subcommands of `dragoman db`. argv[0] is the subcommand's name; each returns an exit status.
 */
#ifndef CLI_DB_H
#define CLI_DB_H

int db_syscalls(int argc, char **argv);
int db_show(int argc, char **argv);
int db_report(int argc, char **argv);

#endif
