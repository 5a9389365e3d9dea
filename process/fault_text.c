#include "process/fault_text.h"

#include <linux/fcntl.h>

#include "base/format.h"
#include "base/host.h"
#include "process/remark.h"

#define REPORT_FILE_MODE 0644

static void pad_hex(struct text *x, uint64_t value)
{
    for (int shift = 60; shift >= 0; shift -= 4) {
        text_char(x, "0123456789abcdef"[value >> shift & 15]);
    }
}

static void compose(struct text *x, const struct fault_facts *f)
{
    static const char names[FAULT_REGISTERS][7] = {"r8 ", "r9 ", "r10", "r11", "r12", "r13", "r14", "r15", "rdi",
                                                   "rsi", "rbp", "rbx", "rdx", "rax", "rcx", "rsp", "rip", "rflags"};
    text_format(x, "dragoman: %s died of signal %d (code %d) at 0x%lx\n  pid %d, thread %d, %s\nregisters\n",
                f->program, f->signo, f->code, f->address, f->pid, f->guest_tid, f->personality);
    for (int i = 0; i < FAULT_REGISTERS; i++) {
        text_format(x, "  %s ", names[i]);
        pad_hex(x, f->registers[i]);
        if (i % 3 == 2) {
            text_char(x, '\n');
        }
    }
    text_str(x, "  (the report tool could not be run: no code, no backtrace)\n");
}

static void write_file(const struct text *x, const struct fault_facts *f)
{
    char path[FAULT_PATH_MAX + 32];
    struct text p = TEXT_ON(path);
    text_format(&p, "%s/fault.%d.txt", f->report_dir, f->pid);
    int64_t fd = host_call4(__NR_openat, AT_FDCWD, text_cstr(&p),
                            O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, REPORT_FILE_MODE);
    if (!is_error(fd)) {
        text_write(x, (int)fd);
        host_call1(__NR_close, fd);
    }
}

void fault_text_write(const struct fault_facts *f)
{
    char report[2048];
    struct text x = TEXT_ON(report);
    compose(&x, f);
    if ((f->flags & FAULT_TO_STDERR) != 0 && ((f->flags & FAULT_ONLY_TO_TTY) == 0 || host_is_terminal(2))) {
        text_write(&x, 2);
    }
    if (f->report_dir[0] != '\0') {
        write_file(&x, f);
    }
}
