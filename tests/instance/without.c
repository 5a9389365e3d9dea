/*
 * without FEATURE[,FEATURE...] COMMAND [ARG...]: COMMAND as on a host without FEATURE, by a filter that answers as such a
 * host does:
 *
 *     userns     unshare and clone with CLONE_NEWUSER: EPERM (Ubuntu's AppArmor, containers)
 *     landlock   landlock_create_ruleset: ENOSYS
 *     seccomp    no more filters: EINVAL
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LONGEST = 64 };

static struct sock_filter program[LONGEST];
static unsigned short size;

static void add(unsigned short code, unsigned char yes, unsigned char no, unsigned k)
{
    program[size++] = (struct sock_filter){code, yes, no, k};
}

static void load(unsigned offset)
{
    add(BPF_LD | BPF_W | BPF_ABS, 0, 0, offset);
}

/* A call whose first argument, masked, is `value` answers `error`; mask 0: whatever it is. */
static void refuse(unsigned number, unsigned mask, unsigned value, unsigned error)
{
    load(offsetof(struct seccomp_data, nr));
    add(BPF_JMP | BPF_JEQ | BPF_K, 0, 4, number);
    load(offsetof(struct seccomp_data, args));
    add(BPF_ALU | BPF_AND | BPF_K, 0, 0, mask);
    add(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, value);
    add(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | error);
}

static int take(const char *feature)
{
    if (strcmp(feature, "userns") == 0) {
        refuse(SYS_unshare, CLONE_NEWUSER, CLONE_NEWUSER, EPERM);
        refuse(SYS_clone, CLONE_NEWUSER, CLONE_NEWUSER, EPERM);
        refuse(SYS_clone3, 0, 0, ENOSYS);
    } else if (strcmp(feature, "landlock") == 0) {
        refuse(SYS_landlock_create_ruleset, 0, 0, ENOSYS);
    } else if (strcmp(feature, "seccomp") == 0) {
        refuse(SYS_prctl, ~0U, PR_SET_SECCOMP, EINVAL);
        refuse(SYS_seccomp, 0, 0, ENOSYS);
    } else {
        return -1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        return 2;
    }
    for (char *word = strtok(argv[1], ","); word != NULL; word = strtok(NULL, ",")) {
        if (take(word) != 0) {
            fprintf(stderr, "without: there is no feature %s\n", word);
            return 2;
        }
    }
    add(BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
    struct sock_fprog filter = {size, program};
    /* As root without no_new_privs, which a host that lacks something does not set. */
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) != 0 &&
        (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) != 0)) {
        perror("without: seccomp");
        return 2;
    }
    execvp(argv[2], argv + 2);
    perror(argv[2]);
    return 127;
}
