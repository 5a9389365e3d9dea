/* Lists of options in an iovec; see option_list.h. */
#include "syscalls/freebsd/system/option_list.h"

#include "base/host.h"
#include "base/mem.h"

#define ENTRIES_MAX 1024                 /* UIO_MAXIOV */
#define VALUE_MAX   (64u << 10)          /* VFS_MOUNTARG_SIZE_MAX: of names and values together */
#define NAME_BYTES  64                   /* no option that is looked for has a longer name */
#define TOTAL_MAX   (uint64_t) INT64_MAX /* IOSIZE_MAX */

struct freebsd_iovec {
    uint64_t base, length;
};

static int entry(const struct option_list *list, uint32_t i, struct freebsd_iovec *out)
{
    return copyin(out, guest_at(list->vector, (uint64_t)i * sizeof *out), sizeof *out);
}

int option_list_vector(const struct option_list *list)
{
    uint64_t total = 0;
    if (list->count > ENTRIES_MAX) {
        return -EINVAL;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        struct freebsd_iovec v;
        if (entry(list, i, &v) != 0) {
            return -EFAULT;
        }
        if (v.length > TOTAL_MAX - total) {
            return -EINVAL;
        }
        total += v.length;
    }
    return 0;
}

static int check_name(const struct freebsd_iovec *name)
{
    char last;
    if (name->length == 0) {
        return -EINVAL;
    }
    if (copyin(&last, guest_addr(name->base + name->length - 1), 1) != 0) {
        return -EFAULT;
    }
    return last == '\0' ? 0 : -EINVAL;
}

int option_list_check(const struct option_list *list)
{
    uint64_t used = 0;
    for (uint32_t i = 0; i + 1 < list->count; i += 2) {
        struct freebsd_iovec name, value;
        if (entry(list, i, &name) != 0 || entry(list, i + 1, &value) != 0) {
            return -EFAULT;
        }
        if (name.length > VALUE_MAX || value.length > VALUE_MAX) {
            return -EINVAL;
        }
        used += name.length + value.length;
        if (used > VALUE_MAX) {
            return -EINVAL;
        }
        int r = check_name(&name);
        if (r != 0) {
            return r;
        }
    }
    return 0;
}

int option_list_find(const struct option_list *list, const char *name, struct option_value *value)
{
    for (uint32_t i = 0; i + 1 < list->count; i += 2) {
        struct freebsd_iovec v;
        char found[NAME_BYTES];
        if (entry(list, i, &v) != 0) {
            return -EFAULT;
        }
        int64_t r = copyin_str(found, guest_addr(v.base), sizeof found);
        if (r == -EFAULT) {
            return -EFAULT;
        }
        if (r < 0 || hot_strcmp(found, name) != 0) {
            continue;
        }
        if (entry(list, i + 1, &v) != 0) {
            return -EFAULT;
        }
        *value = (struct option_value){guest_addr(v.base), v.length};
        return 0;
    }
    return -ENOENT;
}

int option_list_number(const struct option_list *list, const char *name, int32_t *number)
{
    struct option_value value;
    int r = option_list_find(list, name, &value);
    if (r != 0) {
        return r;
    }
    return value.size != sizeof *number ? -EINVAL : COPYIN(number, value.at);
}

int option_list_string(const struct option_list *list, const char *name, char *to, uint64_t size)
{
    struct option_value value;
    char last;
    int r = option_list_find(list, name, &value);
    if (r != 0) {
        return r;
    }
    if (value.size == 0) {
        return -EINVAL;
    }
    r = copyin(&last, guest_at(value.at, value.size - 1), 1);
    if (r != 0 || last != '\0') {
        return r != 0 ? r : -EINVAL;
    }
    int64_t length = copyin_str(to, value.at, size);
    return length < 0 ? (int)length : 0;
}

void option_list_explain(const struct option_list *list, const char *text)
{
    struct option_value value;
    if (option_list_find(list, "errmsg", &value) != 0 || value.size == 0) {
        return;
    }
    uint64_t length = hot_strlen(text);
    length = length < value.size ? length : value.size - 1;
    if (copyout(value.at, text, length) == 0) {
        guest_zero(guest_at(value.at, length), 1);
    }
}
