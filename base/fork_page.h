/*
 * The page that a fork writes to.
 *
 * After a fork each page that parent or child writes to costs a fault, and for the first of them a copy: 2 us each. So
 * the locks that are held around a fork, and what the child changes of its process, lie together: at the beginning of
 * a section of their own, which begins with a page (FORK_PAGE_FIRST, base/heap.c) and is filled in the order in which
 * the hot half is linked (base, then process).
 */
#ifndef BASE_FORK_PAGE_H
#define BASE_FORK_PAGE_H

#define FORK_PAGE       __attribute__((section(".bss.fork")))
#define FORK_PAGE_FIRST __attribute__((section(".bss.fork"), aligned(4096)))

#endif
