/* The host kernel's signal frame and siginfo, from its own headers, which leave the order of inclusion to us. */
#ifndef BASE_HOST_SIGNAL_H
#define BASE_HOST_SIGNAL_H

#include <linux/signal.h>

#include <asm/sigcontext.h>
/* after sigcontext.h, which it uses */
#include <asm/ucontext.h>

#endif
