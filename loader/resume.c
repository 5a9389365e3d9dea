/* Taking over after a guest's exec: reads the hand-over, believes nothing unchecked, and starts. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/credentials.h"
#include "loader/loader.h"
#include "loader/start.h"
#include "loader/start_request.h"
#include "process/handover.h"

enum { EXIT_OWN_FAILURE = 125 };
enum { STRINGS_MAX = 8 << 20, VECTOR_MAX = 1 << 20 };

extern char **environ;

static bool read_all(int fd, void *to, size_t size, off_t at)
{
    return pread(fd, to, size, at) == (ssize_t)size;
}

static bool header_ok(const struct handover *h)
{
    return h->magic == HANDOVER_MAGIC && h->version == HANDOVER_VERSION && h->size == sizeof *h &&
           h->settings.magic == SETTINGS_MAGIC && h->settings.version == SETTINGS_VERSION &&
           h->settings.size == sizeof h->settings && h->strings_size <= STRINGS_MAX && h->argc <= VECTOR_MAX &&
           h->envc <= VECTOR_MAX && h->credentials_size <= sizeof(struct credentials);
}

/* Cuts `count` strings off the block at *at; NULL when it ends before they do. */
static char **cut_strings(char **at, const char *end, uint32_t count)
{
    char **vector = calloc((size_t)count + 1, sizeof *vector);
    for (uint32_t i = 0; vector != NULL && i < count; i++) {
        char *stop = memchr(*at, '\0', (size_t)(end - *at));
        if (stop == NULL) {
            free(vector);
            return NULL;
        }
        vector[i] = *at;
        *at = stop + 1;
    }
    return vector;
}

static bool take_credentials(int fd, const struct handover *h, struct start_request *rq)
{
    if (h->credentials_size == 0) {
        return h->settings.metadata != METADATA_EMULATED;
    }
    struct credentials *c = calloc(1, sizeof *c);
    rq->credentials = c;
    return c != NULL && read_all(fd, c, h->credentials_size, (off_t)(sizeof *h + h->strings_size)) &&
           c->group_count <= CREDENTIALS_GROUPS_MAX && credentials_size(c) == h->credentials_size;
}

static bool take(int fd, struct start_request *rq)
{
    static struct handover h;
    int seals = fcntl(fd, F_GET_SEALS);
    if (seals < 0 || (seals & F_SEAL_WRITE) == 0 || !read_all(fd, &h, sizeof h, 0) || !header_ok(&h)) {
        return false;
    }
    char *strings = malloc(h.strings_size + 1);
    if (strings == NULL || !read_all(fd, strings, h.strings_size, sizeof h)) {
        return false;
    }
    if (!take_credentials(fd, &h, rq)) {
        return false;
    }
    char *at = strings, *end = strings + h.strings_size;
    char **path = cut_strings(&at, end, 1);
    rq->argv = cut_strings(&at, end, h.argc);
    rq->envp = cut_strings(&at, end, h.envc);
    if (path == NULL || rq->argv == NULL || rq->envp == NULL) {
        return false;
    }
    rq->path = path[0];
    rq->settings = &h.settings;
    rq->handed_over = true;
    rq->mask = h.mask;
    rq->ignored = h.ignored;
    rq->personality_state = h.personality;
    rq->table_start = h.table_start;
    rq->table_slot = h.table_slot;
    rq->closes = h.closes;
    h.from[sizeof h.from - 1] = '\0';
    rq->from = personality_called(h.from);
    return true;
}

void engine_resume(void)
{
    /* The variable is all the environment that a hand-over brings: a user's shell cannot look like one. */
    static const char prefix[] = HANDOVER_VARIABLE "=";
    if (environ == NULL || environ[0] == NULL || environ[1] != NULL ||
        strncmp(environ[0], prefix, sizeof prefix - 1) != 0) {
        return;
    }
    struct start_request rq = {0};
    int fd = atoi(environ[0] + sizeof prefix - 1);
    if (!take(fd, &rq)) {
        start_fail(EXIT_OWN_FAILURE,
                   "exec: the hand-over is damaged or another version's (do not set " HANDOVER_VARIABLE ")");
    }
    close(fd);
    become_guest(&rq);
}
