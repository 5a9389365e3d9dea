/* doctor's questions about programs of Linux with 32-bit pointers. */
#ifndef CLI_HOST_LINUX_H
#define CLI_HOST_LINUX_H

#include <stdbool.h>

struct probe_result;

/* Whether the host's kernel runs such programs itself, as far as its calls tell. */
bool host_runs_i386(void);
bool host_runs_x32(void);

/* Whether the host's kernel runs i386's calls itself, has segments of a process's own, and runs x32's calls. */
void look_ia32(struct probe_result *r);
void look_ldt(struct probe_result *r);
void look_x32(struct probe_result *r);

#endif
