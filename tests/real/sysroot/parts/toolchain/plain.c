/* Says which system it runs on, and ends with 0 if that is FreeBSD. */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

int main(void)
{
    struct utsname u;

    if (uname(&u) != 0)
        return 1;
    printf("%s %s\n", u.sysname, u.release);
    return strcmp(u.sysname, "FreeBSD") != 0;
}
