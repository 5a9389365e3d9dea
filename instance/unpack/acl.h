/* Access control lists between the form that archives have them in (libarchive's) and the host's attribute. */
#ifndef INSTANCE_UNPACK_ACL_H
#define INSTANCE_UNPACK_ACL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct archive_entry;

/*
 * The host's attribute for an entry's list: its access list or (`is_default`) a directory's default one. Returns its
 * value, for free(), or NULL where it has none (or no memory is left). *mask: the permissions of its mask, where it has
 * one, else left alone.
 */
void *acl_of_entry(struct archive_entry *entry, bool is_default, size_t *size, uint32_t *mask);

/* Adds the list in an attribute's value to an entry. Returns false where the value is no such list. */
bool acl_to_entry(struct archive_entry *entry, bool is_default, const void *value, size_t size);

#endif
