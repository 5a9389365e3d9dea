/*
 * Faults with a stack that is made to mislead an unwinder. argv[1] says how:
 *     loop     the frame pointer points at itself
 *     pair     two frames point at each other
 *     rsp      the stack pointer is nowhere
 *     noncan   the stack pointer is no address at all
 *     deaf     the return addresses lead into data
 *     names    the program's frames are real, its stack's words all look like code
 *     endless  the unwind table's expression for the frame jumps to itself
 */
#include <stdint.h>
#include <string.h>

static uint64_t words[1024];

/* DW_CFA_def_cfa_expression of 3 bytes: DW_OP_skip by -3. */
void endless(void);
__asm__("endless:\n"
        ".cfi_startproc\n"
        ".cfi_escape 0x0f, 0x03, 0x2f, 0xfd, 0xff\n"
        "xor %eax, %eax\n"
        "mov %eax, (%rax)\n"
        ".cfi_endproc\n");

static void fault_with(uint64_t rsp, uint64_t rbp)
{
    __asm__ volatile("mov %0, %%rsp\n mov %1, %%rbp\n xor %%eax, %%eax\n mov %%eax, (%%rax)"
                     :
                     : "r"(rsp), "r"(rbp)
                     : "rax", "memory");
    __builtin_unreachable();
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "loop";
    uint64_t here = (uint64_t)&words[100], code = (uint64_t)&main + 8;
    if (strcmp(how, "loop") == 0) {
        words[100] = here;
        words[101] = code;
        fault_with((uint64_t)words, here);
    }
    if (strcmp(how, "pair") == 0) {
        words[100] = (uint64_t)&words[50];
        words[50] = here;
        words[51] = words[101] = code;
        fault_with((uint64_t)words, here);
    }
    if (strcmp(how, "rsp") == 0) {
        fault_with(0x10, 0x18);
    }
    if (strcmp(how, "noncan") == 0) {
        fault_with(0x8000000000000000, UINT64_MAX - 3);
    }
    if (strcmp(how, "endless") == 0) {
        endless();
    }
    for (int i = 0; i < 1024; i++) {
        words[i] = strcmp(how, "deaf") == 0 ? here : code;
    }
    fault_with((uint64_t)words, (uint64_t)words);
}
