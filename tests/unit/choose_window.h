/* Code around a call site, as choose_patch() is shown it. */
#ifndef TESTS_UNIT_CHOOSE_WINDOW_H
#define TESTS_UNIT_CHOOSE_WINDOW_H

#include <string.h>

#include "syscalls/entry/choose.h"

#define AT 0x401000U

enum { SITE = CODE_BEFORE };

static struct code_window w;

/*
 * A window whose code before the site is `bytes`, and before that instructions of three bytes each (mov %rcx, %rax), so
 * that every reading falls into step. After the site: ret and int3.
 */
static void window_of(const uint8_t *bytes, size_t size)
{
    static const uint8_t filler[] = {0x48, 0x89, 0xc8}, call[] = {0x0f, 0x05};
    memset(&w, 0xcc, sizeof w);
    w.at = AT;
    w.before = CODE_BEFORE;
    w.after = CODE_AFTER;
    w.starts_a_mapping = 0;
    for (size_t at = SITE - size; at >= sizeof filler; at -= sizeof filler) {
        memcpy(w.bytes + at - sizeof filler, filler, sizeof filler);
    }
    memcpy(w.bytes + SITE - size, bytes, size);
    memcpy(w.bytes + SITE, call, sizeof call);
    w.bytes[SITE + 2] = 0xc3;
}

#define MOV_EAX 0xb8, 0x27, 0, 0, 0

#endif
