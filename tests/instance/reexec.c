/* reexec: begins itself anew for ever, each time from a thread that is not the first, beside others. */
#include <pthread.h>
#include <unistd.h>

static char *self;

static void *begin_anew(void *unused)
{
    (void)unused;
    usleep(300);
    execl(self, self, (char *)0);
    _exit(1);
}

static void *stay(void *unused)
{
    (void)unused;
    for (;;) {
        pause();
    }
}

int main(int argc, char **argv)
{
    pthread_t thread;
    (void)argc;
    self = argv[0];
    for (int i = 0; i < 4; i++) {
        pthread_create(&thread, 0, stay, 0);
    }
    pthread_create(&thread, 0, begin_anew, 0);
    stay(0);
}
