/* The little that the engine can say of a fault by itself. */
#ifndef PROCESS_FAULT_TEXT_H
#define PROCESS_FAULT_TEXT_H

#include "process/fault_facts.h"

/* Writes signal, address and registers to where the facts say: standard error, the report file, or both. */
void fault_text_write(const struct fault_facts *f);

#endif
