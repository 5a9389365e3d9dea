/*
 * The leaves of the sysctl tree. Numbers, types and formats are those of sys/sys/sysctl.h and of the files in
 * sys/kern that declare them; leaves that FreeBSD numbers as it boots have none here either.
 */
#include "syscalls/freebsd/sysctl/sysctl.h"

#include <stddef.h>

#include "syscalls/freebsd/ipc/sysv.h"

enum top { KERN = 1, VM = 2, VFS = 3, NET = 4, HW = 6, MACHDEP = 7, USER = 8, P1003_1B = 9, SECURITY = 0x100 };

#define LEAF(leaf, top, number1, number2, kind, fmt)                                                                   \
    .name = (leaf), .mib = {(top), (number1), (number2), 0}, .type = (kind), .format = (fmt)
#define INT(leaf, top, n, value)                                                                                       \
    {                                                                                                                  \
        LEAF(leaf, top, n, 0, SYSCTL_INT, "I"), .number = (value)                                                      \
    }
#define UINT(leaf, top, n, value)                                                                                      \
    {                                                                                                                  \
        LEAF(leaf, top, n, 0, SYSCTL_UINT, "IU"), .number = (value)                                                    \
    }
#define LONG(leaf, top, n, value)                                                                                      \
    {                                                                                                                  \
        LEAF(leaf, top, n, 0, SYSCTL_LONG, "L"), .number = (value)                                                     \
    }
#define STRING(leaf, top, n, value)                                                                                    \
    {                                                                                                                  \
        LEAF(leaf, top, n, 0, SYSCTL_STRING, "A"), .text = (value)                                                     \
    }
#define INT_OF(leaf, top, n, fn)                                                                                       \
    {                                                                                                                  \
        LEAF(leaf, top, n, 0, SYSCTL_INT, "I"), .compute = (fn)                                                        \
    }
#define LONG_OF(leaf, top, n, fn)                                                                                      \
    {                                                                                                                  \
        LEAF(leaf, top, n, 0, SYSCTL_LONG, "L"), .compute = (fn)                                                       \
    }
#define UINT_OF(leaf, top, n, fn)                                                                                      \
    {                                                                                                                  \
        LEAF(leaf, top, n, 0, SYSCTL_UINT, "IU"), .compute = (fn)                                                      \
    }
#define ULONG_OF(leaf, top, n, fn)                                                                                     \
    {                                                                                                                  \
        LEAF(leaf, top, n, 0, SYSCTL_ULONG, "LU"), .compute = (fn)                                                     \
    }
#define STRING_OF(leaf, top, n, fn)                                                                                    \
    {                                                                                                                  \
        LEAF(leaf, top, n, 0, SYSCTL_STRING, "A"), .read = (fn)                                                        \
    }
#define OPAQUE_OF(leaf, top, n, fmt, fn)                                                                               \
    {                                                                                                                  \
        LEAF(leaf, top, n, 0, SYSCTL_OPAQUE, fmt), .read = (fn)                                                        \
    }
#define PROC(leaf, n, fn)                                                                                              \
    {                                                                                                                  \
        LEAF(leaf, KERN, 14, n, SYSCTL_NODE, "N"), .read = (fn)                                                        \
    }

/* A limit of System V IPC: a member of the host's structure of them. */
#define IPC_LIMIT(leaf, kind, fmt, fn, structure, member)                                                              \
    {                                                                                                                  \
        LEAF(leaf, KERN, 0, 0, kind, fmt), .read = (fn), .number = (int64_t)offsetof(struct structure, member)         \
    }
#define SEM_LIMIT(leaf, member) IPC_LIMIT(leaf, SYSCTL_INT, "I", sysctl_sem_limit, seminfo, member)
#define MSG_LIMIT(leaf, member) IPC_LIMIT(leaf, SYSCTL_INT, "I", sysctl_msg_limit, msginfo, member)
#define SHM_LIMIT(leaf, member) IPC_LIMIT(leaf, SYSCTL_ULONG, "LU", sysctl_shm_limit, shminfo64, member)
#define IPC_COUNT(leaf, kind, fmt, which)                                                                              \
    {                                                                                                                  \
        LEAF(leaf, KERN, 0, 0, kind, fmt), .read = sysctl_ipc_count, .number = (which)                                 \
    }
#define IPC_TABLE(leaf, fmt, which)                                                                                    \
    {                                                                                                                  \
        LEAF(leaf, KERN, 0, 0, SYSCTL_OPAQUE, fmt), .read = sysctl_ipc_table, .number = (which)                        \
    }
/* Counters: the key of the host's, or NULL where the host does not count, and in how many of them. */
#define VM_COUNTER(leaf, key, divisor)                                                                                 \
    {                                                                                                                  \
        LEAF("vm.stats." leaf, VM, 0, 0, SYSCTL_U64, "QU"), .read = sysctl_vm_counter, .text = (key),                  \
                                                            .number = (divisor)                                        \
    }
#define STAT_COUNTER(leaf, key)                                                                                        \
    {                                                                                                                  \
        LEAF("vm.stats." leaf, VM, 0, 0, SYSCTL_U64, "QU"), .read = sysctl_stat_counter, .text = (key)                 \
    }
/* Parameters of jails, for jls(8) and jail(8): a number's value is 0, a text's the room for it, a structure's its size. */
#define JAIL_NUMBER(leaf, kind, fmt)                                                                                   \
    {                                                                                                                  \
        LEAF("security.jail.param." leaf, SECURITY, 0, 0, kind, fmt)                                                   \
    }
#define JAIL_TEXT(leaf, room)                                                                                          \
    {                                                                                                                  \
        LEAF("security.jail.param." leaf, SECURITY, 0, 0, SYSCTL_STRING, "A"), .text = (room)                          \
    }
#define JAIL_ADDRESS(leaf, fmt, size)                                                                                  \
    {                                                                                                                  \
        LEAF("security.jail.param." leaf, SECURITY, 0, 0, SYSCTL_OPAQUE, fmt), .read = sysctl_jail_size,               \
                                                                               .number = (size)                        \
    }
/* Leaves below protocols: families, protocols and most leaves have numbers (netinet/in.h, tcp_var.h, netinet6/in6.h). */
#define INET(leaf, protocol, n, value)                                                                                 \
    {                                                                                                                  \
        .name = "net.inet." leaf, .mib = {NET, 2, (protocol), (n)}, .is_zero = (protocol) == 0, .type = SYSCTL_INT,    \
        .format = "I", .number = (value)                                                                               \
    }
#define LOCAL(leaf, kind, value)                                                                                       \
    {                                                                                                                  \
        LEAF("net.local." leaf, NET, 1, kind, SYSCTL_LONG, "L"), .number = (value)                                     \
    }
#define IP6(leaf, n, value)                                                                                            \
    {                                                                                                                  \
        .name = "net.inet6.ip6." leaf, .mib = {NET, 28, 41, (n)}, .type = SYSCTL_INT, .format = "I", .number = (value) \
    }

const struct sysctl_leaf sysctl_leaves[] = {
    STRING("kern.ostype", KERN, 1, "FreeBSD"),
    STRING_OF("kern.osrelease", KERN, 2, sysctl_osrelease),
    INT("kern.osrevision", KERN, 3, 199506),
    STRING_OF("kern.version", KERN, 4, sysctl_version),
    INT("kern.maxvnodes", KERN, 5, 100000),
    INT_OF("kern.maxproc", KERN, 6, sysctl_maxproc),
    INT_OF("kern.maxfiles", KERN, 7, sysctl_maxfiles),
    INT("kern.argmax", KERN, 8, 524288),
    INT("kern.securelevel", KERN, 9, -1),
    STRING_OF("kern.hostname", KERN, 10, sysctl_hostname),
    ULONG_OF("kern.hostid", KERN, 11, sysctl_hostid),
    OPAQUE_OF("kern.clockrate", KERN, 12, "S,clockinfo", sysctl_clockrate),
    {LEAF("kern.proc.all", KERN, 14, 0, SYSCTL_NODE, "S,proc"), .is_zero = true, .read = sysctl_proc_all},
    PROC("kern.proc.pid", 1, sysctl_proc_pid),
    PROC("kern.proc.pgrp", 2, sysctl_proc_group),
    PROC("kern.proc.session", 3, sysctl_proc_session),
    PROC("kern.proc.tty", 4, sysctl_proc_terminal),
    PROC("kern.proc.uid", 5, sysctl_proc_user),
    PROC("kern.proc.ruid", 6, sysctl_proc_real_user),
    PROC("kern.proc.proc", 8, sysctl_proc_processes),
    PROC("kern.proc.sv_name", 9, sysctl_proc_sv_name),
    PROC("kern.proc.rgid", 10, sysctl_proc_real_gid),
    PROC("kern.proc.gid", 11, sysctl_proc_gid),
    PROC("kern.proc.pid_td", 17, sysctl_proc_pid_threads),
    PROC("kern.proc.pgrp_td", 18, sysctl_proc_group_threads),
    PROC("kern.proc.session_td", 19, sysctl_proc_session_threads),
    PROC("kern.proc.tty_td", 20, sysctl_proc_terminal_threads),
    PROC("kern.proc.uid_td", 21, sysctl_proc_user_threads),
    PROC("kern.proc.ruid_td", 22, sysctl_proc_real_user_threads),
    PROC("kern.proc.proc_td", 24, sysctl_proc_processes_threads),
    PROC("kern.proc.rgid_td", 26, sysctl_proc_real_gid_threads),
    PROC("kern.proc.gid_td", 27, sysctl_proc_gid_threads),
    PROC("kern.proc.groups", 34, sysctl_proc_groups),
    PROC("kern.proc.env", 35, sysctl_proc_env),
    PROC("kern.proc.auxv", 36, sysctl_proc_auxv),
    PROC("kern.proc.ps_strings", 38, sysctl_proc_ps_strings),
    PROC("kern.proc.umask", 39, sysctl_proc_umask),
    {LEAF("kern.proc.args", KERN, 14, 7, SYSCTL_NODE, "N"), .takes_new = true, .read = sysctl_proc_args},
    PROC("kern.proc.sigtramp", 41, sysctl_proc_sigtramp),
    PROC("kern.proc.filedesc", 33, sysctl_proc_filedesc),
    PROC("kern.proc.vmmap", 32, sysctl_proc_vmmap),
    PROC("kern.proc.cwd", 42, sysctl_proc_cwd),
    PROC("kern.proc.nfds", 43, sysctl_proc_nfds),
    PROC("kern.proc.pathname", 12, sysctl_proc_pathname),
    PROC("kern.proc.rlimit", 37, sysctl_proc_rlimit),
    PROC("kern.proc.osrel", 40, sysctl_proc_osrel),
    OPAQUE_OF("kern.file", KERN, 15, "S,xfile", sysctl_file),
    INT("kern.posix1version", KERN, 17, 200112),
    INT("kern.ngroups", KERN, 18, 1023),
    INT("kern.job_control", KERN, 19, 1),
    INT("kern.saved_ids", KERN, 20, 0),
    {LEAF("kern.devname", KERN, 0, 0, SYSCTL_INT, ""), .takes_new = true, .read = sysctl_devname},
    OPAQUE_OF("kern.boottime", KERN, 21, "S,timeval", sysctl_boottime),
    STRING_OF("kern.domainname", KERN, 22, sysctl_domainname),
    INT_OF("kern.osreldate", KERN, 24, sysctl_osreldate),
    STRING("kern.bootfile", KERN, 26, "/boot/kernel/kernel"),
    INT_OF("kern.maxfilesperproc", KERN, 27, sysctl_maxfilesperproc),
    INT_OF("kern.maxprocperuid", KERN, 28, sysctl_maxproc),
    ULONG_OF("kern.ps_strings", KERN, 32, sysctl_ps_strings),
    ULONG_OF("kern.usrstack", KERN, 33, sysctl_usrstack),
    INT("kern.logsigexit", KERN, 34, 1),
    INT("kern.iov_max", KERN, 35, 1024),
    STRING_OF("kern.hostuuid", KERN, 36, sysctl_hostuuid),
    OPAQUE_OF("kern.arandom", KERN, 37, "", sysctl_arandom),
    STRING("kern.ident", KERN, 0, "GENERIC"),
    STRING("kern.supported_archs", KERN, 0, "amd64"),
    STRING("kern.conftxt", KERN, 0, "ident\tGENERIC\nmachine\tamd64\ncpu\tHAMMER\n"),
    INT_OF("kern.smp.maxcpus", KERN, 0, sysctl_maxcpus),
    INT_OF("kern.smp.cpus", KERN, 0, sysctl_ncpu),
    INT("kern.smp.active", KERN, 0, 1),
    INT("kern.smp.disabled", KERN, 0, 0),
    INT_OF("kern.smp.maxid", KERN, 0, sysctl_last_cpu),
    INT_OF("kern.ipc.somaxconn", KERN, 0, sysctl_somaxconn),
    INT_OF("kern.ipc.soacceptqueue", KERN, 0, sysctl_somaxconn),
    INT("kern.ipc.maxsockbuf", KERN, 0, 2097152),
    INT_OF("kern.ipc.maxsockets", KERN, 0, sysctl_maxfiles),
    INT("kern.ipc.shm_use_phys", KERN, 0, 0),
    INT("kern.ipc.shm_allow_removed", KERN, 0, 1),
    SHM_LIMIT("kern.ipc.shmmax", shmmax),
    {LEAF("kern.ipc.shmmin", KERN, 0, 0, SYSCTL_ULONG, "LU"), .number = 1},
    IPC_COUNT("kern.ipc.shmmni", SYSCTL_ULONG, "LU", SYSCTL_IPC_SEGMENTS),
    SHM_LIMIT("kern.ipc.shmseg", shmseg),
    SHM_LIMIT("kern.ipc.shmall", shmall),
    IPC_COUNT("kern.ipc.semmni", SYSCTL_INT, "I", SYSCTL_IPC_SEMAPHORES),
    SEM_LIMIT("kern.ipc.semmnu", semmnu),
    SEM_LIMIT("kern.ipc.semmns", semmns),
    SEM_LIMIT("kern.ipc.semmsl", semmsl),
    SEM_LIMIT("kern.ipc.semopm", semopm),
    SEM_LIMIT("kern.ipc.semume", semume),
    SEM_LIMIT("kern.ipc.semusz", semusz),
    SEM_LIMIT("kern.ipc.semvmx", semvmx),
    SEM_LIMIT("kern.ipc.semaem", semaem),
    MSG_LIMIT("kern.ipc.msgmax", msgmax),
    MSG_LIMIT("kern.ipc.msgmnb", msgmnb),
    IPC_COUNT("kern.ipc.msgmni", SYSCTL_INT, "I", SYSCTL_IPC_QUEUES),
    MSG_LIMIT("kern.ipc.msgtql", msgtql),
    MSG_LIMIT("kern.ipc.msgssz", msgssz),
    MSG_LIMIT("kern.ipc.msgseg", msgseg),
    IPC_TABLE("kern.ipc.msqids", "", SYSCTL_IPC_QUEUES),
    IPC_TABLE("kern.ipc.sema", "", SYSCTL_IPC_SEMAPHORES),
    IPC_TABLE("kern.ipc.shmsegs", "", SYSCTL_IPC_SEGMENTS),
    INT_OF("kern.ipc.numopensockets", KERN, 0, sysctl_sockets),
    STRING("kern.sched.name", KERN, 0, "ULE"),
    INT("kern.sched.quantum", KERN, 0, 94488),
    INT_OF("kern.sched.cpusetsize", KERN, 0, sysctl_cpusetsize),
    INT_OF("kern.sched.cpusetsizemin", KERN, 0, sysctl_cpusetsizemin),
    INT("kern.features.compat_freebsd7", KERN, 0, 1),
    INT("kern.features.inet", KERN, 0, 1),
    INT("kern.features.inet6", KERN, 0, 1),
    INT("kern.features.posix_shm", KERN, 0, 1),
    INT("kern.features.sysv_sem", KERN, 0, 1),
    INT("kern.features.sysv_msg", KERN, 0, 1),
    INT("kern.features.sysv_shm", KERN, 0, 1),
    INT("kern.features.compat_freebsd4", KERN, 0, 1),
    INT("kern.features.compat_freebsd10", KERN, 0, 1),
    INT("kern.features.compat_freebsd11", KERN, 0, 1),
    INT("kern.features.compat_freebsd12", KERN, 0, 1),
    INT_OF("kern.lastpid", KERN, 0, sysctl_lastpid),
    INT_OF("kern.openfiles", KERN, 0, sysctl_openfiles),
    INT("kern.sugid_coredump", KERN, 0, 0),
    INT("kern.randompid", KERN, 0, 0),
    INT("kern.ps_argsopen", KERN, 0, 1),
    {LEAF("kern.ps_arg_cache_limit", KERN, 0, 0, SYSCTL_ULONG, "LU"), .number = 256},
    INT("kern.elf64.allow_wx", KERN, 0, 1),
    INT("kern.elf64.fallback_brand", KERN, 0, -1),
    INT("kern.racct.enable", KERN, 0, 0),
    STRING("kern.module_path", KERN, 0, "/boot/kernel;/boot/modules;/boot/dtb;/boot/overlays"),
    INT("kern.signosys", KERN, 0, 1),
    INT("kern.lognosys", KERN, 0, 0),
    INT("kern.coredump", KERN, 0, 1),
    STRING("kern.corefile", KERN, 0, "%N.core"),
    INT("kern.stackprot", KERN, 0, 3),
    INT("kern.elf64.aslr.enable", KERN, 0, 1),
    INT("kern.elf64.nxstack", KERN, 0, 1),
    INT("kern.pid_max", KERN, 0, 99999),
    INT("kern.hz", KERN, 0, 1000),
    INT("kern.fscale", KERN, 0, 2048),
    INT("kern.ccpu", KERN, 0, 0),
    STRING("kern.vm_guest", KERN, 0, "none"),
    STRING("kern.timecounter.hardware", KERN, 0, "TSC"),
    INT("kern.timecounter.fast_gettime", KERN, 0, 1),
    INT("kern.trap_enotcap", KERN, 0, 0),
    OPAQUE_OF("kern.cp_time", KERN, 0, "LU", sysctl_cp_time),
    OPAQUE_OF("kern.cp_times", KERN, 0, "LU", sysctl_cp_times),
    STRING_OF("kern.msgbuf", KERN, 0, sysctl_msgbuf),
    STRING_OF("kern.console", KERN, 0, sysctl_console),
    LONG("kern.tty_nin", KERN, 0, 0),
    LONG("kern.tty_nout", KERN, 0, 0),
    INT("kern.consmute", KERN, 0, 0),
    OPAQUE_OF("kern.devstat.all", KERN, 0, "S,devstat", sysctl_devstat_all),
    INT_OF("kern.devstat.numdevs", KERN, 0, sysctl_devstat_count),
    LONG_OF("kern.devstat.generation", KERN, 0, sysctl_devstat_count),
    INT("kern.devstat.version", KERN, 0, 6),
    INT("kern.random.sys.seeded", KERN, 0, 1),

    OPAQUE_OF("vm.vmtotal", VM, 1, "S,vmtotal", sysctl_vmtotal),
    UINT_OF("vm.stats.vm.v_active_count", VM, 0, sysctl_active_pages),
    UINT_OF("vm.stats.vm.v_inactive_count", VM, 0, sysctl_inactive_pages),
    UINT_OF("vm.stats.vm.v_wire_count", VM, 0, sysctl_wired_pages),
    UINT("vm.stats.vm.v_laundry_count", VM, 0, 0),
    OPAQUE_OF("vm.loadavg", VM, 2, "S,loadavg", sysctl_loadavg),
    INT("vm.overcommit", VM, 12, 0),
    INT("vm.swap_enabled", VM, 11, 1),
    ULONG_OF("vm.swap_total", VM, 0, sysctl_swap_total),
    {LEAF("vm.swap_info", VM, 0, 0, SYSCTL_NODE, "N"), .read = sysctl_swap_info},
    INT_OF("vm.nswapdev", VM, 0, sysctl_swap_devices),
    INT("vm.dmmax", VM, 0, 32),
    UINT_OF("vm.stats.vm.v_page_count", VM, 0, sysctl_pages),
    UINT_OF("vm.stats.vm.v_free_count", VM, 0, sysctl_free_pages),
    UINT("vm.stats.vm.v_page_size", VM, 0, 4096),
    UINT_OF("vm.stats.vm.v_free_reserved", VM, 0, sysctl_free_minimum),
    UINT_OF("vm.stats.vm.v_free_min", VM, 0, sysctl_free_minimum),
    UINT_OF("vm.stats.vm.v_free_severe", VM, 0, sysctl_free_minimum),
    UINT_OF("vm.stats.vm.v_free_target", VM, 0, sysctl_free_target),
    UINT_OF("vm.stats.vm.v_inactive_target", VM, 0, sysctl_free_target),
    UINT("vm.stats.vm.v_cache_count", VM, 0, 0),
    UINT("vm.stats.vm.v_cache_min", VM, 0, 0),
    UINT("vm.stats.vm.v_cache_max", VM, 0, 0),
    UINT("vm.stats.vm.v_pageout_free_min", VM, 0, 0),
    UINT("vm.stats.vm.v_interrupt_free_min", VM, 0, 0),
    VM_COUNTER("vm.v_vm_faults", "pgfault ", 1),
    VM_COUNTER("vm.v_io_faults", "pgmajfault ", 1),
    VM_COUNTER("vm.v_cow_faults", NULL, 1),
    VM_COUNTER("vm.v_cow_optim", NULL, 1),
    VM_COUNTER("vm.v_zfod", NULL, 1),
    VM_COUNTER("vm.v_ozfod", NULL, 1),
    VM_COUNTER("vm.v_swapin", "pswpin ", 1),
    VM_COUNTER("vm.v_swapout", "pswpout ", 1),
    VM_COUNTER("vm.v_swappgsin", "pswpin ", 1),
    VM_COUNTER("vm.v_swappgsout", "pswpout ", 1),
    VM_COUNTER("vm.v_vnodein", NULL, 1),
    VM_COUNTER("vm.v_vnodeout", NULL, 1),
    VM_COUNTER("vm.v_vnodepgsin", "pgpgin ", 4), /* the host counts kilobytes */
    VM_COUNTER("vm.v_vnodepgsout", "pgpgout ", 4),
    VM_COUNTER("vm.v_intrans", NULL, 1),
    VM_COUNTER("vm.v_reactivated", "pgactivate ", 1),
    VM_COUNTER("vm.v_pdwakeups", "pageoutrun ", 1),
    VM_COUNTER("vm.v_pdpages", "pgscan_kswapd ", 1),
    VM_COUNTER("vm.v_pdshortfalls", "allocstall_normal ", 1),
    VM_COUNTER("vm.v_dfree", NULL, 1),
    VM_COUNTER("vm.v_pfree", NULL, 1),
    VM_COUNTER("vm.v_tfree", "pgfree ", 1),
    VM_COUNTER("vm.v_tcached", NULL, 1), /* of 10 */
    STAT_COUNTER("vm.v_forks", "processes "),
    STAT_COUNTER("vm.v_vforks", NULL),
    STAT_COUNTER("vm.v_rforks", NULL),
    STAT_COUNTER("vm.v_kthreads", NULL),
    STAT_COUNTER("vm.v_forkpages", NULL),
    STAT_COUNTER("vm.v_vforkpages", NULL),
    STAT_COUNTER("vm.v_rforkpages", NULL),
    STAT_COUNTER("vm.v_kthreadpages", NULL),
    STAT_COUNTER("sys.v_swtch", "ctxt "),
    STAT_COUNTER("sys.v_intr", "intr "),
    STAT_COUNTER("sys.v_soft", "softirq "),
    STAT_COUNTER("sys.v_trap", NULL),
    STAT_COUNTER("sys.v_syscall", NULL),
    INT("vm.old_mlock", VM, 0, 0),

    OPAQUE_OF("vfs.conflist", VFS, 0, "S,xvfsconf", sysctl_conflist),
    LONG_OF("vfs.bufspace", VFS, 0, sysctl_buffers),
    OPAQUE_OF("vfs.cache.nchstats", VFS, 0, "LU", sysctl_name_cache),
    INT("vfs.usermount", VFS, 0, 0),
    INT("vfs.timestamp_precision", VFS, 0, 2),
    INT("vfs.aio.enable_unsafe", VFS, 0, 0),
    INT("vfs.aio.unsafe_warningcnt", VFS, 0, 1),
    INT("vfs.aio.max_aio_procs", VFS, 0, 32),
    INT("vfs.aio.target_aio_procs", VFS, 0, 4),
    INT("vfs.aio.max_aio_queue", VFS, 0, 1024),
    INT("vfs.aio.max_aio_queue_per_proc", VFS, 0, 256),
    INT("vfs.aio.max_aio_per_proc", VFS, 0, 32),
    INT("vfs.aio.max_buf_aio", VFS, 0, 16),
    INT("vfs.aio.aiod_lifetime", VFS, 0, 30000),

    {LEAF("net.route", NET, 17, 0, SYSCTL_NODE, "N"), .read = sysctl_route},
    OPAQUE_OF("net.inet.tcp.pcblist", NET, 0, "S,xtcpcb", sysctl_tcp_pcblist),
    OPAQUE_OF("net.inet.udp.pcblist", NET, 0, "S,xinpcb", sysctl_udp_pcblist),
    OPAQUE_OF("net.inet.raw.pcblist", NET, 0, "S,xinpcb", sysctl_raw_pcblist),
    OPAQUE_OF("net.local.stream.pcblist", NET, 0, "S,xunpcb", sysctl_local_stream_pcblist),
    OPAQUE_OF("net.local.dgram.pcblist", NET, 0, "S,xunpcb", sysctl_local_dgram_pcblist),
    OPAQUE_OF("net.local.seqpacket.pcblist", NET, 0, "S,xunpcb", sysctl_local_seqpacket_pcblist),
    INT("net.fibs", NET, 0, 1),
    INT("net.my_fibnum", NET, 0, 0),
    {.name = "net.inet.ip.forwarding",
     .mib = {NET, 2, 0, 1},
     .is_zero = true,
     .type = SYSCTL_INT,
     .format = "I",
     .compute = sysctl_forwarding},
    INET("ip.redirect", 0, 2, 1),
    INET("ip.ttl", 0, 3, 64),
    INET("ip.sourceroute", 0, 8, 0),
    INET("ip.accept_sourceroute", 0, 13, 0),
    INET("ip.portrange.first", 0, 0, 10000),
    INET("ip.portrange.last", 0, 0, 65535),
    INET("ip.portrange.hifirst", 0, 0, 49152),
    INET("ip.portrange.hilast", 0, 0, 65535),
    INET("ip.portrange.reservedhigh", 0, 0, 1023),
    INET("ip.portrange.reservedlow", 0, 0, 0),
    INET("tcp.rfc1323", 6, 1, 1),
    INET("tcp.mssdflt", 6, 3, 536),
    INET("tcp.keepidle", 6, 6, 7200000),
    INET("tcp.keepintvl", 6, 7, 75000),
    INET("tcp.keepcnt", 6, 0, 8),
    INET("tcp.sendspace", 6, 8, 32768),
    INET("tcp.recvspace", 6, 9, 65536),
    INET("tcp.keepinit", 6, 10, 75000),
    INET("udp.checksum", 17, 1, 1),
    INET("udp.maxdgram", 17, 3, 9216),
    INET("udp.recvspace", 17, 4, 42080),
    {.name = "net.inet6.ip6.forwarding",
     .mib = {NET, 28, 41, 1},
     .type = SYSCTL_INT,
     .format = "I",
     .compute = sysctl_forwarding6},
    IP6("redirect", 2, 1),
    IP6("hlim", 3, 64),
    IP6("deembed_scopeid", 0, 1),
    IP6("v6only", 24, 1),
    IP6("accept_rtadv", 12, 0),
    IP6("auto_linklocal", 35, 1),
    LOCAL("stream.sendspace", 1, 65536),
    LOCAL("stream.recvspace", 1, 65536),
    LOCAL("dgram.maxdgram", 2, 8192),
    LOCAL("dgram.recvspace", 2, 16384),

    STRING("hw.machine", HW, 1, "amd64"),
    STRING_OF("hw.model", HW, 2, sysctl_model),
    INT_OF("hw.ncpu", HW, 3, sysctl_ncpu),
    INT("hw.byteorder", HW, 4, 1234),
    ULONG_OF("hw.physmem", HW, 5, sysctl_physmem),
    ULONG_OF("hw.usermem", HW, 6, sysctl_usermem),
    INT("hw.pagesize", HW, 7, 4096),
    INT("hw.floatingpoint", HW, 10, 1),
    STRING("hw.machine_arch", HW, 11, "amd64"),
    ULONG_OF("hw.realmem", HW, 12, sysctl_physmem),
    ULONG_OF("hw.availpages", HW, 0, sysctl_pages),
    OPAQUE_OF("hw.pagesizes", HW, 0, "LU", sysctl_pagesizes),
    INT("hw.instruction_sse", HW, 0, 1),
    INT_OF("hw.clockrate", HW, 0, sysctl_clockrate_mhz),

    /* What POSIX asks of confstr(3) and sysconf(3) is the C library's to say: the kernel has empty nodes for it. */
    STRING("user.cs_path", USER, 1, ""),
    INT("user.bc_base_max", USER, 2, 0),
    INT("user.bc_dim_max", USER, 3, 0),
    INT("user.bc_scale_max", USER, 4, 0),
    INT("user.bc_string_max", USER, 5, 0),
    INT("user.coll_weights_max", USER, 6, 0),
    INT("user.expr_nest_max", USER, 7, 0),
    INT("user.line_max", USER, 8, 0),
    INT("user.re_dup_max", USER, 9, 0),
    INT("user.posix2_version", USER, 10, 0),
    INT("user.posix2_c_bind", USER, 11, 0),
    INT("user.posix2_c_dev", USER, 12, 0),
    INT("user.posix2_char_term", USER, 13, 0),
    INT("user.posix2_fort_dev", USER, 14, 0),
    INT("user.posix2_fort_run", USER, 15, 0),
    INT("user.posix2_localedef", USER, 16, 0),
    INT("user.posix2_sw_dev", USER, 17, 0),
    INT("user.posix2_upe", USER, 18, 0),
    INT("user.stream_max", USER, 19, 0),
    INT("user.tzname_max", USER, 20, 0),
    STRING("user.localbase", USER, 21, ""),

    ULONG_OF("machdep.tsc_freq", MACHDEP, 0, sysctl_tsc_freq),
    INT("machdep.adjkerntz", MACHDEP, 0, 0),

    INT("p1003_1b.asynchronous_io", P1003_1B, 1, 200112),
    INT("p1003_1b.mapped_files", P1003_1B, 2, 200112),
    INT("p1003_1b.memlock", P1003_1B, 3, 200112),
    INT("p1003_1b.memlock_range", P1003_1B, 4, 200112),
    INT("p1003_1b.memory_protection", P1003_1B, 5, 200112),
    INT("p1003_1b.message_passing", P1003_1B, 6, 0),
    INT("p1003_1b.prioritized_io", P1003_1B, 7, 0),
    INT("p1003_1b.priority_scheduling", P1003_1B, 8, 200112),
    INT("p1003_1b.realtime_signals", P1003_1B, 9, 200112),
    INT("p1003_1b.semaphores", P1003_1B, 10, 0),
    INT("p1003_1b.fsync", P1003_1B, 11, 200112),
    INT("p1003_1b.shared_memory_objects", P1003_1B, 12, 200112),
    INT("p1003_1b.synchronized_io", P1003_1B, 13, 0),
    INT("p1003_1b.timers", P1003_1B, 14, 200112),
    INT("p1003_1b.aio_listio_max", P1003_1B, 15, -1),
    INT("p1003_1b.aio_max", P1003_1B, 16, 1024),
    INT("p1003_1b.aio_prio_delta_max", P1003_1B, 17, 0),
    INT("p1003_1b.delaytimer_max", P1003_1B, 18, 2147483647),
    INT("p1003_1b.mq_open_max", P1003_1B, 19, 0),
    INT("p1003_1b.pagesize", P1003_1B, 20, 4096),
    INT("p1003_1b.rtsig_max", P1003_1B, 21, 62),
    INT("p1003_1b.sem_nsems_max", P1003_1B, 22, 0),
    INT("p1003_1b.sem_value_max", P1003_1B, 23, 0),
    INT("p1003_1b.sigqueue_max", P1003_1B, 24, 128),
    INT("p1003_1b.timer_max", P1003_1B, 25, 32),

    INT("security.jail.jailed", SECURITY, 0, 0),
    INT("security.jail.vnet", SECURITY, 0, 0),
    INT("security.jail.children.cur", SECURITY, 0, 0),
    INT("security.jail.children.max", SECURITY, 0, 0),
    UINT("security.jail.jail_max_af_ips", SECURITY, 0, 255),
    INT("security.jail.set_hostname_allowed", SECURITY, 0, 0),
    INT("security.jail.mount_allowed", SECURITY, 0, 0),
    JAIL_NUMBER("jid", SYSCTL_INT, "I"),
    JAIL_NUMBER("parent", SYSCTL_INT, "I"),
    JAIL_TEXT("name", "256"),
    JAIL_TEXT("path", "1024"),
    JAIL_NUMBER("securelevel", SYSCTL_INT, "I"),
    JAIL_NUMBER("devfs_ruleset", SYSCTL_INT, "I"),
    JAIL_NUMBER("enforce_statfs", SYSCTL_INT, "I"),
    JAIL_NUMBER("children.max", SYSCTL_INT, "I"),
    JAIL_NUMBER("children.cur", SYSCTL_INT, "I"),
    JAIL_NUMBER("persist", SYSCTL_INT, "B"),
    JAIL_NUMBER("dying", SYSCTL_INT, "B"),
    JAIL_NUMBER("cpuset.id", SYSCTL_INT, "I"),
    JAIL_TEXT("host.hostname", "256"),
    JAIL_TEXT("host.domainname", "256"),
    JAIL_TEXT("host.hostuuid", "64"),
    JAIL_NUMBER("host.hostid", SYSCTL_ULONG, "LU"),
    JAIL_ADDRESS("ip4.addr", "S,in_addr,a", 4),
    JAIL_ADDRESS("ip6.addr", "S,in6_addr,a", 16),
    INT_OF("security.bsd.unprivileged_read_msgbuf", SECURITY, 0, sysctl_msgbuf_open),
    INT("security.bsd.see_jail_proc", SECURITY, 0, 1),
    INT("security.bsd.suser_enabled", SECURITY, 0, 1),
    INT("security.bsd.unprivileged_mlock", SECURITY, 0, 1),
    INT("security.bsd.map_at_zero", SECURITY, 0, 0),
    INT("security.bsd.hardlink_check_gid", SECURITY, 0, 0),
    INT("security.bsd.see_other_uids", SECURITY, 0, 1),
    INT("security.bsd.see_other_gids", SECURITY, 0, 1),
    INT("security.bsd.unprivileged_proc_debug", SECURITY, 0, 1),
    INT("security.bsd.hardlink_check_uid", SECURITY, 0, 0),
};

const uint32_t sysctl_leaf_count = sizeof sysctl_leaves / sizeof sysctl_leaves[0];
