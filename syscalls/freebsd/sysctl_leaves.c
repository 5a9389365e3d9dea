/*
 * The leaves of the sysctl tree. Numbers, types and formats are those of sys/sys/sysctl.h and of the files in
 * sys/kern that declare them; leaves that FreeBSD numbers as it boots have none here either.
 */
#include "syscalls/freebsd/sysctl.h"

enum top { KERN = 1, VM = 2, VFS = 3, NET = 4, HW = 6, MACHDEP = 7, USER = 8, P1003_1B = 9, SECURITY = 0x100 };

#define LEAF(leaf, top, number1, number2, kind, fmt)                                                                   \
    .name = (leaf), .mib = {(top), (number1), (number2)}, .type = (kind), .format = (fmt)
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
    PROC("kern.proc.args", 7, sysctl_proc_args),
    PROC("kern.proc.pathname", 12, sysctl_proc_pathname),
    PROC("kern.proc.rlimit", 37, sysctl_proc_rlimit),
    PROC("kern.proc.osrel", 40, sysctl_proc_osrel),
    INT("kern.posix1version", KERN, 17, 200112),
    INT("kern.ngroups", KERN, 18, 1023),
    INT("kern.job_control", KERN, 19, 1),
    INT("kern.saved_ids", KERN, 20, 0),
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
    INT("kern.smp.maxid", KERN, 0, 1023),
    INT_OF("kern.ipc.somaxconn", KERN, 0, sysctl_somaxconn),
    INT_OF("kern.ipc.soacceptqueue", KERN, 0, sysctl_somaxconn),
    INT("kern.ipc.maxsockbuf", KERN, 0, 2097152),
    INT_OF("kern.ipc.maxsockets", KERN, 0, sysctl_maxfiles),
    INT("kern.ipc.shm_use_phys", KERN, 0, 0),
    INT("kern.ipc.shm_allow_removed", KERN, 0, 1),
    ULONG_OF("kern.ipc.shmmax", KERN, 0, sysctl_shmmax),
    {LEAF("kern.ipc.shmmin", KERN, 0, 0, SYSCTL_ULONG, "LU"), .number = 1},
    ULONG_OF("kern.ipc.shmmni", KERN, 0, sysctl_shmmni),
    ULONG_OF("kern.ipc.shmseg", KERN, 0, sysctl_shmseg),
    ULONG_OF("kern.ipc.shmall", KERN, 0, sysctl_shmall),
    INT_OF("kern.ipc.semmni", KERN, 0, sysctl_semmni),
    INT_OF("kern.ipc.semmns", KERN, 0, sysctl_semmns),
    INT_OF("kern.ipc.semmsl", KERN, 0, sysctl_semmsl),
    INT_OF("kern.ipc.semopm", KERN, 0, sysctl_semopm),
    INT_OF("kern.ipc.semume", KERN, 0, sysctl_semume),
    INT_OF("kern.ipc.semusz", KERN, 0, sysctl_semusz),
    INT_OF("kern.ipc.semvmx", KERN, 0, sysctl_semvmx),
    INT_OF("kern.ipc.semaem", KERN, 0, sysctl_semaem),
    INT_OF("kern.ipc.msgmax", KERN, 0, sysctl_msgmax),
    INT_OF("kern.ipc.msgmnb", KERN, 0, sysctl_msgmnb),
    INT_OF("kern.ipc.msgmni", KERN, 0, sysctl_msgmni),
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
    UINT_OF("vm.stats.vm.v_page_count", VM, 0, sysctl_pages),
    UINT_OF("vm.stats.vm.v_free_count", VM, 0, sysctl_free_pages),
    UINT("vm.stats.vm.v_page_size", VM, 0, 4096),
    INT("vm.old_mlock", VM, 0, 0),

    OPAQUE_OF("vfs.conflist", VFS, 0, "S,xvfsconf", sysctl_conflist),
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
    INT("net.fibs", NET, 0, 1),
    INT("net.my_fibnum", NET, 0, 0),
    INT_OF("net.inet.ip.forwarding", NET, 0, sysctl_forwarding),
    INT_OF("net.inet6.ip6.forwarding", NET, 0, sysctl_forwarding6),
    INT("net.inet.ip.portrange.first", NET, 0, 10000),
    INT("net.inet.ip.portrange.last", NET, 0, 65535),
    INT("net.inet.ip.portrange.hifirst", NET, 0, 49152),
    INT("net.inet.ip.portrange.hilast", NET, 0, 65535),
    INT("net.inet.ip.portrange.reservedhigh", NET, 0, 1023),
    INT("net.inet.ip.portrange.reservedlow", NET, 0, 0),
    INT("net.inet.ip.ttl", NET, 0, 64),
    INT("net.inet.tcp.keepidle", NET, 0, 7200000),
    INT("net.inet.tcp.keepintvl", NET, 0, 75000),
    INT("net.inet.tcp.keepcnt", NET, 0, 8),
    INT("net.inet.tcp.sendspace", NET, 0, 32768),
    INT("net.inet.tcp.recvspace", NET, 0, 65536),
    INT("net.inet6.ip6.v6only", NET, 0, 1),
    LONG("net.local.stream.sendspace", NET, 0, 65536),
    LONG("net.local.stream.recvspace", NET, 0, 65536),

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
    INT("p1003_1b.pagesize", P1003_1B, 20, 4096),
    INT("p1003_1b.rtsig_max", P1003_1B, 21, 62),
    INT("p1003_1b.sigqueue_max", P1003_1B, 24, 128),
    INT("p1003_1b.timer_max", P1003_1B, 25, 32),

    INT("security.jail.jailed", SECURITY, 0, 0),
    INT("security.jail.vnet", SECURITY, 0, 0),
    INT("security.jail.children.cur", SECURITY, 0, 0),
    INT("security.jail.children.max", SECURITY, 0, 0),
    UINT("security.jail.jail_max_af_ips", SECURITY, 0, 255),
    INT("security.jail.set_hostname_allowed", SECURITY, 0, 0),
    INT("security.jail.mount_allowed", SECURITY, 0, 0),
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
