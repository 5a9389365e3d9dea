/* What other programs' users would type, and what is to be typed here. */
#ifndef CLI_ELSEWHERE_H
#define CLI_ELSEWHERE_H

/* What stands here for podman's, bwrap's or systemd-nspawn's option `--name` (without dashes; a short one by its letter), as a sentence for a message; NULL: nothing is known. */
const char *option_elsewhere(const char *name);

/* Likewise for a command's name, podman's or systemd-nspawn's or wsl's. */
const char *command_elsewhere(const char *name);

#endif
