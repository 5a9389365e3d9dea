/*
 * The smallest program: says hello and ends. Its start is a case, and what vfork_exec executes.
 */
#include "abi.h"

void micro_main(uint64_t *block) __attribute__((noreturn));

void micro_main(uint64_t *block)
{
    (void)block;
    for (;;)
        sys_exit(sys_write(1, "hello\n", 6) == 6 ? 0 : 1);
}
