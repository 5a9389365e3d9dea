/* Ends with 0 when it has the arguments that the header asks for. Checks the system: Linux has no carry for errors. */
#include "three.h"

static int is_freebsd(void)
{
    unsigned char carry;
    long result = 6; /* close(-1) here, lseek(-1, 0, 0) for Linux */
    __asm__ volatile("syscall\n\tsetc %1" : "+a"(result), "=r"(carry) : "D"(-1L) : "rcx", "r11", "rdx", "memory");
    return carry == 1 && result == 9;
}

int main(int argc, char **argv)
{
    (void)argv;
    return is_freebsd() && argc == WANTED + 1 ? 0 : 1;
}
