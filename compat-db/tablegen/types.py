"""The argument types a table may use: their C type, their tracer type, and what they take."""

from typing import NamedTuple


class Type(NamedTuple):
    ctype: str  # in the handler's prototype
    trace: str  # enum trace_type in base/syscall_table.h
    operand: str = ""  # what stands after the colon: "", "table", "length", "struct"


TYPES = {
    "int": Type("int32_t", "ARG_INT"),
    "uint": Type("uint32_t", "ARG_UINT"),
    "long": Type("int64_t", "ARG_LONG"),
    "ulong": Type("uint64_t", "ARG_ULONG"),
    "size": Type("uint64_t", "ARG_SIZE"),
    "ssize": Type("int64_t", "ARG_SSIZE"),
    "off": Type("int64_t", "ARG_OFF"),
    "fd": Type("int32_t", "ARG_FD"),
    "dirfd": Type("int32_t", "ARG_DIRFD"),
    "mode": Type("uint32_t", "ARG_MODE"),
    "octal": Type("uint32_t", "ARG_OCTAL"),
    "pid": Type("int32_t", "ARG_PID"),
    "uid": Type("uint32_t", "ARG_UID"),
    "gid": Type("uint32_t", "ARG_GID"),
    "clockid": Type("int32_t", "ARG_CLOCKID"),
    "signo": Type("int32_t", "ARG_SIGNO"),
    "hex": Type("uint64_t", "ARG_HEX"),
    "flags": Type("int32_t", "ARG_FLAGS", "table"),
    "uflags": Type("uint32_t", "ARG_FLAGS", "table"),
    "lflags": Type("uint64_t", "ARG_LFLAGS", "table"),
    "enum": Type("int32_t", "ARG_ENUM", "table"),
    "uenum": Type("uint32_t", "ARG_ENUM", "table"),
    "lenum": Type("uint64_t", "ARG_LENUM", "table"),
    "ptr": Type("guest_ptr", "ARG_PTR"),
    "path": Type("guest_ptr", "ARG_PATH"),
    "str": Type("guest_ptr", "ARG_STR"),
    "strv": Type("guest_ptr", "ARG_STRV"),
    "inbuf": Type("guest_ptr", "ARG_INBUF", "length"),
    "outbuf": Type("guest_ptr", "ARG_OUTBUF", "length"),
    # As inbuf and outbuf, and the host is handed the buffer: cut off where the engine's memory begins.
    "hostin": Type("guest_ptr", "ARG_INBUF", "length"),
    "hostout": Type("guest_ptr", "ARG_OUTBUF", "length"),
    "in": Type("guest_ptr", "ARG_IN", "struct"),
    "out": Type("guest_ptr", "ARG_OUT", "struct"),
    "inout": Type("guest_ptr", "ARG_INOUT", "struct"),
}

# Results may be any value type, an address, or nothing at all.
RESULT_TYPES = {name for name, kind in TYPES.items() if not kind.operand} | {"void"}

# Bytes of the structures (and of the elements of arrays) that the host is handed in the guest's memory by a row without a
# function of ours, in the host's own layout. One that is not listed takes STRUCT_MAX at most.
STRUCT_MAX = 512
STRUCT_SIZES = {
    # Counted in bytes, in bits of a set of words, and in bytes behind a head of eight.
    "byte": 1, "fd_set": 1, "nodemask": 1, "cpuset": 1, "msgbuf": 1,
    "int": 4, "uint": 4, "u32": 4, "unsigned": 4, "gid_t": 4, "uid_t": 4, "fdpair": 8, "fd2": 8, "sched_param": 4,
    "ptr": 8, "ulong": 8, "u64": 8, "loff_t": 8, "aio_context_t": 8, "pollfd": 8, "timezone": 8, "cap_header": 8,
    "sembuf": 6, "epoll_event": 12, "timespec": 16, "old_timeval": 16, "timeval": 16, "rlimit": 16, "rlimit64": 16,
    "iovec": 16, "futex_waitv": 24, "cap_data": 24, "cachestat_range": 16, "tms": 32, "ustat": 32, "itimerspec": 32,
    "old_itimerval": 32, "io_event": 32, "cachestat": 40, "iocb": 64, "mq_attr": 64, "sigevent": 64, "sysinfo": 112,
    "msqid_ds": 120, "shmid_ds": 112, "statfs": 120, "siginfo": 128, "stat": 144, "rusage": 144, "timex": 208,
}
# Bytes beside the elements.
STRUCT_HEADS = {"msgbuf": 8}
# How many elements the host looks at at most, where a greater count is no error, or another than EFAULT.
STRUCT_COUNTS = {"fd_set": 1 << 20, "cpuset": 1 << 16, "gid_t": 1 << 16, "msgbuf": 1 << 26}
