#include <stdlib.h>
#include <string.h>

#include "cli/config.h"

/* Sets "K=V" in an array of *count entries that has room for one more. */
static void set_entry(char **array, size_t *count, char *entry)
{
    size_t name = strcspn(entry, "=") + 1;
    for (size_t i = 0; i < *count; i++) {
        if (strncmp(array[i], entry, name) == 0) {
            array[i] = entry;
            return;
        }
    }
    array[(*count)++] = entry;
}

char **guest_environment(const struct run_request *request, char **envp)
{
    size_t room = request->env_count + 1;
    for (char **at = envp; *at != NULL; at++) {
        room++;
    }
    char **array = calloc(room, sizeof *array);
    if (array == NULL) {
        return NULL;
    }
    size_t count = 0;
    for (char **at = envp; *at != NULL; at++) {
        if (!is_own_variable(*at)) {
            array[count++] = *at;
        }
    }
    for (size_t i = 0; i < request->env_count; i++) {
        set_entry(array, &count, request->env[i]);
    }
    array[count] = NULL;
    return array;
}
