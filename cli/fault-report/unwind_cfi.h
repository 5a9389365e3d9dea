/* One step by call frame information, with libunwind. */
#ifndef FAULT_REPORT_UNWIND_CFI_H
#define FAULT_REPORT_UNWIND_CFI_H

#include "cli/fault-report/unwind.h"

enum cfi_result {
    CFI_STEPPED, /* *f is the caller's frame */
    CFI_END,     /* the information says that this is the outermost frame, or is damaged */
    CFI_NONE,    /* there is none for this address */
};

/* Makes libunwind's view of the process. Returns false when there is no memory. */
bool cfi_start(struct unwinder *u);

/* Steps from *f, which runs in `image`. */
enum cfi_result cfi_step(struct unwinder *u, const struct image *image, struct frame *f);

#endif
