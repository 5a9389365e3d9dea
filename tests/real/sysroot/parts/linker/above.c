/* A library that needs libbase. */
#include <stdio.h>
#include <stdlib.h>

extern const char *base_name(void);
extern __thread int base_tls;
extern int base_versioned(void);

int above_sum(void)
{
    return base_tls + base_versioned();
}
const char *above_name(void)
{
    return base_name();
}

static void say(const char *what)
{
    if (getenv("TELL") != NULL)
        printf("above %s\n", what);
}
__attribute__((constructor)) static void begin(void)
{
    say("begins");
}
__attribute__((destructor)) static void end(void)
{
    say("ends");
}
