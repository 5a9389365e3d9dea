/*
 * Makes a program of the kernel's filter language (cBPF) of the table, as C, on standard output. Runs while dragoman is
 * built.
 *
 * libseccomp cannot say "all but these" of a call's arguments in a filter that refuses what it has no rule for. So there
 * are two: one that refuses some arguments and allows the rest, and one that refuses calls. The second is put behind the
 * first, whose "allow" becomes a jump to it.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "instance/filter/table.h"

enum { FAMILIES = 64, LONGEST = 4096 /* BPF_MAXINSNS */, TREE = 2 };

struct program {
    struct sock_filter code[LONGEST];
    size_t length;
};

static void check(int r, const char *what)
{
    if (r < 0) {
        fprintf(stderr, "generate: %s: %s\n", what, strerror(-r));
        exit(1);
    }
}

/* A filter for one of the two kinds of calls; the other kind's, and x32's, are unknown calls. */
static scmp_filter_ctx filter_for(uint32_t kind, uint32_t otherwise)
{
    scmp_filter_ctx f = seccomp_init(otherwise);
    check(f == NULL ? -ENOMEM : 0, "seccomp_init");
    check(seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS)), "the other kinds of calls");
    check(seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, TREE), "the tree");
    if (kind != seccomp_arch_native()) {
        check(seccomp_arch_add(f, kind), "seccomp_arch_add");
        check(seccomp_arch_remove(f, SCMP_ARCH_NATIVE), "seccomp_arch_remove");
    }
    return f;
}

/* The number of a row's call. Where libseccomp knows it, too, the two must agree. */
static int number_of(const struct filter_call *c)
{
    int known = seccomp_syscall_resolve_name_arch(SCMP_ARCH_X86_64, c->name);
    if (c->number != 0 && known >= 0 && known != c->number) {
        fprintf(stderr, "generate: %s has number %d, not %d\n", c->name, known, c->number);
        exit(1);
    }
    int number = c->number != 0 ? c->number : known;
    check(number < 0 ? -ENOSYS : 0, c->name);
    return number;
}

static int number_named(const char *name)
{
    for (const struct filter_call *c = filter_calls; c->name != NULL; c++) {
        if (strcmp(c->name, name) == 0) {
            check(c->action == CALL_ALLOW ? 0 : -EINVAL, name); /* else the refusal says nothing */
            return number_of(c);
        }
    }
    check(-ENOENT, name);
    return -1;
}

static uint32_t action_of(const struct filter_call *c)
{
    return c->action == CALL_ALLOW ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(c->action == CALL_EPERM ? EPERM : ENOSYS);
}

static scmp_filter_ctx calls(void)
{
    scmp_filter_ctx f = filter_for(SCMP_ARCH_X86_64, SCMP_ACT_ERRNO(ENOSYS));
    for (const struct filter_call *c = filter_calls; c->name != NULL; c++) {
        if (c->action != CALL_ENOSYS) { /* which is what happens without a rule */
            check(seccomp_rule_add_exact(f, action_of(c), number_of(c), 0), c->name);
        }
    }
    scmp_filter_ctx f32 = filter_for(SCMP_ARCH_X86, SCMP_ACT_ERRNO(ENOSYS));
    for (const char *const *name = filter_calls32; *name != NULL; name++) {
        check(seccomp_rule_add(f32, SCMP_ACT_ALLOW, seccomp_syscall_resolve_name(*name), 0), *name);
    }
    check(seccomp_merge(f, f32), "seccomp_merge");
    return f;
}

static struct scmp_arg_cmp condition(const struct filter_condition *c)
{
    return SCMP_CMP64(c->index, SCMP_CMP_MASKED_EQ, c->mask, c->value);
}

static void refuse(scmp_filter_ctx f, const struct filter_refusal *r)
{
    struct scmp_arg_cmp when[] = {condition(&r->when[0]), condition(&r->when[1])};
    unsigned count = r->when[1].mask != 0 ? 2 : 1;
    check(seccomp_rule_add_exact_array(f, SCMP_ACT_ERRNO(r->error), number_named(r->name), count, when), r->name);
}

static void refuse_bits(scmp_filter_ctx f, const struct filter_bits *b)
{
    for (uint64_t bit = 1; bit <= UINT32_MAX; bit <<= 1) {
        if ((b->bits & bit) != 0) {
            uint32_t wanted = b->missing ? b->beside : (uint32_t)bit;
            struct filter_refusal one = {b->name, b->error, {{b->index, b->beside | (uint32_t)bit, wanted}}};
            refuse(f, &one);
        }
    }
}

static scmp_filter_ctx arguments(void)
{
    scmp_filter_ctx f = filter_for(SCMP_ARCH_X86_64, SCMP_ACT_ALLOW);
    for (const struct filter_refusal *r = filter_refusals; r->name != NULL; r++) {
        refuse(f, r);
    }
    for (const struct filter_bits *b = filter_bits; b->name != NULL; b++) {
        refuse_bits(f, b);
    }
    for (uint32_t family = 0; family < FAMILIES; family++) {
        struct filter_refusal no = {"socket", EAFNOSUPPORT, {{0, UINT32_MAX, family}}};
        if ((filter_families >> family & 1) == 0) {
            refuse(f, &no);
        }
    }
    struct filter_refusal beyond = {"socket", EAFNOSUPPORT, {{0, 0, 0}}};
    for (uint64_t bit = FAMILIES; bit <= UINT32_MAX; bit <<= 1) {
        beyond.when[0] = (struct filter_condition){0, (uint32_t)bit, (uint32_t)bit};
        refuse(f, &beyond);
    }
    check(seccomp_merge(f, filter_for(SCMP_ARCH_X86, SCMP_ACT_ALLOW)), "seccomp_merge");
    return f;
}

/* Of the calls that the other filter allows. */
static scmp_filter_ctx fence(const struct filter_fence *rows)
{
    enum { ARGUMENTS = 6 };
    scmp_filter_ctx f = filter_for(SCMP_ARCH_X86_64, SCMP_ACT_ALLOW);
    for (const struct filter_fence *r = rows; r->name != NULL; r++) {
        struct scmp_arg_cmp when[ARGUMENTS];
        unsigned count = 0;
        for (unsigned i = 0; i < ARGUMENTS; i++) {
            if ((r->nonzero >> i & 1) != 0) {
                when[count++] = (struct scmp_arg_cmp){i, SCMP_CMP_NE, 0, 0};
            }
        }
        if (r->when.mask != 0) {
            when[count++] = condition(&r->when);
        }
        check(seccomp_rule_add_exact_array(f, SCMP_ACT_ERRNO(r->error), number_named(r->name), count, when), r->name);
    }
    check(seccomp_merge(f, filter_for(SCMP_ARCH_X86, SCMP_ACT_ALLOW)), "seccomp_merge");
    return f;
}

/* Takes the filter. */
static void export(scmp_filter_ctx f, struct program *out)
{
    FILE *file = tmpfile();
    check(file == NULL ? -errno : 0, "a temporary file");
    check(seccomp_export_bpf(f, fileno(file)), "seccomp_export_bpf");
    rewind(file);
    out->length = fread(out->code, sizeof out->code[0], LONGEST, file);
    check(out->length == 0 || out->length == LONGEST ? -E2BIG : 0, "the program's length");
    fclose(file);
    seccomp_release(f);
}

static bool allows(const struct sock_filter *s)
{
    return s->code == (BPF_RET | BPF_K) && s->k == SECCOMP_RET_ALLOW;
}

static void chain(struct program *first, const struct program *second)
{
    check(first->length + second->length > LONGEST ? -E2BIG : 0, "both programs' length");
    for (size_t i = 0; i < first->length; i++) {
        if (allows(&first->code[i])) {
            first->code[i] = (struct sock_filter){BPF_JMP | BPF_JA, 0, 0, (uint32_t)(first->length - i - 1)};
        }
    }
    memcpy(first->code + first->length, second->code, second->length * sizeof second->code[0]);
    first->length += second->length;
}

static void print(const char *name, const struct program *p)
{
    printf("\nconst struct sock_filter %s[] = {\n", name);
    for (size_t i = 0; i < p->length; i++) {
        const struct sock_filter *s = &p->code[i];
        printf("    {0x%02x, %u, %u, 0x%08xu},\n", s->code, s->jt, s->jf, s->k);
    }
    printf("};\nconst unsigned short %s_length = %zu;\n", name, p->length);
}

int main(void)
{
    static struct program whole;
    static struct program second;
    puts("/* Made by instance/filter/generate.c of instance/filter/table.c. */\n"
         "#include \"instance/filter/filter.h\"");
    export(arguments(), &whole);
    export(calls(), &second);
    chain(&whole, &second);
    print("instance_filter", &whole);
    export(fence(filter_fence), &whole);
    print("instance_fence", &whole);
    export(fence(filter_fence_network), &whole);
    print("instance_fence_network", &whole);
    return fflush(stdout) == 0 ? 0 : 1;
}
