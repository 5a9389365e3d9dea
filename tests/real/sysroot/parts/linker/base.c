/* A library: variables of the thread, an indirect function, two versions of a symbol, order of beginning and end. */
#include <stdio.h>
#include <stdlib.h>

__thread int base_tls = 41;
__thread char base_zero[3000];
static __thread long hidden_tls = 7;

int *base_tls_address(void)
{
    return &base_tls;
}
long base_hidden(long add)
{
    return hidden_tls += add;
}

static int plain(void)
{
    return 64;
}
static int (*choose(void))(void)
{
    return plain;
}
int base_indirect(void) __attribute__((ifunc("choose")));

int base_old(void)
{
    return 1;
}
int base_new(void)
{
    return 2;
}
__asm__(".symver base_old, base_versioned@V1");
__asm__(".symver base_new, base_versioned@@V2");

__attribute__((noinline)) const char *base_name(void)
{
    return "base";
}
const char *base_calls_name(void)
{
    return base_name();
} /* by the PLT: may be another's */

/* Read-only once it is relocated. */
static const char *const relro[] = {"relocated", "data"};
const char **base_relro_address(void)
{
    return (const char **)relro;
}

static void say(const char *what)
{
    if (getenv("TELL") != NULL)
        printf("base %s\n", what);
}
__attribute__((constructor)) static void begin(void)
{
    say("begins");
}
__attribute__((destructor)) static void end(void)
{
    say("ends");
}
