/* Where 32-bit code leaves for the engine (gate32.S); only what the assembler understands as well. */
#ifndef SYSCALLS_ENTRY_GATE32_H
#define SYSCALLS_ENTRY_GATE32_H

/*
 * In the page of the signal trampoline (base/image.h, ENGINE_SIGCODE), a personality with code32 has at this offset:
 *
 *     ljmp $0x33, $gate32_vsyscall
 *     int $0x80                       for whoever cannot use the gate, and where restarted calls begin
 *     ret                             where calls return to
 */
#define GATE32_OFFSET   0x800
#define GATE32_LJMP     7
#define GATE32_INT      2
#define GATE32_VSYSCALL (0x7f000000 + GATE32_OFFSET)
#define GATE32_INT80    (GATE32_VSYSCALL + GATE32_LJMP)
#define GATE32_RETURN   (GATE32_INT80 + GATE32_INT)

#endif
