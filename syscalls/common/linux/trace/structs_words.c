/*
 * Structures with addresses in them, in either size: vectors, messages, signals. Sources: linux/uio.h, linux/socket.h,
 * asm-generic/siginfo.h, include/linux/compat.h, include/net/compat.h.
 */
#include "syscalls/common/linux/trace/trace.h"

#include "base/mem.h"

#define ELEMENTS_SHOWN 16
#define CONTROL_SHOWN  256

/* A word of `size` bytes. */
static uint64_t word_at(const void *object, uint32_t offset, uint32_t size)
{
    uint64_t word = 0;

    memcpy(&word, (const uint8_t *)object + offset, size);
    return word;
}

void linux_trace_vector(struct trace_view *v, uint64_t va, uint64_t count, uint64_t rest)
{
    uint32_t word = linux_trace_word(v);

    text_char(v->out, '[');
    for (uint64_t i = 0; i < count && i < ELEMENTS_SHOWN; i++) {
        uint8_t one[16];

        if (copyin(one, guest_addr(va + i * 2 * word), 2 * word) < 0) {
            text_str(v->out, i == 0 ? "?" : ", ?");
            break;
        }
        uint64_t base = word_at(one, 0, word), length = word_at(one, word, word);
        uint64_t shown = length < rest ? length : rest;
        text_str(v->out, i == 0 ? "{iov_base=" : ", {iov_base=");
        if (base == 0) {
            view_pointer(v, base);
        } else {
            view_buffer(v, base, shown);
        }
        text_format(v->out, ", iov_len=%lu}", length);
        rest -= rest == UINT64_MAX ? 0 : shown;
    }
    text_str(v->out, count > ELEMENTS_SHOWN ? ", ...]" : "]");
}

static void control_data(struct trace_view *v, uint32_t level, uint32_t type, const uint8_t *data, uint32_t size)
{
    if (level == 1 && type == 1) { /* SCM_RIGHTS */
        text_char(v->out, '[');
        for (uint32_t i = 0; i + 4 <= size; i += 4) {
            text_format(v->out, i == 0 ? "%d" : ", %d", (int32_t)word_at(data, i, 4));
        }
        text_char(v->out, ']');
    } else if (level == 1 && type == 2 && size >= 12) { /* SCM_CREDENTIALS */
        view_object_here(v, "ucred", data, size);
    } else {
        view_quoted(v, (const char *)data, size, false);
    }
}

static void control(struct trace_view *v, uint64_t va, uint64_t length, uint32_t word)
{
    uint8_t bytes[CONTROL_SHOWN] __attribute__((aligned(8)));
    uint32_t head = word + 8, size = length < sizeof bytes ? (uint32_t)length : (uint32_t)sizeof bytes;

    if (va == 0 || copyin(bytes, guest_addr(va), size) < 0) {
        view_pointer(v, va);
        return;
    }
    text_char(v->out, '[');
    for (uint32_t at = 0; size - at >= head;) {
        uint64_t whole = word_at(bytes, at, word);
        uint32_t level = (uint32_t)word_at(bytes, at + word, 4), type = (uint32_t)word_at(bytes, at + word + 4, 4);

        text_format(v->out, "%s{cmsg_len=%lu, cmsg_level=", at == 0 ? "" : ", ", whole);
        view_value(v, "sol", level);
        view_field(v, "cmsg_type");
        view_value(v, level == 1 ? "scm" : "", type);
        if (whole >= head && whole <= size - at) {
            view_field(v, "cmsg_data");
            control_data(v, level, type, bytes + at + head, (uint32_t)whole - head);
        }
        text_char(v->out, '}');
        whole = (whole + word - 1) & ~(uint64_t)(word - 1);
        if (whole < head || whole >= size - at) {
            break;
        }
        at += (uint32_t)whole;
    }
    text_str(v->out, size < length ? ", ...]" : "]");
}

/* How many bytes of a message's buffers the call has filled; those of one that is sent are all full. */
static uint64_t filled(const struct trace_view *v)
{
    return v->done && hot_strcmp(v->entry->name, "recvmsg") == 0 && v->result >= 0 ? (uint64_t)v->result : UINT64_MAX;
}

static void message(struct trace_view *v, const void *m, uint32_t word, uint64_t rest)
{
    uint32_t namelen = (uint32_t)word_at(m, word, 4), after = 2 * word;
    uint64_t name = word_at(m, 0, word), iov = word_at(m, after, word), count = word_at(m, after + word, word);
    uint64_t length = word_at(m, after + 3 * word, word);

    text_str(v->out, "{msg_name=");
    view_struct(v, "sockaddr", namelen != 0 ? name : 0, namelen, true);
    text_format(v->out, ", msg_namelen=%u, msg_iov=", namelen);
    linux_trace_vector(v, iov, count, rest);
    text_format(v->out, ", msg_iovlen=%lu", count);
    if (length != 0) {
        view_field(v, "msg_control");
        control(v, word_at(m, after + 2 * word, word), length, word);
    }
    text_format(v->out, ", msg_controllen=%lu, msg_flags=", length);
    view_flags(v, "msg", word_at(m, after + 4 * word, 4));
    text_char(v->out, '}');
}

static void print_msghdr(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    message(v, object, linux_trace_word(v), filled(v));
}

static void print_mmsghdr(struct trace_view *v, const void *object, uint32_t size)
{
    uint32_t word = linux_trace_word(v), length = (uint32_t)word_at(object, word == 8 ? 56 : 28, 4);

    (void)size;
    text_str(v->out, "{msg_hdr=");
    message(v, object, word, v->done ? length : UINT64_MAX);
    if (v->done) {
        text_format(v->out, ", msg_len=%u", length);
    }
    text_char(v->out, '}');
}

static void print_iovec(struct trace_view *v, const void *object, uint32_t size)
{
    uint32_t word = linux_trace_word(v);

    (void)size;
    text_str(v->out, "{iov_base=");
    view_pointer(v, word_at(object, 0, word));
    text_format(v->out, ", iov_len=%lu}", word_at(object, word, word));
}

static void print_sigaction(struct trace_view *v, const void *object, uint32_t size)
{
    uint32_t word = linux_trace_word(v);
    uint64_t flags = word_at(object, word, word);

    (void)size;
    text_str(v->out, "{sa_handler=");
    view_value(v, "handler", (int64_t)word_at(object, 0, word));
    view_field(v, "sa_mask");
    linux_trace_signal_set(v, (const uint8_t *)object + 3 * word, 8);
    view_field(v, "sa_flags");
    view_flags(v, "sa", flags);
    if ((flags & 0x04000000) != 0) { /* SA_RESTORER */
        view_field(v, "sa_restorer");
        view_pointer(v, word_at(object, 2 * word, word));
    }
    text_char(v->out, '}');
}

static void print_stack(struct trace_view *v, const void *object, uint32_t size)
{
    uint32_t word = linux_trace_word(v);

    (void)size;
    text_str(v->out, "{ss_sp=");
    view_pointer(v, word_at(object, 0, word));
    view_field(v, "ss_flags");
    view_flags(v, "ss", word_at(object, word, 4));
    text_format(v->out, ", ss_size=%lu}", word_at(object, word == 8 ? 16 : 8, word));
}

/* What the union holds goes by code and number: siginfo(2) in sigaction(2). */
static void print_siginfo(struct trace_view *v, const void *object, uint32_t size)
{
    uint32_t word = linux_trace_word(v), sent = word == 8 ? 16 : 12;
    int32_t number = (int32_t)word_at(object, 0, 4), code = (int32_t)word_at(object, 8, 4);
    const int child = 17, first_fault = 4, last_fault = 11;

    (void)size;
    text_str(v->out, "{si_signo=");
    view_signal(v, number);
    view_field(v, "si_code");
    view_value(v, number == child && code > 0 ? "cld" : "si_code", code);
    if (code > 0 && (number == first_fault || number == 7 || number == 8 || number == last_fault)) {
        view_field(v, "si_addr");
        view_pointer(v, word_at(object, sent, word));
    } else {
        text_format(v->out, ", si_pid=%d, si_uid=%u", (int32_t)word_at(object, sent, 4),
                    (uint32_t)word_at(object, sent + 4, 4));
        if (number == child && code > 0) {
            view_field(v, "si_status");
            int32_t status = (int32_t)word_at(object, sent + 8, 4);
            if (code == 1) {
                text_dec(v->out, status);
            } else {
                view_signal(v, status);
            }
        } else if (code < 0) {
            view_field(v, "si_value");
            text_hex(v->out, word_at(object, sent + 8, word));
        }
    }
    text_char(v->out, '}');
}

static void print_sigevent(struct trace_view *v, const void *object, uint32_t size)
{
    uint32_t word = linux_trace_word(v);

    (void)size;
    text_str(v->out, "{sigev_value=");
    text_hex(v->out, word_at(object, 0, word));
    view_field(v, "sigev_signo");
    view_signal(v, (int32_t)word_at(object, word, 4));
    view_field(v, "sigev_notify");
    view_value(v, "sigev", (int32_t)word_at(object, word + 4, 4));
    text_char(v->out, '}');
}

static void print_pointer32(struct trace_view *v, const void *object, uint32_t size)
{
    (void)size;
    text_char(v->out, '[');
    view_pointer(v, *(const uint32_t *)object);
    text_char(v->out, ']');
}

const struct trace_struct linux_trace_structs_64[] = {
    {"iovec", 16, print_iovec},       {"msghdr", 56, print_msghdr},
    {"mmsghdr", 64, print_mmsghdr},   {"sigaction", 32, print_sigaction},
    {"stack", 24, print_stack},       {"siginfo", 128, print_siginfo},
    {"sigevent", 64, print_sigevent}, {NULL, 0, NULL},
};

const struct trace_struct linux_trace_structs_32[] = {
    {"iovec", 8, print_iovec},          {"msghdr", 28, print_msghdr}, {"mmsghdr", 32, print_mmsghdr},
    {"sigaction", 20, print_sigaction}, {"stack", 12, print_stack},   {"siginfo", 128, print_siginfo},
    {"sigevent", 64, print_sigevent},   {"ptr", 4, print_pointer32},  {NULL, 0, NULL},
};
