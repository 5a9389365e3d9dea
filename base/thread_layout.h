/* Where things lie in a thread's region (base/thread.h); only what the assembler understands as well. */
#ifndef BASE_THREAD_LAYOUT_H
#define BASE_THREAD_LAYOUT_H

#ifdef __ASSEMBLER__
#define THREAD_BYTES(n) n
#else
#define THREAD_BYTES(n) n##UL
#endif
#define THREAD_REGION       THREAD_BYTES(0x40000)
#define THREAD_STRUCT_MAX   THREAD_BYTES(0x4000)
#define THREAD_STACK_LOW    THREAD_BYTES(0x5000)
#define THREAD_STACK_HIGH   THREAD_BYTES(0x18000)
#define THREAD_ALTSTACK_LOW THREAD_BYTES(0x19000)

/* Upper half of any region's address (base/image.h: ARENA_BASE): how the fast entry knows that GS is ours. */
#define THREAD_ADDRESS_HIGH 0x7c00

/* struct thread; the fast entry reads it by GS, whose base is the region while the guest runs. */
#define THREAD_SELF       0
#define THREAD_RECORDED   8
#define THREAD_ENGINE_SP  16
#define THREAD_FRAME      24
#define THREAD_REGS       (THREAD_FRAME + 40)
#define THREAD_CALL_FLAGS 360
#define THREAD_DISTURBED  384
#define THREAD_FAR        400

/* t->call_flags, with -ERESTART: restart whatever the signal's action says. */
#define CALL_NOT_MADE 0x8
/* The host would make it again under SA_RESTART, by a personality whose signals are the host's. */
#define CALL_REWOUND 0x20

/* The host's segments of a 32-bit program (arch/x86/include/asm/segment.h: __USER32_CS, __USER_DS). */
#define HOST_USER_CS   0x33
#define HOST_USER32_CS 0x23
#define HOST_USER_DS   0x2b

/* struct cpu_context, from THREAD_REGS on. */
#define THREAD_REG(n) (THREAD_REGS + 8 * (n))
#define THREAD_R8     THREAD_REG(0)
#define THREAD_R9     THREAD_REG(1)
#define THREAD_R10    THREAD_REG(2)
#define THREAD_R11    THREAD_REG(3)
#define THREAD_R12    THREAD_REG(4)
#define THREAD_R13    THREAD_REG(5)
#define THREAD_R14    THREAD_REG(6)
#define THREAD_R15    THREAD_REG(7)
#define THREAD_RDI    THREAD_REG(8)
#define THREAD_RSI    THREAD_REG(9)
#define THREAD_RBP    THREAD_REG(10)
#define THREAD_RBX    THREAD_REG(11)
#define THREAD_RDX    THREAD_REG(12)
#define THREAD_RAX    THREAD_REG(13)
#define THREAD_RCX    THREAD_REG(14)
#define THREAD_RSP    THREAD_REG(15)
#define THREAD_RIP    THREAD_REG(16)
#define THREAD_RFLAGS THREAD_REG(17)
/* Four selectors: cs, gs, fs, ss (asm/sigcontext.h). */
#define FRAME_SEGMENTS THREAD_REG(18)
/* The pointer to the extended state, after segments and fault details (asm/sigcontext.h). */
#define FRAME_FPSTATE THREAD_REG(23)

#endif
