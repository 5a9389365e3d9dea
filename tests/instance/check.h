/* What the programs of these suites say of a test that fails: the first thing that did not hold, and the test ends. */
#ifndef TESTS_INSTANCE_CHECK_H
#define TESTS_INSTANCE_CHECK_H

#include <errno.h>
#include <stdio.h>

static char reason[512];

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            if (reason[0] == '\0')                                                                                     \
                snprintf(reason, sizeof reason, "line %d: %s (errno %d)", __LINE__, #condition, errno);                \
            return;                                                                                                    \
        }                                                                                                              \
    } while (0)

#define REFUSED(call, error) CHECK((call) == -1 && errno == (error))

#endif
