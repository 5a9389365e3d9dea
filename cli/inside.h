/* dragoman as the keeper of an isolated world starts it: inside, where a guest is to begin. */
#ifndef CLI_INSIDE_H
#define CLI_INSIDE_H

/* If this image was started so (INSIDE_VARIABLE), becomes the guest and never returns; otherwise returns at once. */
void inside_start(void);

#endif
