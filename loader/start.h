/* From a command line, or from a guest's exec, to a running guest: the cold half's last act before it. */
#ifndef LOADER_START_H
#define LOADER_START_H

#include <stdbool.h>
#include <stdint.h>

#include "base/settings.h"

struct loader_error;
struct program;

/* By this name the image is `dragoman run`: what `go run` and `go test` look for in PATH (go help run, -exec). */
#define GO_RUNNER "go_freebsd_amd64_exec"

/*
 * Becomes the guest: examines `path`, loads it, arms interception and enters it. A host program is executed
 * natively. Never returns; on failure writes one message to standard error and exits with 126 (found but not
 * runnable), 127 (not found) or 125 (dragoman's own failure).
 */
_Noreturn void engine_start(const struct settings *settings, const char *path, char **argv, char **envp);

/*
 * If this image was started by a guest's exec (process/handover.h), takes over and never returns; otherwise
 * returns at once. First thing in main().
 */
void engine_resume(void);

/* What examining a program for a guest's exec needs and finds; by the gate. */
struct exec_examination {
    const char *path;
    const struct settings *settings;
    bool keep; /* of programs that the host could execute: they stay in the engine (personality.host_too) */
    struct program *program;
    struct loader_error *error;
};

/* gate_call() target: program_examine() with this build's personalities. Returns 0 or -errno. */
int64_t exec_examine(void *examination);

#endif
