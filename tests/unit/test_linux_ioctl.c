/* ioctl with words of 4 bytes: layouts against the structures of the host's headers, and which request is what. */
#include "syscalls/common/linux/compat_layout.h"
#include "syscalls/common/linux/files/compat_ioctl.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <linux/blkpg.h>
#include <linux/cdrom.h>
#include <linux/fb.h>
#include <linux/fiemap.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/hdreg.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/kd.h>
#include <linux/loop.h>
#include <linux/mtio.h>
#include <linux/perf_event.h>
#include <linux/rtc.h>
#include <linux/serial.h>
#include <linux/sockios.h>
#include <linux/usbdevice_fs.h>
#include <sys/ioctl.h>

/* The host's size is its header's; the guest's was measured with gcc -m32 on the same headers. */
START_TEST(layouts_have_their_structures_sizes)
{
    static const struct {
        uint32_t request;
        size_t guest, host;
    } expected[] = {
        {TIOCGSERIAL, 60, sizeof(struct serial_struct)},
        {TIOCSSERIAL, 60, sizeof(struct serial_struct)},
        {SIOCGIFMAP, 32, sizeof(struct ifreq)},
        {0x400854d5, 8, sizeof(struct sock_fprog)},
        {0x800854db, 8, sizeof(struct sock_fprog)},
        {0x402c5828, 44, 48 /* struct space_resv, of the kernel's linux/falloc.h */},
        {BLKPG, 16, sizeof(struct blkpg_ioctl_arg)},
        {HDIO_GETGEO, 8, sizeof(struct hd_geometry)},
        {LOOP_SET_STATUS, 140, sizeof(struct loop_info)},
        {LOOP_GET_STATUS, 140, sizeof(struct loop_info)},
        {CDROM_SEND_PACKET, 44, sizeof(struct cdrom_generic_command)},
        {0x801c6d02, 28, sizeof(struct mtget)},
        {0x80046d03, 4, sizeof(struct mtpos)},
        {GIO_UNIMAP, 8, sizeof(struct unimapdesc)},
        {GIO_FONTX, 8, sizeof(struct consolefontdesc)},
        {KDFONTOP, 24, sizeof(struct console_font_op)},
        {FBIOGET_FSCREENINFO, 68, sizeof(struct fb_fix_screeninfo)},
        {FBIOPUTCMAP, 24, sizeof(struct fb_cmap)},
        {0xc0105500, 16, sizeof(struct usbdevfs_ctrltransfer)},
        {0xc0105502, 16, sizeof(struct usbdevfs_bulktransfer)},
        {0x8008550e, 8, sizeof(struct usbdevfs_disconnectsignal)},
        {0xc00c5512, 12, sizeof(struct usbdevfs_ioctl)},
    };

    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        const struct compat_ioctl *how = compat_ioctl_find(expected[i].request);

        ck_assert_msg(how && how->layout, "0x%x", expected[i].request);
        struct compat_sizes size = compat_layout_sizes(how->layout);
        ck_assert_msg(size.guest == expected[i].guest, "0x%x: %zu", expected[i].request, size.guest);
        ck_assert_msg(size.host == expected[i].host, "0x%x: %zu", expected[i].request, size.host);
        ck_assert_uint_le(size.host, COMPAT_IOCTL_MAX);
    }
}
END_TEST

/* The numbers that hold the size of a long, as the host's headers make them. */
START_TEST(numbers_of_the_host)
{
    static const struct {
        uint32_t guest, host;
    } expected[] = {
        {0x80046601, FS_IOC_GETFLAGS},
        {0x40046602, FS_IOC_SETFLAGS},
        {0x80047601, FS_IOC_GETVERSION},
        {0x40047602, FS_IOC_SETVERSION},
        {0x80041270, BLKBSZGET},
        {0x40041271, BLKBSZSET},
        {0x80041272, BLKGETSIZE64},
        {0x400854d5, TUNATTACHFILTER},
        {0x400854d6, TUNDETACHFILTER},
        {0x800854db, TUNGETFILTER},
        {0x801c6d02, MTIOCGET},
        {0x80046d03, MTIOCPOS},
        {0x8004700b, RTC_IRQP_READ},
        {0x4004700c, RTC_IRQP_SET},
        {0x8004700d, RTC_EPOCH_READ},
        {0x4004700e, RTC_EPOCH_SET},
        {0x40042406, PERF_EVENT_IOC_SET_FILTER},
        {0x80042407, PERF_EVENT_IOC_ID},
        {0xc004240a, PERF_EVENT_IOC_QUERY_BPF},
        {0x4004240b, PERF_EVENT_IOC_MODIFY_ATTRIBUTES},
        {0xc0105500, USBDEVFS_CONTROL},
        {0xc0105502, USBDEVFS_BULK},
        {0x8008550e, USBDEVFS_DISCSIGNAL},
        {0xc00c5512, USBDEVFS_IOCTL},
    };

    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        const struct compat_ioctl *how = compat_ioctl_find(expected[i].guest);

        ck_assert_msg(how != NULL, "0x%x", expected[i].guest);
        ck_assert_uint_eq(how->host, expected[i].host);
        ck_assert(!compat_ioctl_is_same(expected[i].guest));
    }
}
END_TEST

START_TEST(requests_that_go_as_they_are)
{
    static const uint32_t requests[] = {
        TCGETS,        TCSETSW,           TIOCGWINSZ,  TIOCSPGRP,         TIOCGPTN,  TIOCSPTLCK,   FIONREAD,
        FIONBIO,       FIOCLEX,           FIOASYNC,    FIGETBSZ,          FICLONE,   FICLONERANGE, FITRIM,
        FS_IOC_FIEMAP, FS_IOC_FSGETXATTR, LOOP_SET_FD, LOOP_SET_STATUS64, BLKSSZGET, BLKDISCARD,   MTIOCTOP,
        RTC_RD_TIME,   KDGKBTYPE,         SIOCATMARK,  TUNSETPERSIST,
    };
    static const uint32_t others[] = {
        TIOCGSERIAL, TIOCSSERIAL, BLKGETSIZE, SIOCGIFCONF, SIOCGIFADDR,
        SIOCADDRT,   TUNSETIFF,   GIO_FONTX,  HDIO_GETGEO, 0x402c5828 /* FS_IOC_RESVSP */,
    };
    static const uint32_t unknown[] = {0xdeadbeef, USBDEVFS_SUBMITURB, 0x8b01 /* SIOCGIWNAME */, 0};

    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        ck_assert_msg(compat_ioctl_is_same(requests[i]), "0x%x", requests[i]);
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        ck_assert_msg(!compat_ioctl_is_same(others[i]), "0x%x", others[i]);
        ck_assert_msg(compat_ioctl_find(others[i]) != NULL, "0x%x", others[i]);
    }
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        ck_assert(!compat_ioctl_is_same(unknown[i]));
        ck_assert_ptr_null(compat_ioctl_find(unknown[i]));
    }
}
END_TEST

START_TEST(members_are_extended_and_cut_off)
{
    struct {
        uint8_t b;
        uint16_t d;
        uint32_t u;
        int32_t l;
        uint32_t q[2];
        uint8_t end;
    } guest = {1, 0xfedc, 0xf0000001, -5, {7, 8}, 9};
    struct {
        uint8_t b;
        uint64_t d, u;
        int64_t l;
        uint64_t q;
        uint8_t end;
    } host = {0};

    ck_assert_uint_eq(compat_layout_sizes("bdulqb").guest, sizeof(guest));
    ck_assert_uint_eq(compat_layout_sizes("bdulqb").host, sizeof(host));
    compat_layout_to_host("bdulqb", &guest, &host);
    ck_assert_uint_eq(host.b, 1);
    ck_assert_uint_eq(host.d, 0xfedc);
    ck_assert_uint_eq(host.u, 0xf0000001);
    ck_assert_int_eq(host.l, -5);
    ck_assert_uint_eq(host.q, 0x800000007);
    ck_assert_uint_eq(host.end, 9);
    host.u = 0x1234567890;
    host.l = -6;
    compat_layout_from_host("bdulqb", &host, &guest);
    ck_assert_uint_eq(guest.u, 0x34567890);
    ck_assert_int_eq(guest.l, -6);
    ck_assert_uint_eq(guest.q[1], 8);
    ck_assert_uint_eq(guest.d, 0xfedc);
}
END_TEST

/* Sizes of struct fs_quota_stat and struct if_dqblk, as gcc -m32 and gcc have them. */
START_TEST(structures_within_structures)
{
    struct compat_sizes state = compat_layout_sizes("bhb2qi2qixi3i2h"), block = compat_layout_sizes("8qi");

    ck_assert_uint_eq(state.guest, 68);
    ck_assert_uint_eq(state.host, 80);
    ck_assert_uint_eq(block.guest, 68);
    ck_assert_uint_eq(block.host, 72);
}
END_TEST

/* The names of members against the host's own structure, where one is moved by a word before it. */
START_TEST(a_frame_buffer)
{
    const char *layout = compat_ioctl_find(FBIOGET_FSCREENINFO)->layout;
    struct fb_fix_screeninfo host = {.id = "screen",
                                     .smem_start = 0xe0000000,
                                     .smem_len = 1,
                                     .visual = 2,
                                     .ywrapstep = 3,
                                     .line_length = 4,
                                     .mmio_start = 5,
                                     .accel = 6,
                                     .capabilities = 7};
    uint32_t guest[17];

    compat_layout_from_host(layout, &host, guest);
    ck_assert_str_eq((char *)guest, "screen");
    ck_assert_uint_eq(guest[4], 0xe0000000);
    ck_assert_uint_eq(guest[5], 1);
    ck_assert_uint_eq(guest[8], 2);
    ck_assert_uint_eq(guest[10] & 0xffff, 3);
    ck_assert_uint_eq(guest[11], 4);
    ck_assert_uint_eq(guest[12], 5);
    ck_assert_uint_eq(guest[14], 6);
    ck_assert_uint_eq(guest[15] & 0xffff, 7);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("Linux ioctl");
    TCase *tc = tcase_create("words of 4 bytes");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tc, layouts_have_their_structures_sizes);
    tcase_add_test(tc, numbers_of_the_host);
    tcase_add_test(tc, requests_that_go_as_they_are);
    tcase_add_test(tc, members_are_extended_and_cut_off);
    tcase_add_test(tc, structures_within_structures);
    tcase_add_test(tc, a_frame_buffer);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
