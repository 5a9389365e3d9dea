/*
 * What the programs of an instance are known for (syscalls/entry/site_hints.h), from one of its worlds to the next: a file
 * beside its configuration. It is a copy of memory that guests write, so nobody believes it, and it is worth no more than a
 * little time: what goes wrong with it is nobody's concern. Without namespaces the outer process may not write there.
 */
#ifndef INSTANCE_KEEPER_SITES_H
#define INSTANCE_KEEPER_SITES_H

/* Fills in the new table's part. table: the process table's memory; directory: the instance's, -1: it has none. */
void sites_recall(int table, int directory);

/* When the world has ended, and before another may begin. */
void sites_keep(int table, int directory);

#endif
