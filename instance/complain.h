/* How the parts of instances that the commands and the programs of their own share speak: `dragoman: what: why (what to do)`. */
#ifndef INSTANCE_COMPLAIN_H
#define INSTANCE_COMPLAIN_H

enum { COMPLAINED = 125 }; /* dragoman's own failure as an exit status */

/* Writes `dragoman: `, the formatted text and a newline to standard error, at once. Returns COMPLAINED. */
int complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
