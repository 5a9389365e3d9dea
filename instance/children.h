/* The children of the calling process, those that have become its own as a subreaper among them. */
#ifndef INSTANCE_CHILDREN_H
#define INSTANCE_CHILDREN_H

/*
 * Kills those of the calling thread, or as many of them as fit a page: a number that may be cut off is another's. They
 * cannot be anybody else's as long as they are not waited for. Whoever waits until none is left calls it again.
 */
void children_kill(void);

#endif
