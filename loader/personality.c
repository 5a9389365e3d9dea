#include "base/personality.h"

#include "loader/loader.h"

#include <stddef.h>
#include <string.h>

const struct personality *personality_called(const char *name)
{
    for (const struct personality *const *p = personalities; *p != NULL; p++)
        if (strcmp((*p)->name, name) == 0)
            return *p;
    return NULL;
}

const struct personality *personality_recognising(const struct elf_identity *id)
{
    for (const struct personality *const *p = personalities; *p != NULL; p++)
        if ((*p)->recognise(id))
            return *p;
    return NULL;
}
