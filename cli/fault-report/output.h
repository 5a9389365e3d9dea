/* Where the report goes: the guest's standard error, a file, or both. */
#ifndef FAULT_REPORT_OUTPUT_H
#define FAULT_REPORT_OUTPUT_H

#include "process/fault_facts.h"

/*
 * Opens what the facts ask for: descriptor 2, and `report_dir`/fault.PID.txt. Returns the number of places
 * opened; 0 means that nobody would read the report.
 */
int output_open(const struct fault_facts *facts);

/*
 * Writes formatted text to every place. Names in it come from the guest's files, so that control characters,
 * which a terminal might obey, are replaced by '?'. Text beyond 4 KB is cut.
 */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
