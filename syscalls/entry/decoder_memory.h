/* Memory for capstone that outlives whoever is killed while taking some. */
#ifndef SYSCALLS_ENTRY_DECODER_MEMORY_H
#define SYSCALLS_ENTRY_DECODER_MEMORY_H

#include <stdbool.h>

/* To be called before the decoder is opened. Returns whether capstone takes its memory there from now on. */
bool decoder_memory_ready(void);

#endif
