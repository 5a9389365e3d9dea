/* What LD_PRELOAD brings: base_name() is another's. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>

const char *base_name(void)
{
    static char text[40];
    const char *(*next)(void) = (const char *(*)(void))dlfunc(RTLD_NEXT, "base_name");
    snprintf(text, sizeof text, "instead of %s", next != NULL ? next() : "nothing");
    return text;
}
