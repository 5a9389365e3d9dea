/* Terminal attributes between the two systems; what they mean is in syscalls/freebsd/terminal/termios.c. */
#include "syscalls/freebsd/terminal/termios.h"

#include <asm/termbits.h>
#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(termios_round_trip)
{
    struct termios2 h, back;
    struct freebsd_termios g;

    memset(&h, 0, sizeof(h));
    h.c_iflag = ICRNL | IXON | IUTF8;
    h.c_oflag = OPOST | ONLCR;
    h.c_cflag = CS8 | CREAD | HUPCL | B38400;
    h.c_lflag = ISIG | ICANON | ECHO | ECHOE | IEXTEN;
    h.c_cc[VINTR] = 3;
    h.c_cc[VEOF] = 4;
    h.c_cc[VMIN] = 1;
    h.c_ispeed = h.c_ospeed = 38400;
    freebsd_termios_from_host(&h, &g);
    ck_assert_uint_eq(g.c_iflag, 0x100 | 0x200 | 0x4000);
    ck_assert_uint_eq(g.c_oflag, 0x3);
    ck_assert_uint_eq(g.c_cflag, 0x300 | 0x800 | 0x4000);
    ck_assert_uint_eq(g.c_lflag, 0x80 | 0x100 | 0x8 | 0x2 | 0x400);
    ck_assert_uint_eq(g.c_cc[8], 3);
    ck_assert_uint_eq(g.c_cc[0], 4);
    ck_assert_uint_eq(g.c_cc[1], 0xff); /* VEOL is off: 0 there, _POSIX_VDISABLE here */
    ck_assert_uint_eq(g.c_cc[17], 0);   /* VTIME is a number */
    ck_assert_uint_eq(g.c_ospeed, 38400);
    memset(&back, 0, sizeof(back));
    freebsd_termios_to_host(&g, &back);
    ck_assert_mem_eq(&back, &h, sizeof(h));
}
END_TEST

/* Every bit that TTYSUP_* of sys/kern/tty.c lets through, and every character, comes back. */
START_TEST(termios_keeps_all)
{
    static const uint32_t input = 0x6fff, output = 0x7f, control = 0x3fff00, local = 0x82c007ff;
    struct termios2 h;
    struct freebsd_termios g, back;

    for (uint32_t bit = 1; bit != 0; bit <<= 1) {
        memset(&h, 0, sizeof(h));
        memset(&g, 0, sizeof(g));
        memset(g.c_cc, 0xff, sizeof(g.c_cc));
        g.c_iflag = input & bit;
        g.c_oflag = output & bit;
        g.c_cflag = control & bit;
        g.c_lflag = local & bit;
        g.c_cc[16] = 1;
        g.c_cc[17] = 2;
        g.c_ispeed = g.c_ospeed = bit;
        freebsd_termios_to_host(&g, &h);
        freebsd_termios_from_host(&h, &back);
        ck_assert_mem_eq(&back, &g, sizeof(g));
    }
    memset(&g, 0, sizeof(g));
    g.c_iflag = input, g.c_oflag = output, g.c_cflag = control, g.c_lflag = local;
    for (int i = 0; i < FREEBSD_NCCS; i++) {
        g.c_cc[i] = (uint8_t)(i == 19 ? 0xff : 'a' + i);
    }
    g.c_ispeed = 300, g.c_ospeed = 12345;
    freebsd_termios_to_host(&g, &h);
    freebsd_termios_from_host(&h, &back);
    ck_assert_mem_eq(&back, &g, sizeof(g));
}
END_TEST

/* The host's own programs know the usual speeds by number, and end both directions of flow control with one bit. */
START_TEST(termios_for_the_host)
{
    struct termios2 h;
    struct freebsd_termios g;

    memset(&h, 0, sizeof(h));
    freebsd_termios_from_host(&h, &g);
    g.c_ispeed = g.c_ospeed = 115200;
    g.c_cflag |= 0x30000;
    freebsd_termios_to_host(&g, &h);
    ck_assert_uint_eq(h.c_cflag & (CBAUD | CIBAUD), B115200);
    ck_assert_uint_eq(h.c_cflag & CRTSCTS, CRTSCTS);
    h.c_cflag &= ~(tcflag_t)CRTSCTS;
    freebsd_termios_from_host(&h, &g);
    ck_assert_uint_eq(g.c_cflag & 0x30000, 0);
    g.c_ispeed = 0; /* as the output's */
    g.c_ospeed = 1234;
    freebsd_termios_to_host(&g, &h);
    ck_assert_uint_eq(h.c_cflag & CBAUD, BOTHER);
    ck_assert_uint_eq(h.c_ispeed, 1234);
    g.c_cflag = 1 | 0x400; /* CIGNORE: the line stays as it is */
    g.c_ospeed = 50;
    freebsd_termios_to_host(&g, &h);
    ck_assert_uint_eq(h.c_ospeed, 1234);
    ck_assert_uint_eq(h.c_cflag & CSTOPB, 0);
}
END_TEST

/* The host ends a line at the status character where FreeBSD looks for it, and the guest sees nothing of that. */
START_TEST(termios_status_character)
{
    struct termios2 h;
    struct freebsd_termios g;

    memset(&h, 0, sizeof(h));
    freebsd_termios_from_host(&h, &g);
    ck_assert_uint_eq(g.c_cc[18], 0xff);
    g.c_cc[18] = 20;
    g.c_lflag = 0x80 | 0x100 | 0x400;
    freebsd_termios_to_host(&g, &h);
    ck_assert_uint_eq(h.c_cc[VEOL2], 20);
    freebsd_termios_from_host(&h, &g);
    ck_assert_uint_eq(g.c_cc[2], 0xff);
    ck_assert_uint_eq(g.c_cc[18], 20);
    g.c_lflag &= ~0x80u; /* without ISIG it is a character like others */
    freebsd_termios_to_host(&g, &h);
    ck_assert_uint_eq(h.c_cc[VEOL2], 0);
    g.c_lflag |= 0x80;
    g.c_cc[2] = 'x';
    freebsd_termios_to_host(&g, &h);
    ck_assert_uint_eq(h.c_cc[VEOL2], 'x');
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("FreeBSD termios");
    TCase *tc = tcase_create("conversion");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tc, termios_round_trip);
    tcase_add_test(tc, termios_keeps_all);
    tcase_add_test(tc, termios_for_the_host);
    tcase_add_test(tc, termios_status_character);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
