/*
 * The system as it describes itself: uname(2), sysinfo(2), getrandom(2), sysconf(3), /proc/self, the auxiliary vector.
 */
#include "conf.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/auxv.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/quota.h>
#include <sys/random.h>
#include <sys/reboot.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/wait.h>

TEST(names)
{
    struct utsname name;
    char host[100] = "";

    CALL(uname(&name));
    TEXT(name.sysname);
    DEC(strlen(name.release) > 3);
    /* An i386 program learns x86_64 of a 64-bit kernel, and i686 of its own. */
    DEC(strcmp(name.machine, "x86_64") == 0 || strcmp(name.machine, "i686") == 0);
    gethostname(host, sizeof(host));
    DEC(strcmp(host, name.nodename) == 0);
    CALL(syscall(SYS_uname, WILD));
    CALL(sethostname(WILD, 5));
    CALL(sethostname("x", -1));
    CALL(setdomainname(WILD, 5));
}

TEST(information)
{
    struct sysinfo info;

    memset(&info, 0x55, sizeof(info));
    CALL(sysinfo(&info));
    DEC(info.uptime > 0 && info.procs > 0 && info.mem_unit > 0);
    DEC((unsigned long long)info.totalram * info.mem_unit > 100000000);
    DEC(info.totalram >= info.freeram);
    DEC(info.loads[0] < 100000000);
    CALL(syscall(SYS_sysinfo, WILD));
    DEC(sysconf(_SC_PAGESIZE));
    DEC(sysconf(_SC_NPROCESSORS_ONLN) > 0);
    DEC(sysconf(_SC_CLK_TCK));
    DEC(get_nprocs() > 0);
    double load[3];

    DEC(getloadavg(load, 3));
}

TEST(random)
{
    char bytes[300];
    int zeros = 0;

    memset(bytes, 0, sizeof(bytes));
    CALL(getrandom(bytes, sizeof(bytes), 0));
    for (size_t i = 0; i < sizeof(bytes); i++)
        zeros += bytes[i] == 0;
    DEC(zeros < 30);
    CALL(getrandom(bytes, 10, GRND_NONBLOCK | GRND_RANDOM));
    CALL(getrandom(bytes, 10, 0x100));
    CALL(getrandom(WILD, 10, 0));
    CALL(getentropy(bytes, 256));
    CALL(getentropy(bytes, 257));
}

TEST(of_itself)
{
    char text[4096];
    char link[4096];
    int fd = open("/proc/self/cmdline", O_RDONLY);
    ssize_t got = read(fd, text, sizeof(text));
    int words = 0;

    for (ssize_t i = 0; i < got; i++)
        words += text[i] == 0;
    DEC(words);
    TEXT(text + strlen(text) + 1);
    DEC(strcmp(strrchr(text, '/'), strrchr(conf_program, '/')) == 0);
    got = readlink("/proc/self/exe", link, sizeof(link) - 1);
    link[got > 0 ? got : 0] = 0;
    DEC(strcmp(link, text) == 0 || strcmp(strrchr(link, '/'), strrchr(text, '/')) == 0);
    snprintf(text, sizeof(text), "/proc/%d/exe", (int)getpid());
    memset(text + 100, 0, 4);
    DEC(readlink(text, text + 200, 1000) == got);
    fd = open("/proc/self/exe", O_RDONLY);
    Elf32_Ehdr header;

    DEC(read(fd, &header, sizeof(header)) == (ssize_t)sizeof(header) && memcmp(header.e_ident, ELFMAG, SELFMAG) == 0);
    say("~class %d machine %d", header.e_ident[EI_CLASS], header.e_machine);
    struct stat st;

    CALL(stat("/proc/self/exe", &st));
    DEC(st.st_size > 10000);
    FILE *comm = fopen("/proc/self/comm", "r");

    fgets(text, 100, comm);
    DEC(strncmp(text, strrchr(conf_program, '/') + 1, 15) == 0);
    DEC(access("/proc/self/fd/1", F_OK));
    FILE *status = fopen("/proc/self/status", "r");
    int threads = 0;

    while (fgets(text, sizeof(text), status))
        sscanf(text, "Threads: %d", &threads);
    DEC(threads);
}

TEST(auxiliary_vector)
{
    static const struct {
        const char *name;
        unsigned long type;
    } numbers[] = {{"PAGESZ", AT_PAGESZ}, {"CLKTCK", AT_CLKTCK}, {"PHENT", AT_PHENT},
                   {"FLAGS", AT_FLAGS},   {"SECURE", AT_SECURE}, {"UID", AT_UID},
                   {"EUID", AT_EUID},     {"GID", AT_GID},       {"EGID", AT_EGID}};
    bool seen[64] = {false};
    int count = 0;
    int fd = open("/proc/self/auxv", O_RDONLY);
    ElfW(auxv_t) entry;

    while (read(fd, &entry, sizeof(entry)) == (ssize_t)sizeof(entry)) {
        if (entry.a_type < 64)
            seen[entry.a_type] = true;
        /* libc of i386 keeps other capabilities in its copy. */
        if (entry.a_type != AT_NULL && entry.a_type != AT_HWCAP && getauxval(entry.a_type) != entry.a_un.a_val)
            say("another value of %lu", (unsigned long)entry.a_type);
        count++;
        if (entry.a_type == AT_NULL)
            break;
    }
    DEC(count > 15);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        say("~%s %lu", numbers[i].name, getauxval(numbers[i].type));
    DEC(getauxval(AT_PHDR) != 0 && getauxval(AT_PHNUM) > 3 && getauxval(AT_ENTRY) != 0);
    DEC(getauxval(AT_RANDOM) != 0);
    DEC(getauxval(AT_EXECFN) != 0);
    DEC(seen[AT_HWCAP] && getauxval(AT_HWCAP) != 0);
    DEC(seen[AT_HWCAP2]);
    say("platform %s", getauxval(AT_PLATFORM) ? "named" : "missing");
    say("~platform %s", getauxval(AT_PLATFORM) ? (const char *)getauxval(AT_PLATFORM) : "none");
    DEC(seen[AT_SYSINFO_EHDR]);
    say("~AT_SYSINFO %d", seen[AT_SYSINFO]);
    const unsigned char *vdso = (const unsigned char *)getauxval(AT_SYSINFO_EHDR);

    if (vdso) {
        DEC(memcmp(vdso, ELFMAG, SELFMAG) == 0);
        say("~class %d", vdso[EI_CLASS]);
    }
}

TEST(processors)
{
    FILE *info = fopen("/proc/cpuinfo", "r");
    char line[8192];
    int processors = 0;
    bool flags = false;

    while (info && fgets(line, sizeof(line), info)) {
        processors += strncmp(line, "processor", 9) == 0;
        flags = flags || strncmp(line, "flags", 5) == 0;
    }
    DEC(processors == sysconf(_SC_NPROCESSORS_ONLN));
    DEC(flags);
}

/* What only an administrator may do, with arguments that nobody may have. */
TEST(administration)
{
    CALL(mount("none", "/no/such/folder", "tmpfs", 0, NULL));
    CALL(mount(WILD, WILD, WILD, 0, NULL));
    CALL(umount2("/no/such/folder", 0));
    CALL(umount2(WILD, 0x1000));
    CALL(swapon("/no/such/file", 0));
    CALL(swapoff("/no/such/file"));
    CALL(syscall(SYS_reboot, 1, 2, 3, NULL));
    CALL(klogctl(99, NULL, 0));
    CALL(quotactl(0x7fffffff, NULL, 0, NULL));
    CALL(acct("/no/such/file"));
    CALL(syscall(SYS_init_module, WILD, 0, WILD));
    CALL(syscall(SYS_finit_module, -1, WILD, 0));
    CALL(syscall(SYS_delete_module, WILD, 0));
    CALL(syscall(SYS_kexec_load, 0, 1000, WILD, 0));
    CALL(syscall(SYS_bpf, 9999, NULL, 0));
    CALL(syscall(SYS_perf_event_open, WILD, 0, 0, 0, 0));
    CALL(syscall(SYS_userfaultfd, 0x100));
    CALL(syscall(SYS_fanotify_init, 0x80000000, 0));
    CALL(syscall(SYS_fanotify_mark, -1, 0, 0, 0, NULL));
    CALL(syscall(SYS_lookup_dcookie, 0, 0, NULL, 0));
    CALL(syscall(SYS_name_to_handle_at, -1, "x", WILD, WILD, 0));
    CALL(syscall(SYS_open_by_handle_at, -1, WILD, 0));
    CALL(syscall(SYS_io_setup, 0, WILD));
    CALL(syscall(SYS_io_destroy, 0));
    CALL(syscall(SYS_migrate_pages, 0x7ffffff, 0, NULL, NULL));
    CALL(syscall(SYS_fsopen, "no-such-file-system", 0));
    CALL(syscall(SYS_fsconfig, -1, 99, NULL, NULL, 0));
    CALL(syscall(SYS_fsmount, -1, 0, 0));
    CALL(syscall(SYS_fspick, -1, "", 0));
    CALL(syscall(SYS_open_tree, -1, "x", 0));
    CALL(syscall(SYS_move_mount, -1, "x", -1, "x", 0));
    CALL(syscall(SYS_mount_setattr, -1, "x", 0, NULL, 0));
    CALL(syscall(SYS_quotactl_fd, -1, 0, 0, NULL));
    CALL(syscall(SYS_pkey_alloc, 1, 0));
    CALL(syscall(SYS_pkey_free, 99));
    CALL(syscall(SYS_pkey_mprotect, 1, 4096, 0, 0));
}
