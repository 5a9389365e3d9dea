/* Names of FreeBSD constants: files and memory (sys/fcntl.h, sys/mman.h, sys/stat.h, sys/mount.h,
 * sys/unistd.h). */
#include "syscalls/freebsd/trace/trace.h"

static const struct flag_name open_flags[] = {
    {3, 0, "O_RDONLY"},
    {3, 1, "O_WRONLY"},
    {3, 2, "O_RDWR"},
    FLAG_BIT(0x4, "O_NONBLOCK"),
    FLAG_BIT(0x8, "O_APPEND"),
    FLAG_BIT(0x10, "O_SHLOCK"),
    FLAG_BIT(0x20, "O_EXLOCK"),
    FLAG_BIT(0x40, "O_ASYNC"),
    FLAG_BIT(0x80, "O_SYNC"),
    FLAG_BIT(0x100, "O_NOFOLLOW"),
    FLAG_BIT(0x200, "O_CREAT"),
    FLAG_BIT(0x400, "O_TRUNC"),
    FLAG_BIT(0x800, "O_EXCL"),
    FLAG_BIT(0x8000, "O_NOCTTY"),
    FLAG_BIT(0x10000, "O_DIRECT"),
    FLAG_BIT(0x20000, "O_DIRECTORY"),
    FLAG_BIT(0x40000, "O_EXEC"),
    FLAG_BIT(0x80000, "O_TTY_INIT"),
    FLAG_BIT(0x100000, "O_CLOEXEC"),
    FLAG_BIT(0x200000, "O_VERIFY"),
    FLAG_BIT(0x400000, "O_PATH"),
    FLAG_BIT(0x800000, "O_RESOLVE_BENEATH"),
    FLAG_BIT(0x1000000, "O_DSYNC"),
    FLAG_BIT(0x2000000, "O_EMPTY_PATH"),
};

static const struct flag_name pipe_flags[] = {
    FLAG_BIT(0x4, "O_NONBLOCK"),
    FLAG_BIT(0x100000, "O_CLOEXEC"),
};

static const struct flag_name at_flags[] = {
    FLAG_BIT(0x100, "AT_EACCESS"),   FLAG_BIT(0x200, "AT_SYMLINK_NOFOLLOW"), FLAG_BIT(0x400, "AT_SYMLINK_FOLLOW"),
    FLAG_BIT(0x800, "AT_REMOVEDIR"), FLAG_BIT(0x2000, "AT_RESOLVE_BENEATH"), FLAG_BIT(0x4000, "AT_EMPTY_PATH"),
};

static const struct flag_name access_flags[] = {
    {0, 0, "F_OK"},
    FLAG_BIT(0x4, "R_OK"),
    FLAG_BIT(0x2, "W_OK"),
    FLAG_BIT(0x1, "X_OK"),
};

static const struct flag_name prot_flags[] = {
    {0, 0, "PROT_NONE"},
    FLAG_BIT(0x1, "PROT_READ"),
    FLAG_BIT(0x2, "PROT_WRITE"),
    FLAG_BIT(0x4, "PROT_EXEC"),
    {0x10000, 0x10000, "PROT_MAX(PROT_READ)"},
    {0x20000, 0x20000, "PROT_MAX(PROT_WRITE)"},
    {0x40000, 0x40000, "PROT_MAX(PROT_EXEC)"},
};

static const struct flag_name mmap_flags[] = {
    FLAG_BIT(0x1, "MAP_SHARED"),
    FLAG_BIT(0x2, "MAP_PRIVATE"),
    FLAG_BIT(0x10, "MAP_FIXED"),
    FLAG_BIT(0x200, "MAP_HASSEMAPHORE"),
    FLAG_BIT(0x400, "MAP_STACK"),
    FLAG_BIT(0x800, "MAP_NOSYNC"),
    FLAG_BIT(0x1000, "MAP_ANON"),
    FLAG_BIT(0x2000, "MAP_GUARD"),
    FLAG_BIT(0x4000, "MAP_EXCL"),
    FLAG_BIT(0x20000, "MAP_NOCORE"),
    FLAG_BIT(0x40000, "MAP_PREFAULT_READ"),
    FLAG_BIT(0x80000, "MAP_32BIT"),
    {0xff000000, 0x1000000, "MAP_ALIGNED_SUPER"},
    {0xff000000, 0xc000000, "MAP_ALIGNED(12)"},
    {0xff000000, 0xd000000, "MAP_ALIGNED(13)"},
    {0xff000000, 0xe000000, "MAP_ALIGNED(14)"},
    {0xff000000, 0xf000000, "MAP_ALIGNED(15)"},
    {0xff000000, 0x10000000, "MAP_ALIGNED(16)"},
    {0xff000000, 0x12000000, "MAP_ALIGNED(18)"},
    {0xff000000, 0x14000000, "MAP_ALIGNED(20)"},
    {0xff000000, 0x15000000, "MAP_ALIGNED(21)"},
    {0xff000000, 0x16000000, "MAP_ALIGNED(22)"},
    {0xff000000, 0x18000000, "MAP_ALIGNED(24)"},
    {0xff000000, 0x1a000000, "MAP_ALIGNED(26)"},
    {0xff000000, 0x1e000000, "MAP_ALIGNED(30)"},
};

static const struct flag_name msync_flags[] = {
    {0, 0, "MS_SYNC"},
    FLAG_BIT(0x1, "MS_ASYNC"),
    FLAG_BIT(0x2, "MS_INVALIDATE"),
};

static const struct value_name madvise_values[] = {
    {0, "MADV_NORMAL"},   {1, "MADV_RANDOM"}, {2, "MADV_SEQUENTIAL"}, {3, "MADV_WILLNEED"},
    {4, "MADV_DONTNEED"}, {5, "MADV_FREE"},   {6, "MADV_NOSYNC"},     {7, "MADV_AUTOSYNC"},
    {8, "MADV_NOCORE"},   {9, "MADV_CORE"},   {10, "MADV_PROTECT"},
};

static const struct value_name inherit_values[] = {
    {0, "INHERIT_SHARE"},
    {1, "INHERIT_COPY"},
    {2, "INHERIT_NONE"},
    {3, "INHERIT_ZERO"},
};

static const struct flag_name mlockall_flags[] = {
    FLAG_BIT(0x1, "MCL_CURRENT"),
    FLAG_BIT(0x2, "MCL_FUTURE"),
};

static const struct flag_name mount_flags[] = {
    FLAG_BIT(0x1, "MNT_RDONLY"),         FLAG_BIT(0x2, "MNT_SYNCHRONOUS"),       FLAG_BIT(0x4, "MNT_NOEXEC"),
    FLAG_BIT(0x8, "MNT_NOSUID"),         FLAG_BIT(0x10, "MNT_NFS4ACLS"),         FLAG_BIT(0x20, "MNT_UNION"),
    FLAG_BIT(0x40, "MNT_ASYNC"),         FLAG_BIT(0x10000, "MNT_UPDATE"),        FLAG_BIT(0x40000, "MNT_RELOAD"),
    FLAG_BIT(0x80000, "MNT_FORCE"),      FLAG_BIT(0x100000, "MNT_SUIDDIR"),      FLAG_BIT(0x400000, "MNT_NOSYMFOLLOW"),
    FLAG_BIT(0x1000000, "MNT_SNAPSHOT"), FLAG_BIT(0x4000000, "MNT_MULTILABEL"),  FLAG_BIT(0x8000000, "MNT_ACLS"),
    FLAG_BIT(0x10000000, "MNT_NOATIME"), FLAG_BIT(0x40000000, "MNT_NOCLUSTERR"), FLAG_BIT(0x80000000, "MNT_NOCLUSTERW"),
};

static const struct flag_name unmount_flags[] = {
    FLAG_BIT(0x80000, "MNT_FORCE"),
    FLAG_BIT(0x4000000, "MNT_NONBUSY"),
    FLAG_BIT(0x8000000, "MNT_BYFSID"),
};

static const struct value_name mnt_wait_values[] = {
    {1, "MNT_WAIT"},
    {2, "MNT_NOWAIT"},
    {3, "MNT_LAZY"},
    {4, "MNT_SUSPEND"},
};

static const struct value_name whence_values[] = {
    {0, "SEEK_SET"}, {1, "SEEK_CUR"}, {2, "SEEK_END"}, {3, "SEEK_DATA"}, {4, "SEEK_HOLE"},
};

static const struct value_name fcntl_values[] = {
    {0, "F_DUPFD"},      {1, "F_GETFD"},          {2, "F_SETFD"},           {3, "F_GETFL"},
    {4, "F_SETFL"},      {5, "F_GETOWN"},         {6, "F_SETOWN"},          {7, "F_OGETLK"},
    {8, "F_OSETLK"},     {9, "F_OSETLKW"},        {10, "F_DUP2FD"},         {11, "F_GETLK"},
    {12, "F_SETLK"},     {13, "F_SETLKW"},        {14, "F_SETLK_REMOTE"},   {15, "F_READAHEAD"},
    {16, "F_RDAHEAD"},   {17, "F_DUPFD_CLOEXEC"}, {18, "F_DUP2FD_CLOEXEC"}, {19, "F_ADD_SEALS"},
    {20, "F_GET_SEALS"}, {21, "F_ISUNIONSTACK"},  {22, "F_KINFO"},
};

static const struct value_name locktype_values[] = {
    {1, "F_RDLCK"}, {2, "F_UNLCK"}, {3, "F_WRLCK"}, {4, "F_UNLCKSYS"}, {5, "F_CANCEL"},
};

static const struct flag_name fdflags_flags[] = {
    {1, 1, "FD_CLOEXEC"},
};

static const struct flag_name seals_flags[] = {
    FLAG_BIT(0x1, "F_SEAL_SEAL"),
    FLAG_BIT(0x2, "F_SEAL_SHRINK"),
    FLAG_BIT(0x4, "F_SEAL_GROW"),
    FLAG_BIT(0x8, "F_SEAL_WRITE"),
};

static const struct flag_name flock_flags[] = {
    FLAG_BIT(0x1, "LOCK_SH"),
    FLAG_BIT(0x2, "LOCK_EX"),
    FLAG_BIT(0x4, "LOCK_NB"),
    FLAG_BIT(0x8, "LOCK_UN"),
};

static const struct flag_name fileflags_flags[] = {
    FLAG_BIT(0x1, "UF_NODUMP"),        FLAG_BIT(0x2, "UF_IMMUTABLE"),     FLAG_BIT(0x4, "UF_APPEND"),
    FLAG_BIT(0x8, "UF_OPAQUE"),        FLAG_BIT(0x10, "UF_NOUNLINK"),     FLAG_BIT(0x80, "UF_SYSTEM"),
    FLAG_BIT(0x100, "UF_SPARSE"),      FLAG_BIT(0x200, "UF_OFFLINE"),     FLAG_BIT(0x400, "UF_REPARSE"),
    FLAG_BIT(0x800, "UF_ARCHIVE"),     FLAG_BIT(0x1000, "UF_READONLY"),   FLAG_BIT(0x8000, "UF_HIDDEN"),
    FLAG_BIT(0x10000, "SF_ARCHIVED"),  FLAG_BIT(0x20000, "SF_IMMUTABLE"), FLAG_BIT(0x40000, "SF_APPEND"),
    FLAG_BIT(0x100000, "SF_NOUNLINK"), FLAG_BIT(0x200000, "SF_SNAPSHOT"),
};

static const struct flag_name filetype_flags[] = {
    {0xf000, 0x1000, "S_IFIFO"}, {0xf000, 0x2000, "S_IFCHR"}, {0xf000, 0x4000, "S_IFDIR"},  {0xf000, 0x6000, "S_IFBLK"},
    {0xf000, 0x8000, "S_IFREG"}, {0xf000, 0xa000, "S_IFLNK"}, {0xf000, 0xc000, "S_IFSOCK"}, {0xf000, 0xe000, "S_IFWHT"},
};

static const struct value_name pathconf_values[] = {
    {1, "_PC_LINK_MAX"},           {2, "_PC_MAX_CANON"},          {3, "_PC_MAX_INPUT"},
    {4, "_PC_NAME_MAX"},           {5, "_PC_PATH_MAX"},           {6, "_PC_PIPE_BUF"},
    {7, "_PC_CHOWN_RESTRICTED"},   {8, "_PC_NO_TRUNC"},           {9, "_PC_VDISABLE"},
    {10, "_PC_ALLOC_SIZE_MIN"},    {12, "_PC_FILESIZEBITS"},      {14, "_PC_REC_INCR_XFER_SIZE"},
    {15, "_PC_REC_MAX_XFER_SIZE"}, {16, "_PC_REC_MIN_XFER_SIZE"}, {17, "_PC_REC_XFER_ALIGN"},
    {18, "_PC_SYMLINK_MAX"},       {21, "_PC_MIN_HOLE_SIZE"},     {53, "_PC_ASYNC_IO"},
    {54, "_PC_PRIO_IO"},           {55, "_PC_SYNC_IO"},           {59, "_PC_ACL_EXTENDED"},
    {60, "_PC_ACL_PATH_MAX"},      {61, "_PC_CAP_PRESENT"},       {62, "_PC_INF_PRESENT"},
    {63, "_PC_MAC_PRESENT"},       {64, "_PC_ACL_NFS4"},
};

static const struct value_name fadvise_values[] = {
    {0, "POSIX_FADV_NORMAL"},   {1, "POSIX_FADV_RANDOM"},   {2, "POSIX_FADV_SEQUENTIAL"},
    {3, "POSIX_FADV_WILLNEED"}, {4, "POSIX_FADV_DONTNEED"}, {5, "POSIX_FADV_NOREUSE"},
};

static const struct value_name fspacectl_values[] = {
    {1, "SPACECTL_DEALLOC"},
};

static const struct flag_name shm_open2_flags[] = {
    FLAG_BIT(0x1, "SHM_ALLOW_SEALING"),
    FLAG_BIT(0x2, "SHM_GROW_ON_WRITE"),
    FLAG_BIT(0x4, "SHM_LARGEPAGE"),
};

static const struct flag_name shm_rename_flags[] = {
    FLAG_BIT(0x1, "SHM_RENAME_NOREPLACE"),
    FLAG_BIT(0x2, "SHM_RENAME_EXCHANGE"),
};

static const struct flag_name close_range_flags[] = {
    FLAG_BIT(0x4, "CLOSE_RANGE_CLOEXEC"),
};

static const struct value_name acl_values[] = {
    {0, "ACL_TYPE_ACCESS_OLD"}, {1, "ACL_TYPE_DEFAULT_OLD"}, {2, "ACL_TYPE_ACCESS"},
    {3, "ACL_TYPE_DEFAULT"},    {4, "ACL_TYPE_NFS4"},
};

static const struct value_name extattr_ns_values[] = {
    {0, "EXTATTR_NAMESPACE_EMPTY"},
    {1, "EXTATTR_NAMESPACE_USER"},
    {2, "EXTATTR_NAMESPACE_SYSTEM"},
};

static const struct flag_name inotify_flags[] = {
    {0x1, 0x1, "IN_ACCESS"},
    {0x2, 0x2, "IN_MODIFY"},
    {0x4, 0x4, "IN_ATTRIB"},
    {0x8, 0x8, "IN_CLOSE_WRITE"},
    {0x10, 0x10, "IN_CLOSE_NOWRITE"},
    {0x20, 0x20, "IN_OPEN"},
    {0x40, 0x40, "IN_MOVED_FROM"},
    {0x80, 0x80, "IN_MOVED_TO"},
    {0x100, 0x100, "IN_CREATE"},
    {0x200, 0x200, "IN_DELETE"},
    {0x400, 0x400, "IN_DELETE_SELF"},
    {0x800, 0x800, "IN_MOVE_SELF"},
    {0x1000000, 0x1000000, "IN_ONLYDIR"},
    {0x2000000, 0x2000000, "IN_DONT_FOLLOW"},
    {0x10000000, 0x10000000, "IN_MASK_CREATE"},
    {0x20000000, 0x20000000, "IN_MASK_ADD"},
    {0x80000000, 0x80000000, "IN_ONESHOT"},
};

const struct trace_table freebsd_trace_file_tables[] = {
    FLAG_TABLE("open", open_flags),
    FLAG_TABLE("pipe", pipe_flags),
    FLAG_TABLE("at", at_flags),
    FLAG_TABLE("access", access_flags),
    FLAG_TABLE("prot", prot_flags),
    FLAG_TABLE("mmap", mmap_flags),
    FLAG_TABLE("msync", msync_flags),
    VALUE_TABLE("madvise", madvise_values),
    VALUE_TABLE("inherit", inherit_values),
    FLAG_TABLE("mlockall", mlockall_flags),
    FLAG_TABLE("mount", mount_flags),
    FLAG_TABLE("unmount", unmount_flags),
    VALUE_TABLE("mnt_wait", mnt_wait_values),
    VALUE_TABLE("whence", whence_values),
    VALUE_TABLE("fcntl", fcntl_values),
    VALUE_TABLE("locktype", locktype_values),
    FLAG_TABLE("fdflags", fdflags_flags),
    FLAG_TABLE("seals", seals_flags),
    FLAG_TABLE("flock", flock_flags),
    FLAG_TABLE("fileflags", fileflags_flags),
    FLAG_TABLE("filetype", filetype_flags),
    VALUE_TABLE("pathconf", pathconf_values),
    VALUE_TABLE("fadvise", fadvise_values),
    VALUE_TABLE("fspacectl", fspacectl_values),
    FLAG_TABLE("shm_open2", shm_open2_flags),
    FLAG_TABLE("shm_rename", shm_rename_flags),
    FLAG_TABLE("close_range", close_range_flags),
    VALUE_TABLE("acl", acl_values),
    VALUE_TABLE("extattr_ns", extattr_ns_values),
    FLAG_TABLE("inotify", inotify_flags),
    {0},
};
