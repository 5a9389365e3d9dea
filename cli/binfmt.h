/*
 * dragoman as the kernel's interpreter of FreeBSD programs (Documentation/admin-guide/binfmt-misc.rst).
 */
#ifndef CLI_BINFMT_H
#define CLI_BINFMT_H

/* One line on the state, for doctor and `binfmt status`; a constant or static string. */
const char *binfmt_describe(void);

#endif
