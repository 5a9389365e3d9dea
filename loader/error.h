#ifndef LOADER_ERROR_H
#define LOADER_ERROR_H

#include "loader/loader.h"

/**
 * Fills *err with a host errno and a printf text ("what: why (what to do)").
 * Returns -host_errno, so that a caller can return it.
 */
__attribute__((format(printf, 3, 4))) int loader_fail(struct loader_error *err, int host_errno, const char *format,
                                                      ...);

#endif
