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
    "lflags": Type("uint64_t", "ARG_LFLAGS", "table"),
    "enum": Type("int32_t", "ARG_ENUM", "table"),
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
