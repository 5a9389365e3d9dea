/*
 * Tried by the build (LibcStart.cmake): a program begun by loader/libc_start.c uses of libc what the cold half uses.
 * It prints "short" or "whole", by which start it had, or says what does not work and fails.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NEEDS(what)                                                                                                    \
    do {                                                                                                               \
        if (!(what)) {                                                                                                 \
            fprintf(stderr, "%s\n", #what);                                                                            \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

/* glibc's, hidden. The first word is what kind of processor it has found; 0: it has not looked. */
const unsigned *_dl_x86_get_cpu_features(unsigned max);

static int by_value(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static void check_strings(void)
{
    char text[64];
    NEEDS(snprintf(text, sizeof text, "%d %.2f %s %#llx", -7, 0.5, "x", 255ULL) == 14);
    NEEDS(strcmp(text, "-7 0.50 x 0xff") == 0 && strchr(text, 'x') == text + 8 && strlen(text) == 14);
    NEEDS(strtoul("0x10", NULL, 0) == 16 && strcasecmp("aB", "Ab") == 0 && strstr(text, "50 x") == text + 5);
    NEEDS(strcmp(strerror(ENOENT), "No such file or directory") == 0);
}

/* Sizes on both sides of each of memcpy's ways. */
static void check_memory(void)
{
    for (size_t size = 1; size <= (8u << 20); size = size * 2 + 1) {
        unsigned char *a = malloc(size), *b = calloc(size, 1);
        NEEDS(a != NULL && b != NULL);
        for (size_t i = 0; i < size; i++) {
            a[i] = (unsigned char)(i * 31 + i / 256);
        }
        memcpy(b, a, size);
        NEEDS(memcmp(a, b, size) == 0);
        memmove(b, b + size / 2, size - size / 2);
        NEEDS(memcmp(b, a + size / 2, size - size / 2) == 0);
        memset(b, 5, size);
        NEEDS(b[0] == 5 && b[size - 1] == 5);
        free(a);
        free(b);
    }
}

static void check_process(void)
{
    int status, numbers[] = {3, 1, 2};
    errno = 0;
    NEEDS(close(-1) == -1 && errno == EBADF);
    struct timespec now;
    NEEDS(clock_gettime(CLOCK_REALTIME, &now) == 0 && now.tv_sec > 0);
    NEEDS(getauxval(AT_PAGESZ) == 4096 && getenv("PATH") != NULL);
    qsort(numbers, 3, sizeof *numbers, by_value);
    NEEDS(numbers[0] == 1 && numbers[2] == 3);
    pid_t child = fork();
    if (child == 0) {
        _exit(malloc(100) != NULL ? 9 : 1);
    }
    NEEDS(child > 0 && waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 9);
    uint64_t guard;
    __asm__("mov %%fs:0x28, %0" : "=r"(guard));
    NEEDS(guard != 0 && (guard & 0xff) == 0);
}

int main(int argc, char **argv)
{
    NEEDS(argc == 2 && argv[2] == NULL && strcmp(program_invocation_short_name, "try") == 0);
    check_strings();
    check_memory();
    check_process();
    FILE *file = tmpfile();
    char *line = NULL;
    size_t room = 0;
    NEEDS(file != NULL && fputs("one\ntwo\n", file) >= 0 && fseek(file, 0, SEEK_SET) == 0);
    NEEDS(getline(&line, &room, file) == 4 && fclose(file) == 0);
    free(line);
    puts(*_dl_x86_get_cpu_features(0) == 0 ? "short" : "whole");
    return 0;
}
