/* The vDSO's bytes (vdsox32.S): what every program's page is copied from. */
#define PAGE 4096

        .section .rodata
        .globl  linux_x32_vdso
        .type   linux_x32_vdso, @object
        .balign 16
linux_x32_vdso:
        .incbin VDSOX32
        .org    linux_x32_vdso + PAGE, 0
        .size   linux_x32_vdso, PAGE

        .section .note.GNU-stack, "", @progbits
