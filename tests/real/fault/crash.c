/*
 * Dies of a fault some calls deep. argv[1] says how:
 *     null     writes through a null pointer
 *     call     calls a bad pointer
 *     divide   divides by zero
 *     illegal  executes ud2
 *     stack    overflows the stack
 *     deep     null, 200 calls deep
 */
#include <string.h>

#define APART __attribute__((noinline, noclone))

static volatile int sink;

APART void crash_null(volatile int *p)
{
    *p = 1;
    sink++;
}

APART void crash_call(void (*volatile f)(void))
{
    f();
    sink++;
}

APART int crash_divide(volatile int by)
{
    return 7 / by;
}

APART void crash_illegal(void)
{
    __asm__ volatile("ud2");
    sink++;
}

APART int crash_stack(int depth)
{
    volatile char room[512];
    room[0] = (char)depth;
    return crash_stack(depth + 1) + room[0];
}

APART int crash_deep(int depth)
{
    if (depth == 0) {
        crash_null((int *)16);
    } else {
        sink += crash_deep(depth - 1);
    }
    return ++sink;
}

APART void outer_function(const char *how)
{
    if (strcmp(how, "null") == 0) {
        crash_null((int *)16);
    } else if (strcmp(how, "call") == 0) {
        crash_call((void (*)(void))0x1234);
    } else if (strcmp(how, "divide") == 0) {
        sink = crash_divide(sink);
    } else if (strcmp(how, "illegal") == 0) {
        crash_illegal();
    } else if (strcmp(how, "stack") == 0) {
        sink = crash_stack(0);
    } else {
        sink = crash_deep(200);
    }
    sink++;
}

int main(int argc, char **argv)
{
    outer_function(argc > 1 ? argv[1] : "null");
    return sink;
}
