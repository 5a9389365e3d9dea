/* The part of tree.c that gives files their extended attributes. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#include "instance/metadata.h"
#include "instance/unpack/attributes.h"
#include "instance/unpack/say.h"
#include "instance/unpack/tree_file.h"

static bool begins(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static bool is_acl(const char *name)
{
    return strcmp(name, ATTRIBUTE_ACL_ACCESS) == 0 || strcmp(name, ATTRIBUTE_ACL_DEFAULT) == 0;
}

/* The host's name for an attribute; false where it has none. */
static bool host_name(const struct tree *tree, const char *name, char out[XATTR_NAME_MAX + 1])
{
    const char *prefix = ATTRIBUTE_KEPT_PREFIX;
    const char *rest = name;
    if (begins(name, METADATA_PREFIX) || begins(name, ATTRIBUTE_OVERLAY)) {
        return false;
    }
    if (begins(name, "user.") || (tree->owners && (is_acl(name) || strcmp(name, ATTRIBUTE_CAPABILITIES) == 0))) {
        prefix = "";
    } else if (begins(name, "system.") && !is_acl(name)) {
        prefix = METADATA_SYSTEM_PREFIX;
        rest = name + strlen("system.");
    }
    return snprintf(out, XATTR_NAME_MAX + 1, "%s%s", prefix, rest) <= XATTR_NAME_MAX;
}

int tree_attributes_later(struct tree_directory *out, const struct member *member)
{
    for (size_t i = 0; i < member->attribute_count; i++) {
        const struct member_attribute *a = &member->attributes[i];
        if (strcmp(a->name, ATTRIBUTE_ACL_DEFAULT) == 0) {
            free(out->acl);
            out->acl = malloc(a->size);
            if (out->acl == NULL) {
                return complain("out of memory");
            }
            memcpy(out->acl, a->value, a->size);
            out->acl_size = a->size;
        }
    }
    return 0;
}

int tree_attributes_set(struct tree *tree, int fd, const struct member *member)
{
    for (size_t i = 0; i < member->attribute_count; i++) {
        const struct member_attribute *a = &member->attributes[i];
        char name[XATTR_NAME_MAX + 1];
        if (tree->owners && strcmp(a->name, ATTRIBUTE_ACL_DEFAULT) == 0) {
            continue; /* later: what is made in the directory until then would inherit it */
        }
        /* One that the file system does not take is no reason to give up; how many files have lost one, is told. */
        if (!host_name(tree, a->name, name) || fsetxattr(fd, name, a->value, a->size, 0) != 0) {
            tree->lost++;
            break;
        }
    }
    return 0;
}
