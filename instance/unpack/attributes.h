/*
 * Where a foreign file's extended attributes stand on the host: those of the `user` namespace under their own names.
 * What the host lets only its own root have, or what would mean something to the host, stands under a name of ours; in a
 * user namespace with real owners, access control lists and capabilities of files are the host's own, too. FreeBSD's of
 * the namespace `system` stand where vfs/metadata_text.h says.
 */
#ifndef INSTANCE_UNPACK_ATTRIBUTES_H
#define INSTANCE_UNPACK_ATTRIBUTES_H

#include "instance/metadata.h"

#define ATTRIBUTE_KEPT_PREFIX METADATA_KEPT_PREFIX /* and the whole name */
#define ATTRIBUTE_OVERLAY     "user.overlay."      /* overlayfs's own: never an archive's */

/* In archives: before the hexadecimal digits of a name that pax's keywords, which end at an '=', cannot hold. */
#define ATTRIBUTE_HEX_PREFIX "dragoman.hex."

#define ATTRIBUTE_ACL_ACCESS   "system.posix_acl_access"
#define ATTRIBUTE_ACL_DEFAULT  "system.posix_acl_default"
#define ATTRIBUTE_CAPABILITIES "security.capability"

#endif
