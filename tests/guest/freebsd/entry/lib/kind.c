#include "kind.h"

#define ENOUGH 800000000ULL /* ns for one kind */

static unsigned sites_used;

int64_t kind_result(const struct probe *p)
{
    return p->out.rflags & FLAG_CARRY ? -(int64_t)p->out.rax : (int64_t)p->out.rax;
}

static void prepare(struct probe *p, const struct kind *kind, const void *site, uint64_t round)
{
    probe_fill(p, round);
    p->in.rflags |= kind->flags;
    p->site = site;
    p->number = kind->number | round << 32; /* only the lower half of the number counts */
    p->in.rbx = kind->number;
    p->in.rdi = kind->arguments[0];
    p->in.rsi = kind->arguments[1];
    p->in.rdx = kind->arguments[2];
    p->in.r10 = p->in.rcx = kind->arguments[3];
    p->in.r8 = kind->arguments[4];
    p->in.r9 = kind->arguments[5];
    p->args[0] = kind->stack[0];
    p->args[1] = kind->stack[1];
    p->child = kind->child;
}

static bool one(struct probe *p, const struct kind *kind, const void *site, uint64_t round)
{
    prepare(p, kind, site, round);
    if (kind->before != NULL)
        kind->before(round);
    probe_run(p);
    if (kind->want != KIND_ANY_RESULT && kind_result(p) != kind->want)
        guest_fail(__FILE__, __LINE__, "%s, run %u: the result is %ld, not %ld", kind->name, (unsigned)round + 1,
                   (long)kind_result(p), (long)kind->want);
    else if (kind->good != NULL && !kind->good(p, round))
        guest_fail(__FILE__, __LINE__, "%s, run %u: wrong effect, result %ld, rdx 0x%lx", kind->name,
                   (unsigned)round + 1, (long)kind_result(p), (unsigned long)p->out.rdx);
    else
        probe_check(p, PROBE_AFTER_CALL | kind->also, kind->name);
    return !guest_failed();
}

static bool repeat(struct probe *p, const struct kind *kind, const void *site, unsigned rounds, uint64_t end)
{
    for (unsigned i = 0; i < rounds; i++) {
        if (i >= KIND_FEW && (i & 7) == 0 && guest_now() > end)
            break;
        if (!one(p, kind, site, i)) {
            guest_printf("# at run %u of a site\n", i + 1);
            return false;
        }
    }
    return true;
}

static void in_copy(struct probe *p, const struct kind *kind, enum code_form form)
{
    uint8_t *code = code_pages(0, CODE_PAGE);

    REQUIRE(code != NULL);
    memset(code, 0x90, 64);
    code_site(code + 64, form, kind->number, CODE_TO_PROBE, NULL);
    REQUIRE(code_seal(code, CODE_PAGE));
    if (!repeat(p, kind, code + 64, KIND_FEW, 0))
        guest_printf("# in a copy: %s\n", code_form_name(form));
    code_free(code, CODE_PAGE);
}

static void copies(struct probe *p, const struct kind *kind, uint64_t end)
{
    for (int form = 0; form < CODE_FORMS && !guest_failed(); form++)
        if (form == 0 || guest_now() < end)
            in_copy(p, kind, (enum code_form)form);
}

void kind_in_copies(const struct kind *kind)
{
    struct probe *p = probe_new();

    REQUIRE(p != NULL);
    copies(p, kind, guest_now() + ENOUGH);
    probe_free(p);
}

void kind_everywhere(const struct kind *kind, unsigned rounds)
{
    struct probe *p = probe_new();
    uint64_t end = guest_now() + ENOUGH;

    REQUIRE(p != NULL);
    REQUIRE(sites_used < PROBE_SITE_COUNT);
    if (repeat(p, kind, probe_sites + sites_used++ * PROBE_SITE_SIZE, rounds, end))
        copies(p, kind, end);
    probe_free(p);
}
