/* What a foreign file is, where the host's file cannot be it: the format stands in vfs/metadata_text.h. */
#ifndef INSTANCE_METADATA_H
#define INSTANCE_METADATA_H

#include "vfs/metadata_text.h" /* IWYU pragma: export */

#endif
