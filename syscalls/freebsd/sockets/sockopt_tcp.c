/* Structures and names of TCP's options. Sources: tcp(4), sys/netinet/tcp.h, tcp_default_ctloutput(). */
#include "base/host.h"
#include "base/host_file.h"
#include "base/mem.h"
#include "syscalls/freebsd/sockets/sockopt.h"
#include "syscalls/freebsd/sysctl/sysctl.h"

#include <linux/in.h>
#include <linux/tcp.h>

#define CA_NAME_MAX       16 /* TCP_CA_NAME_MAX */
#define FUNCTION_NAME_MAX 32 /* TCP_FUNCTION_NAME_LEN_MAX */
#define INFO_SIZE_13      236
#define INFO_SIZE_14      240 /* a 64-bit member has come in */
#define OSREL_14          1400000

/* Algorithms that the two systems call differently. */
static const struct {
    const char *guest, *host;
} algorithms[] = {
    {"newreno", "reno"},
};

#define ALGORITHM_COUNT (sizeof(algorithms) / sizeof(algorithms[0]))

/* struct tcp_info: the part that both systems share has one layout up to the window; the rest is FreeBSD's own. */
static void convert_info(struct option_value *v, uint32_t release)
{
    struct tcp_info host;

    memset(&host, 0, sizeof(host));
    memcpy(&host, v->bytes, v->size < sizeof(host) ? v->size : sizeof(host));
    memset(v->bytes, 0, sizeof(v->bytes));
    v->bytes[0] = freebsd_tcp_state(host.tcpi_state);
    v->bytes[5] = host.tcpi_options & (TCPI_OPT_TIMESTAMPS | TCPI_OPT_SACK | TCPI_OPT_WSCALE | TCPI_OPT_ECN);
    v->bytes[6] = (uint8_t)(host.tcpi_snd_wscale | host.tcpi_rcv_wscale << 4);
    v->words[2] = host.tcpi_rto;
    v->words[4] = host.tcpi_snd_mss;
    v->words[5] = host.tcpi_rcv_mss;
    v->words[13] = host.tcpi_last_data_recv < UINT32_MAX / 1000 ? host.tcpi_last_data_recv * 1000 : UINT32_MAX;
    v->words[17] = host.tcpi_rtt;
    v->words[18] = host.tcpi_rttvar;
    v->words[19] = host.tcpi_snd_ssthresh;
    v->words[20] = host.tcpi_snd_cwnd * host.tcpi_snd_mss; /* bytes there, segments here */
    v->words[24] = host.tcpi_rcv_space;
    v->words[25] = host.tcpi_snd_wnd;
    v->words[30] = host.tcpi_total_retrans;
    v->words[31] = host.tcpi_rcv_ooopack;
    v->size = release < OSREL_14 ? INFO_SIZE_13 : INFO_SIZE_14;
}

static void convert_algorithm(struct option_value *v)
{
    char name[CA_NAME_MAX] = {0};

    memcpy(name, v->bytes, v->size < CA_NAME_MAX ? v->size : CA_NAME_MAX - 1);
    for (size_t i = 0; i < ALGORITHM_COUNT; i++) {
        if (hot_strcmp(name, algorithms[i].host) == 0) {
            hot_strlcpy(name, algorithms[i].guest, sizeof(name));
        }
    }
    memset(v->bytes, 0, sizeof(v->bytes));
    memcpy(v->bytes, name, sizeof(name));
    v->size = CA_NAME_MAX;
}

/* How many connections there are: all of them use the one stack there is. */
static uint32_t connections(void)
{
    static const char before[] = "TCP: inuse ";
    char text[1024];
    int64_t n = host_file_read("/proc/net/sockstat", text, sizeof(text));
    uint32_t count = 0;

    for (int64_t i = 0; i + (int64_t)sizeof(before) < n; i++) {
        if (hot_strncmp(text + i, before, sizeof(before) - 1) == 0) {
            for (i += (int64_t)sizeof(before) - 1; text[i] >= '0' && text[i] <= '9'; i++) {
                count = count * 10 + (uint32_t)(text[i] - '0');
            }
            break;
        }
    }
    return count > 0 ? count : 1;
}

int64_t sockopt_get_tcp(int s, const struct sockopt_row *row, uint32_t release, struct option_value *v)
{
    int64_t r;

    if (row->form == SOCKOPT_STACK) {
        memset(v->bytes, 0, sizeof(v->bytes));
        hot_strlcpy((char *)v->bytes, "freebsd", FUNCTION_NAME_MAX);
        v->words[FUNCTION_NAME_MAX / 4] = connections();
        v->size = FUNCTION_NAME_MAX + 4;
        return 0;
    }
    v->size = OPTION_MAX;
    r = host_getsockopt(s, row->host_level, row->host_name, v);
    if (r < 0) {
        return r;
    }
    if (row->form == SOCKOPT_TCP_INFO) {
        convert_info(v, release);
    } else {
        convert_algorithm(v);
    }
    return 0;
}

static int64_t set_algorithm(int s, const struct sockopt_row *row, struct option_value *v)
{
    char name[CA_NAME_MAX] = {0};
    int64_t r;

    if (v->size < 1) {
        return -EINVAL;
    }
    memcpy(name, v->bytes, v->size < CA_NAME_MAX ? v->size : CA_NAME_MAX - 1);
    for (size_t i = 0; i < ALGORITHM_COUNT; i++) {
        if (hot_strcmp(name, algorithms[i].guest) == 0) {
            hot_strlcpy(name, algorithms[i].host, sizeof(name));
        }
    }
    memcpy(v->bytes, name, sizeof(name));
    v->size = (uint32_t)hot_strlen(name);
    r = v->size == 0 ? -ENOENT : host_setsockopt(s, row->host_level, row->host_name, v);
    return r == -ENOENT ? -ESRCH : r;
}

int64_t sockopt_set_tcp(int s, const struct sockopt_row *row, struct option_value *v)
{
    if (row->form == SOCKOPT_CONGESTION) {
        return set_algorithm(s, row, v);
    }
    if (v->size < FUNCTION_NAME_MAX + 4) {
        return -EINVAL;
    }
    v->bytes[FUNCTION_NAME_MAX - 1] = 0;
    return hot_strcmp((char *)v->bytes, "freebsd") == 0 ? 0 : -ENOENT;
}
