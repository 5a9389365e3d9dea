/* Signals and their codes by the names of the guest's system. */
#ifndef FAULT_REPORT_NAMES_H
#define FAULT_REPORT_NAMES_H

/*
 * The name of a signal ("SIGSEGV") or of its code ("SEGV_MAPERR") on the personality's system; NULL where it
 * has none. Codes below the system-wide ones depend on the signal.
 */
const char *signal_name(const char *personality, int signo);
const char *signal_code_name(const char *personality, int signo, int code);

#endif
