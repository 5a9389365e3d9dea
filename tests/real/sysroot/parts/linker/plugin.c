/* A library to be opened later, built several times: NUMBER tells which. */
#include <stdio.h>
#include <stdlib.h>

#ifndef MODEL
#define MODEL "global-dynamic"
#endif
#define ALIGNED 64

__thread int plugin_tls __attribute__((tls_model(MODEL))) = NUMBER;
__thread char plugin_room[ROOM] __attribute__((aligned(ALIGNED), tls_model(MODEL)));

int plugin_number(void)
{
    return NUMBER;
}
int *plugin_tls_address(void)
{
    return &plugin_tls;
}
char *plugin_room_address(void)
{
    return plugin_room;
}

/* In the middle of large holes, where the linker lays segments far apart. */
long plugin_data[1000] = {NUMBER};
long *plugin_data_address(void)
{
    return plugin_data;
}
long plugin_bss[5000];
long *plugin_bss_address(void)
{
    return plugin_bss;
}

static void say(const char *what)
{
    if (getenv("TELL") != NULL)
        printf("plugin %d %s\n", NUMBER, what);
}
__attribute__((constructor)) static void begin(void)
{
    say("begins");
}
__attribute__((destructor)) static void end(void)
{
    say("ends");
}
