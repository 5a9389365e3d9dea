/* Whether what was chosen has been executed: what registers, memory and the stack show of it at the `syscall`. */
#include <string.h>

#include "syscalls/entry/choose.h"

enum { SYSCALL_SIZE = 2 };

static bool effect_seen(const struct patch_effect *e, const struct cpu_context *regs, code_memory_reader *read_memory,
                        void *context)
{
    const uint64_t *words = (const uint64_t *)regs;
    uint64_t value = (uint64_t)e->displacement;
    value += e->base >= 0 ? words[e->base] : 0;
    value += e->index >= 0 ? words[e->index] * e->scale : 0;
    if (e->loads) {
        uint64_t loaded = 0;
        if (!read_memory(context, &loaded, value, e->size)) {
            return false;
        }
        value = loaded;
    }
    return words[e->target] == (e->size == 4 ? (uint32_t)value : value);
}

static bool is_entry(uint64_t entries, uint64_t back)
{
    return back <= CHOICE_LEAD && (entries >> back & 1) != 0;
}

/* The place `distance` (4 bytes there) after `end`. */
static uint64_t relative(uint64_t end, const uint8_t *distance)
{
    int32_t d;
    memcpy(&d, distance, sizeof d);
    return end + (uint64_t)(int64_t)d;
}

/* call rel32, that returns to `back_to`: the place it calls. */
static bool called_directly(uint64_t back_to, code_memory_reader *read_memory, void *context, uint64_t *place)
{
    uint8_t call[5];
    if (!read_memory(context, call, back_to - sizeof call, sizeof call) || call[0] != 0xe8) {
        return false;
    }
    *place = relative(back_to, call + 1);
    return true;
}

/* call *disp32(%rip): likewise. */
static bool called_by_memory(uint64_t back_to, code_memory_reader *read_memory, void *context, uint64_t *place)
{
    uint8_t call[6];
    return read_memory(context, call, back_to - sizeof call, sizeof call) && call[0] == 0xff && call[1] == 0x15 &&
           read_memory(context, place, relative(back_to, call + 2), sizeof *place);
}

/* A linker's stub at *place, jmp *disp32(%rip), maybe behind an endbr64 and with a bnd: where it leads. */
static bool jumps_on(uint64_t from, code_memory_reader *read_memory, void *context, uint64_t *place)
{
    static const uint8_t mark[] = {0xf3, 0x0f, 0x1e, 0xfa};
    uint8_t stub[11];
    size_t i = 0;
    if (!read_memory(context, stub, from, sizeof stub)) {
        return false;
    }
    i += memcmp(stub, mark, sizeof mark) == 0 ? sizeof mark : 0;
    i += stub[i] == 0xf2;
    return stub[i] == 0xff && stub[i + 1] == 0x25 &&
           read_memory(context, place, relative(from + i + 6, stub + i + 2), sizeof *place);
}

/* Whether the guest's stack begins with where a call of one of the entries returns to. */
static bool call_seen(uint64_t entries, const struct cpu_context *regs, code_memory_reader *read_memory, void *context)
{
    uint64_t back_to, place = 0;
    if (!read_memory(context, &back_to, regs->rsp, sizeof back_to)) {
        return false;
    }
    uint64_t at = regs->rip - SYSCALL_SIZE;
    return (called_directly(back_to, read_memory, context, &place) &&
            (is_entry(entries, at - place) ||
             (jumps_on(place, read_memory, context, &place) && is_entry(entries, at - place)))) ||
           (called_by_memory(back_to, read_memory, context, &place) && is_entry(entries, at - place));
}

bool choice_seen(const struct patch_choice *c, const struct cpu_context *regs, code_memory_reader *read_memory,
                 void *context)
{
    if (!effect_seen(&c->effect, regs, read_memory, context)) {
        return false;
    }
    return (!c->has_before && !c->wide && c->entries == 0) ||
           (c->has_before && effect_seen(&c->before, regs, read_memory, context)) ||
           (c->wide && ((const uint64_t *)regs)[c->effect.target] >> 32 != 0) ||
           (c->entries != 0 && call_seen(c->entries, regs, read_memory, context));
}
