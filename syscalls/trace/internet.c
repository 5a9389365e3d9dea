#include "syscalls/trace/internet.h"

#include <stdbool.h>

static uint32_t big16(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 8 | bytes[1];
}

static void hex_group(struct text *out, uint32_t value)
{
    static const char digits[] = "0123456789abcdef";
    bool started = false;
    for (int shift = 12; shift >= 0; shift -= 4) {
        uint32_t digit = value >> shift & 15;
        if (digit != 0 || started || shift == 0) {
            text_char(out, digits[digit]);
            started = true;
        }
    }
}

void trace_inet6(struct text *out, const uint8_t *address)
{
    int start = -1;
    int length = 1;
    for (int i = 0; i < 8; i++) {
        int run = 0;
        while (i + run < 8 && big16(address + 2 * (i + run)) == 0) {
            run++;
        }
        if (run > length) {
            start = i;
            length = run;
        }
    }
    for (int i = 0; i < 8; i++) {
        if (i == start) {
            text_str(out, "::");
            i += length - 1;
            continue;
        }
        if (i != 0 && i != start + length) {
            text_char(out, ':');
        }
        hex_group(out, big16(address + 2 * i));
    }
}
