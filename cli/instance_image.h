/*
 * Container images and instances: what an image says of its program as an instance's settings, and an instance as an
 * image (github.com/opencontainers/image-spec: image-layout.md, manifest.md, config.md).
 */
#ifndef CLI_INSTANCE_IMAGE_H
#define CLI_INSTANCE_IMAGE_H

#include "cli/instance_config.h"
#include "cli/instance_store.h"
#include "cli/instance_tree.h"

/*
 * Takes "KEY = VALUE" lines (`text`, which is written to), which an image has brought, into a configuration, before what stands
 * there: the user's word goes before it. What cannot be is left out, and said. Returns 0, or an exit status.
 */
int instance_image_take(struct instance_config *config, char *text);

/* What an image is called and what it says of its program. */
struct image_labels {
    const char *name;
    const struct instance_config *config;
};

/*
 * Writes files as an archive of an image, of one layer, to `out`: an OCI layout that is docker-save's form as well. The same
 * files, name and settings are the same bytes. @progress: as instance_tree_pack() has it. Returns 0, or an exit status after
 * complaining.
 */
int instance_image_write(struct instance_store *store, const struct tree_source *source,
                         const struct image_labels *labels, const char *progress, int out);

#endif
