/* The report itself, section by section. */
#ifndef FAULT_REPORT_REPORT_H
#define FAULT_REPORT_REPORT_H

#include "process/fault_facts.h"

/* Writes the whole report. The facts must be valid (main.c checks them). */
void report_write(const struct fault_facts *facts);

#endif
