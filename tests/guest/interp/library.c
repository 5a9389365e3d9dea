/* A shared object whose segments lie far apart, with everything that a dynamic linker has to do for one. */
#include "library.h"

__thread int library_variable = 5;
static __thread long hidden = 11;
static __thread char room[LIBRARY_ROOM];
int library_copied[3] = {7, 8, 9};
int library_began;
static const char *const constants[] = {"first", "second"};

int *library_variable_address(void)
{
    return &library_variable;
}

long library_hidden(long add)
{
    return hidden += add;
}

int library_add(int a, int b)
{
    return a + b;
}

void *library_of_itself(void)
{
    return (void *)library_add;
}

static int chosen(void)
{
    return 64;
}
int (*library_choose(void))(void)
{
    return chosen;
}
int library_indirect(void) __attribute__((ifunc("library_choose")));

void *library_text(void)
{
    return (void *)chosen;
}

int library_first_copied(void)
{
    return library_copied[0];
}

char *library_room(void)
{
    return room;
}

const char *const *library_constants(void)
{
    return constants;
}

int program_number(void)
{
    return 1;
}

__attribute__((constructor)) static void begin(void)
{
    library_began = program_number();
}
