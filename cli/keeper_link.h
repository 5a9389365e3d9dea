/* The keeper of an isolated world, as the commands reach it: started, or found by an instance's name. */
#ifndef CLI_KEEPER_LINK_H
#define CLI_KEEPER_LINK_H

#include <stdbool.h>
#include <sys/types.h>

#include "instance/plan.h"
#include "instance/protocol.h"

struct keeper_link {
    int socket;   /* SOCK_SEQPACKET; closed on exec */
    pid_t keeper; /* the caller's child, whose world is the caller's alone; 0: somebody else's */
};

/*
 * Starts a keeper for the plan. Of `start`, whatever is about descriptors but `log` and `lock` is set here. For a plan with a name
 * the keeper is nobody's child, listens at NAME.sock, and the world is there when this returns; for one without, orders
 * may be sent at once. All of the caller's signals should be blocked. Returns 0, or an exit status after complaining.
 */
int keeper_begin(const struct instance_plan *plan, const struct keeper_start *start, struct keeper_link *out);

/*
 * Connects to a running instance's keeper. Returns 0; -ENOENT: it is not running; else -errno.
 */
int keeper_find(const char *name, struct keeper_link *out);

/*
 * The directory of sockets, made if need be: a descriptor, or an exit status, negative, after complaining. It is the
 * caller's and closed to others, or not used.
 */
int keeper_directory(void);

/*
 * Ends what killed keepers of worlds without namespaces have left behind (instance/record.h). Silent; one look at a path
 * where there is nothing.
 */
void keeper_reap(void);

/* Waits for a keeper of the caller's own. Returns its exit status. */
int keeper_wait(const struct keeper_link *link);

/* Waits for the next message of the keeper's. As channel_receive(). */
int keeper_answer(const struct keeper_link *link, struct keeper_message *m, int fds[KEEPER_DESCRIPTORS],
                  unsigned *count);

#endif
