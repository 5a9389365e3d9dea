/*
 * The requests of ioctl that guests with words of 4 bytes may make; see compat_ioctl.h. Numbers and structures:
 * asm-generic/ioctls.h, linux/fs.h, sockios.h, hdreg.h, loop.h, mtio.h, kd.h, vt.h, cdrom.h, rtc.h, fb.h, serial.h,
 * usbdevice_fs.h; which of them differ by width: the functions named compat_ioctl in the drivers.
 */
#include "syscalls/common/linux/files/compat_ioctl.h"

#include <stddef.h>

/* Requests from `first` to `last` in those of their bits that `mask` keeps. */
struct range {
    uint32_t mask, first, last;
};

#define WHOLE     0xffffffffu /* the number as it is */
#define ANY_SHAPE 0xffffu     /* whatever direction and size it is made of: the host knows it by all of it */

/* Requests whose argument is a number, or in memory without longs and pointers (or with such of 64 bits always). */
static const struct range same[] = {
    {WHOLE, 0x5401, 0x541d},         /* terminals */
    {WHOLE, 0x5420, 0x5457},         /* and of any file: FIONBIO, FIOASYNC, FIOCLEX */
    {WHOLE, 0x5459, 0x5460},         /* FIOQSIZE */
    {ANY_SHAPE, 0x542a, 0x5443},     /* TCGETS2, TIOCGPTN, TIOCGPTPEER, RS-485 */
    {WHOLE, 0x40085400, 0x40085400}, /* TFD_IOC_SET_TICKS */
    {WHOLE, 0x0001, 0x0002},         /* FIBMAP, FIGETBSZ */
    {ANY_SHAPE, 0x8901, 0x8905},     /* owners of sockets, SIOCATMARK */
    {WHOLE, 0x8906, 0x8907},         /* SIOCGSTAMP as x32 has it, SIOCGSTAMP_NEW */
    {WHOLE, 0x80108906, 0x80108907},
    {WHOLE, 0x894b, 0x894c}, /* SIOCOUTQNSD, SIOCGSKNS */
    {WHOLE, 0x8953, 0x8955}, /* the ARP cache */
    {WHOLE, 0x8960, 0x8962},
    {WHOLE, 0x8980, 0x8983},                     /* frame relay, VLANs */
    {WHOLE, 0x89e0, 0x89e0},                     /* SIOCUNIXFILE */
    {ANY_SHAPE, 'X' << 8 | 31, 'X' << 8 | 63},   /* FS_IOC_FSGETXATTR, XFS */
    {ANY_SHAPE, 'X' << 8 | 119, 'X' << 8 | 121}, /* FIFREEZE, FITHAW, FITRIM */
    {WHOLE, 0x80086601, 0x80086601},             /* FS_IOC_GETFLAGS and FS_IOC_SETFLAGS by their 64-bit numbers, too */
    {WHOLE, 0x40086602, 0x40086602},
    {ANY_SHAPE, 'f' << 8 | 9, 'f' << 8 | 18},  /* FS_IOC_FIEMAP, ext4's */
    {ANY_SHAPE, 'f' << 8 | 19, 'f' << 8 | 26}, /* encryption */
    {ANY_SHAPE, 'f' << 8 | 42, 'f' << 8 | 44},
    {ANY_SHAPE, 'f' << 8 | 133, 'f' << 8 | 135}, /* verity */
    {ANY_SHAPE, 0x1500, 0x1504},                 /* FS_IOC_GETFSUUID */
    {ANY_SHAPE, 0x9400, 0x94ff},                 /* FICLONE, FICLONERANGE, FIDEDUPERANGE, btrfs */
    {WHOLE, 0x125d, 0x125f},                     /* disks */
    {WHOLE, 0x1261, 0x1262},
    {WHOLE, 0x1264, 0x1264},
    {WHOLE, 0x1267, 0x1268},
    {WHOLE, 0x1274, 0x127f},
    {ANY_SHAPE, 0x1280, 0x1288}, /* BLKREPORTZONE, BLKGETDISKSEQ */
    {WHOLE, 0x0307, 0x0307},     /* hard disks, by their old driver */
    {WHOLE, 0x030d, 0x030d},
    {WHOLE, 0x031c, 0x031c},
    {WHOLE, 0x031e, 0x032d},
    {WHOLE, 0x4c00, 0x4c01}, /* loop devices */
    {WHOLE, 0x4c04, 0x4c0a},
    {WHOLE, 0x4c80, 0x4c82},
    {WHOLE, 0x5301, 0x530d}, /* CD-ROMs */
    {WHOLE, 0x530f, 0x5331},
    {WHOLE, 0x5382, 0x5387}, /* SCSI */
    {WHOLE, 0x5390, 0x5392},
    {WHOLE, 0x2201, 0x2203}, /* its generic driver */
    {WHOLE, 0x2270, 0x2284},
    {WHOLE, 0x2287, 0x228f},
    {ANY_SHAPE, 'm' << 8 | 1, 'm' << 8 | 1}, /* MTIOCTOP */
    {WHOLE, 0x4b2f, 0x4b49},                 /* keyboard and console */
    {WHOLE, 0x4b4a, 0x4b65},
    {WHOLE, 0x4b68, 0x4b6a},
    {WHOLE, 0x4b6d, 0x4b71},
    {WHOLE, 0x4bfa, 0x4bfb},
    {WHOLE, 0x5600, 0x560f},                  /* virtual terminals */
    {ANY_SHAPE, 'p' << 8 | 1, 'p' << 8 | 10}, /* clocks */
    {ANY_SHAPE, 'p' << 8 | 15, 'p' << 8 | 20},
    {ANY_SHAPE, 'R' << 8 | 0, 'R' << 8 | 7},    /* random numbers */
    {ANY_SHAPE, 'E' << 8 | 0, 'E' << 8 | 0x7f}, /* input */
    {ANY_SHAPE, 'E' << 8 | 0x81, 'E' << 8 | 0xff},
    {ANY_SHAPE, 'j' << 8 | 0, 'j' << 8 | 0x3f},
    {ANY_SHAPE, 'H' << 8 | 1, 'H' << 8 | 12}, /* HID */
    {ANY_SHAPE, 'W' << 8 | 0, 'W' << 8 | 10}, /* watchdogs */
    {WHOLE, 0x4600, 0x4601},                  /* frame buffers */
    {WHOLE, 0x4606, 0x4606},
    {WHOLE, 0x4611, 0x4611},
    {ANY_SHAPE, '$' << 8 | 0, '$' << 8 | 5}, /* PERF_EVENT_IOC_ENABLE and on */
    {ANY_SHAPE, '$' << 8 | 8, '$' << 8 | 9},
    {ANY_SHAPE, 0xb700, 0xb70f},             /* namespaces */
    {ANY_SHAPE, 0xff00, 0xff0f},             /* pidfds */
    {ANY_SHAPE, 0xaa00, 0xaa0f},             /* userfaultfd */
    {ANY_SHAPE, 0xab00, 0xab0a},             /* network block devices */
    {ANY_SHAPE, 0xfd00, 0xfd1f},             /* device mapper */
    {ANY_SHAPE, 0xe500, 0xe502},             /* fuse */
    {ANY_SHAPE, 0xb400, 0xb40f},             /* GPIO */
    {ANY_SHAPE, 'k' << 8 | 0, 'k' << 8 | 5}, /* SPI */
    {WHOLE, 0x0701, 0x0704},                 /* I2C */
    {WHOLE, 0x0706, 0x0706},
    {WHOLE, 0x0708, 0x0708},
    {ANY_SHAPE, 'T' << 8 | 200, 'T' << 8 | 201}, /* tunnels */
    {ANY_SHAPE, 'T' << 8 | 203, 'T' << 8 | 209},
    {ANY_SHAPE, 'T' << 8 | 211, 'T' << 8 | 212},
    {ANY_SHAPE, 'T' << 8 | 215, 'T' << 8 | 216},
    {ANY_SHAPE, 'T' << 8 | 218, 'T' << 8 | 218},
    {ANY_SHAPE, 'T' << 8 | 220, 'T' << 8 | 226},
    {ANY_SHAPE, 'U' << 8 | 4, 'U' << 8 | 5}, /* USB */
    {ANY_SHAPE, 'U' << 8 | 8, 'U' << 8 | 8},
    {ANY_SHAPE, 'U' << 8 | 15, 'U' << 8 | 17},
    {ANY_SHAPE, 'U' << 8 | 20, 'U' << 8 | 32},
    {ANY_SHAPE, 'P' << 8 | 0, 'P' << 8 | 24}, /* sound: OSS */
    {ANY_SHAPE, 'M' << 8 | 0, 'M' << 8 | 255},
    {ANY_SHAPE, 'A' << 8 | 0, 'A' << 8 | 4}, /* ALSA, as far as it has no frames' numbers */
    {ANY_SHAPE, 'A' << 8 | 0x12, 'A' << 8 | 0x12},
    {ANY_SHAPE, 'A' << 8 | 0x40, 'A' << 8 | 0x45},
    {ANY_SHAPE, 'A' << 8 | 0x47, 'A' << 8 | 0x48},
    {ANY_SHAPE, 'A' << 8 | 0x60, 'A' << 8 | 0x61},
    {ANY_SHAPE, 'd' << 8 | 0x07, 'd' << 8 | 0x0d}, /* DRM: what has no pointer but such of 64 bits */
    {ANY_SHAPE, 'd' << 8 | 0x1e, 'd' << 8 | 0x1f},
    {ANY_SHAPE, 'd' << 8 | 0x2d, 'd' << 8 | 0x2e},
    {ANY_SHAPE, 'd' << 8 | 0xa0, 'd' << 8 | 0xcf},
};

#define IN(number, other, text)                                                                                        \
    {                                                                                                                  \
        number, other, COMPAT_IOCTL_IN, text, NULL                                                                     \
    }
#define OUT(number, other, text)                                                                                       \
    {                                                                                                                  \
        number, other, COMPAT_IOCTL_OUT, text, NULL                                                                    \
    }
#define BOTH(number, other, text)                                                                                      \
    {                                                                                                                  \
        number, other, COMPAT_IOCTL_BOTH, text, NULL                                                                   \
    }
#define NUMBER(number, other)                                                                                          \
    {                                                                                                                  \
        number, other, COMPAT_IOCTL_SAME, NULL, NULL                                                                   \
    }
#define CALL(number, function)                                                                                         \
    {                                                                                                                  \
        number, number, COMPAT_IOCTL_CALL, NULL, function                                                              \
    }

/* struct ifreq, whose 16 bytes behind the name are 24 on the host; with a pointer there, and with struct ifmap. */
#define IFREQ      "32b"
#define IFREQ_DATA "16bp"
#define IFREQ_MAP  "16b2uh6b"
#define SERIAL     "8ih2bi2hphiu" /* struct serial_struct */
#define LOOP_INFO  "idud4i96b2u4b"
#define FILTER     "hp"             /* struct sock_fprog */
#define SPACE      "2hqqii4i"       /* struct space_resv */
#define FONT       "2hp"            /* struct consolefontdesc */
#define FONT_OP    "5ip"            /* struct console_font_op */
#define UNIMAP     "hp"             /* struct unimapdesc */
#define SCREEN     "16bu4i3hiu2i3h" /* struct fb_fix_screeninfo */
#define COLOURS    "2i4p"           /* struct fb_cmap */
#define PACKET     "12bpiipbiip"    /* struct cdrom_generic_command */
#define TAPE       "5u2i"           /* struct mtget */

static const struct compat_ioctl known[] = {
    OUT(0x541e, 0x541e, SERIAL), /* TIOCGSERIAL, TIOCSSERIAL */
    IN(0x541f, 0x541f, SERIAL),
    BOTH(0x400454ca, 0x400454ca, IFREQ), /* TUNSETIFF, TUNGETIFF, TUNSETQUEUE */
    BOTH(0x800454d2, 0x800454d2, IFREQ),
    IN(0x400454d9, 0x400454d9, IFREQ),
    IN(0x400854d5, 0x401054d5, FILTER), /* TUNATTACHFILTER, TUNDETACHFILTER, TUNGETFILTER */
    IN(0x400854d6, 0x401054d6, FILTER),
    OUT(0x800854db, 0x801054db, FILTER),
    CALL(0x890b, compat_ioctl_add_route),
    CALL(0x890c, compat_ioctl_delete_route),
    CALL(0x8912, compat_ioctl_ifconf),
    BOTH(0x8970, 0x8970, IFREQ_MAP), /* SIOCGIFMAP, SIOCSIFMAP */
    IN(0x8971, 0x8971, IFREQ_MAP),
    IN(0x8946, 0x8946, IFREQ_DATA), /* SIOCETHTOOL */
    IN(0x8993, 0x8993, IFREQ_DATA), /* SIOCBONDSLAVEINFOQUERY, SIOCBONDINFOQUERY */
    IN(0x8994, 0x8994, IFREQ_DATA),
    IN(0x89b0, 0x89b0, IFREQ_DATA), /* SIOCSHWTSTAMP, SIOCGHWTSTAMP */
    IN(0x89b1, 0x89b1, IFREQ_DATA),
    NUMBER(0x80046601, 0x80086601), /* FS_IOC_GETFLAGS, FS_IOC_SETFLAGS: an int, whatever the number says */
    NUMBER(0x40046602, 0x40086602),
    NUMBER(0x80047601, 0x80087601), /* FS_IOC_GETVERSION, FS_IOC_SETVERSION */
    NUMBER(0x40047602, 0x40087602),
    NUMBER(0x80046603, 0x80086603), /* ext4's, and its reservations, and growing */
    NUMBER(0x40046604, 0x40086604),
    NUMBER(0x80046605, 0x80086605),
    NUMBER(0x40046606, 0x40086606),
    NUMBER(0x40046607, 0x40086607),
    IN(0x402c5828, 0x40305828, SPACE), /* FS_IOC_RESVSP and its kin */
    IN(0x402c5829, 0x40305829, SPACE),
    IN(0x402c582a, 0x4030582a, SPACE),
    IN(0x402c582b, 0x4030582b, SPACE),
    IN(0x402c5839, 0x40305839, SPACE),
    CALL(0x1260, compat_ioctl_block_size),
    OUT(0x1263, 0x1263, "u"), /* BLKRAGET, BLKFRAGET */
    OUT(0x1265, 0x1265, "u"),
    IN(0x1269, 0x1269, "3ip"),      /* BLKPG */
    NUMBER(0x80041270, 0x80081270), /* BLKBSZGET, BLKBSZSET: an int */
    NUMBER(0x40041271, 0x40081271),
    NUMBER(0x80041272, 0x80081272), /* BLKGETSIZE64: 64 bits */
    OUT(0x0301, 0x0301, "2bhu"),    /* HDIO_GETGEO */
    OUT(0x0302, 0x0302, "u"),       /* HDIO_GET_UNMASKINTR and on */
    OUT(0x0304, 0x0304, "u"),
    OUT(0x0308, 0x0308, "u"),
    OUT(0x0309, 0x0309, "u"),
    OUT(0x030a, 0x030a, "u"),
    OUT(0x030b, 0x030b, "u"),
    OUT(0x030c, 0x030c, "u"),
    OUT(0x030e, 0x030e, "u"),
    OUT(0x030f, 0x030f, "u"),
    OUT(0x0310, 0x0310, "u"),
    IN(0x4c02, 0x4c02, LOOP_INFO), /* LOOP_SET_STATUS, LOOP_GET_STATUS */
    OUT(0x4c03, 0x4c03, LOOP_INFO),
    BOTH(0x5393, 0x5393, PACKET), /* CDROM_SEND_PACKET */
    CALL(0x2285, compat_ioctl_sg_io),
    OUT(0x801c6d02, 0x80306d02, TAPE), /* MTIOCGET, MTIOCPOS */
    OUT(0x80046d03, 0x80086d03, "u"),
    BOTH(0x4b66, 0x4b66, UNIMAP), /* GIO_UNIMAP, PIO_UNIMAP */
    IN(0x4b67, 0x4b67, UNIMAP),
    BOTH(0x4b6b, 0x4b6b, FONT), /* GIO_FONTX, PIO_FONTX, KDFONTOP */
    IN(0x4b6c, 0x4b6c, FONT),
    BOTH(0x4b72, 0x4b72, FONT_OP),
    OUT(0x4602, 0x4602, SCREEN), /* FBIOGET_FSCREENINFO, FBIOGETCMAP, FBIOPUTCMAP */
    IN(0x4604, 0x4604, COLOURS),
    IN(0x4605, 0x4605, COLOURS),
    OUT(0x8004700b, 0x8008700b, "u"), /* RTC_IRQP_READ, RTC_IRQP_SET, RTC_EPOCH_READ, RTC_EPOCH_SET */
    NUMBER(0x4004700c, 0x4008700c),
    OUT(0x8004700d, 0x8008700d, "u"),
    NUMBER(0x4004700e, 0x4008700e),
    NUMBER(0x40042406, 0x40082406), /* PERF_EVENT_IOC_SET_FILTER, _ID, _QUERY_BPF, _MODIFY_ATTRIBUTES */
    NUMBER(0x80042407, 0x80082407),
    NUMBER(0xc004240a, 0xc008240a),
    NUMBER(0x4004240b, 0x4008240b),
    OUT(0x0705, 0x0705, "u"), /* I2C_FUNCS, I2C_SMBUS */
    IN(0x0720, 0x0720, "2bip"),
    IN(0xc0105500, 0xc0185500, "2b3hip"), /* USBDEVFS_CONTROL, _BULK, _DISCSIGNAL, _IOCTL */
    IN(0xc0105502, 0xc0185502, "3ip"),
    IN(0x8008550e, 0x8010550e, "ip"),
    IN(0xc00c5512, 0xc0105512, "2ip"),
};

/* Requests about an interface by its name, between the few of them that differ. */
static bool is_interface(uint32_t request)
{
    return request == 0x8910 || (request >= 0x8913 && request <= 0x893f) || (request >= 0x8942 && request <= 0x8949) ||
           (request >= 0x8990 && request <= 0x8995) || (request >= 0x89a0 && request <= 0x89a3);
}

const struct compat_ioctl *compat_ioctl_find(uint32_t request)
{
    static const struct compat_ioctl interface = BOTH(0, 0, IFREQ);

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (known[i].guest == request) {
            return &known[i];
        }
    }
    return is_interface(request) ? &interface : NULL;
}

bool compat_ioctl_is_same(uint32_t request)
{
    if (request >> 8 != 0x54 && compat_ioctl_find(request)) {
        return false; /* before the ranges; terminals' are asked most often */
    }
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        uint32_t kept = request & same[i].mask;

        if (kept >= same[i].first && kept <= same[i].last) {
            return true;
        }
    }
    return false;
}
