/*
 * A kind of call, made again and again with every register filled: through one site of the program's text, so that
 * at some turn an engine may do something to the site, and then through fresh copies in every shape.
 */
#ifndef KIND_H
#define KIND_H

#include "code.h"
#include "probe.h"

enum { KIND_ANY_RESULT = -1000, KIND_FEW = 68, KIND_MANY = 140 };

struct kind {
    const char *name;
    uint32_t number;
    uint64_t arguments[6];
    uint64_t stack[2]; /* further arguments, of an indirect call */
    int64_t want;      /* the result or the negative error; KIND_ANY_RESULT where only `good` can tell */
    unsigned also;     /* PROBE_RDX */
    uint64_t flags;    /* added to the flags */
    void (*before)(uint64_t round);
    bool (*good)(struct probe *p, uint64_t round);
    void (*child)(struct probe *p); /* of struct probe */
};

/* The result of the last run, or the negative error. */
int64_t kind_result(const struct probe *p);
/*
 * `rounds` runs through a site of the text and KIND_FEW through a copy of each shape; fewer where a kind takes long,
 * but KIND_FEW of the text's and of one copy always. The first fault fails the test.
 */
void kind_everywhere(const struct kind *kind, unsigned rounds);
/* Only the copies. */
void kind_in_copies(const struct kind *kind);

#endif
