/* When what begins and ends: constructors by need and priority, atexit backwards, destructors. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

extern int above_sum(void);

static void pre(void)
{
    printf("preinit\n");
}
__attribute__((section(".preinit_array"), used)) static void (*first)(void) = pre;
__attribute__((constructor(200))) static void second(void)
{
    printf("program begins 200\n");
}
__attribute__((constructor(101))) static void early(void)
{
    printf("program begins 101\n");
}
__attribute__((destructor)) static void last(void)
{
    printf("program ends\n");
}
static void at1(void)
{
    printf("atexit 1\n");
}
static void at2(void)
{
    printf("atexit 2\n");
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    atexit(at1);
    printf("main %d\n", above_sum());
    void *plugin = dlopen("./libplugin1.so", RTLD_NOW);
    void *other = dlopen("./libplugin2.so", RTLD_LAZY);
    printf("opened %d %d\n", plugin != NULL, other != NULL);
    if (plugin != NULL)
        dlclose(plugin);
    atexit(at2);
    return argc > 1 ? atoi(argv[1]) : 0;
}
