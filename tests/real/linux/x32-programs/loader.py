"""glibc's dynamic loader: what it finds, in which order it begins and ends libraries, what a program can ask it."""
import re

from lib import call, must

SOURCES = {
    # Each says when it begins and ends, and has a variable of each thread's.
    "low.c": """
#include <stdio.h>
__thread int low_local = 5;
static int of_processor(void) { return 11; }
static int (*choose(void))(void) { return of_processor; }
int low_chosen(void) __attribute__((ifunc("choose")));
int low_old(void) { return 1; }
int low_new(void) { return 2; }
__asm__(".symver low_old, low_version@LOW_1");
__asm__(".symver low_new, low_version@@LOW_2");
__attribute__((constructor)) static void begin(void) { puts("low begins"); }
__attribute__((destructor)) static void end(void) { puts("low ends"); }
""",
    "low.map": "LOW_1 { global: low_chosen; low_local; low_version; local: *; }; LOW_2 { global: low_version; } LOW_1;\n",
    "high.c": """
#include <stdio.h>
extern __thread int low_local;
extern int low_chosen(void), low_version(void);
int high(void) { return low_local++ * 100 + low_chosen() * 10 + low_version(); }
__attribute__((constructor)) static void begin(void) { puts("high begins"); }
__attribute__((destructor)) static void end(void) { puts("high ends"); }
""",
    "late.c": """
#include <stdio.h>
static __thread char room[3000] = "late";
char *late(void) { room[0]++; return room; }
__attribute__((destructor)) static void end(void) { puts("late ends"); }
""",
    "before.c": """
#include <unistd.h>
pid_t getppid(void) { return 4711; }
""",
    "main.c": """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>
extern int high(void);
static char *(*late)(void);
static int see(struct dl_phdr_info *info, size_t size, void *to)
{
    (void)size;
    int loads = 0;
    for (int i = 0; i < info->dlpi_phnum; i++)
        loads += info->dlpi_phdr[i].p_type == PT_LOAD;
    char const *name = strrchr(info->dlpi_name, '/');
    if (loads > 0 && name && (strncmp(name, "/libhigh", 8) == 0 || strncmp(name, "/liblow", 7) == 0))
        ++*(int *)to;
    return 0;
}
static void *thread(void *of) { (void)of; printf("thread %d %s\\n", high(), late()); return NULL; }
int main(void)
{
    Dl_info about;
    int seen = 0;
    printf("main %d %d\\n", high(), high());
    void *library = dlopen("liblate.so", RTLD_NOW | RTLD_LOCAL);
    if (!library || !(late = (char *(*)(void))dlsym(library, "late")))
        return puts(dlerror()), 1;
    printf("late %s\\n", late());
    printf("old %d\\n", ((int (*)(void))dlvsym(RTLD_DEFAULT, "low_version", "LOW_1"))());
    pthread_t other;
    pthread_create(&other, NULL, thread, NULL);
    pthread_join(other, NULL);
    printf("late %s\\n", late());
    dl_iterate_phdr(see, &seen);
    printf("seen %d, late is of %s\\n", seen, dladdr((void *)late, &about) ? strrchr(about.dli_fname, '/') : "?");
    printf("closed %d, %d\\n", dlclose(library), dlopen("liblate.so", RTLD_NOW | RTLD_NOLOAD) != NULL);
    printf("missing %d\\n", dlopen("libmissing.so", RTLD_LAZY) == NULL && strstr(dlerror(), "No such file") != NULL);
    printf("vDSO %d, ", getauxval(AT_SYSINFO_EHDR) != 0 && dlopen("linux-vdso.so.1", RTLD_NOW | RTLD_NOLOAD) != NULL);
    printf("parent %s\\n", getppid() == 4711 ? "of before.so" : "of libc");
    return 0;
}
""",
}
RECIPE = """
$CC -O1 -shared -fPIC -Wl,--version-script=low.map -Wl,-soname,liblow.so -o liblow.so low.c
$CC -O1 -shared -fPIC -o libhigh.so high.c -L. -llow '-Wl,-rpath,$ORIGIN' -Wl,-soname,libhigh.so
$CC -O1 -shared -fPIC -o liblate.so late.c
$CC -O1 -shared -fPIC -o before.so before.c
$CC -O1 -fPIE -pie -o main main.c -L. -lhigh '-Wl,-rpath,$ORIGIN' -Wl,-rpath-link,. -Wl,-z,lazy
$CC -O1 -no-pie -o main-now main.c -L. -lhigh '-Wl,-rpath,$ORIGIN' -Wl,-rpath-link,. -Wl,-z,now
"""


def build(target):
    folder = target.scratch("loader")
    for name, text in SOURCES.items():
        (folder / name).write_text(text)
    must(call(f"set -e\n{RECIPE}", cwd=folder, env=target.env()), "the loader's program")
    return folder


def tests(target, full):
    folder, results = build(target), {}
    interpreter = re.search(r"interpreter: (\S+)\]", call(["readelf", "-l", folder / "main"]).out)[1]
    # Found where the program lies; where the variable says; and by the loader as a program, which opens it itself.
    cases = {
        "lazy": ([folder / "main"], {"LD_LIBRARY_PATH": folder}),
        "now": ([folder / "main-now"], {"LD_LIBRARY_PATH": folder, "LD_BIND_NOW": "1"}),
        "preload": ([folder / "main"], {"LD_LIBRARY_PATH": folder, "LD_PRELOAD": folder / "before.so"}),
        "as-program": ([interpreter, "--library-path", folder, folder / "main"], {}),
    }
    for name, (command, variables) in cases.items():
        for mode in ("rewrite", "sud", "seccomp"):
            done = call(command, cwd=folder, env=target.env(DRAGOMAN_INTERCEPT=mode, **variables), seconds=120)
            target.keep(f"loader/{name}@{mode}", done.out + f"status {done.status}\n")
            results[f"{name}@{mode}"] = done.out if done.status == 0 else False
    listed = call([interpreter, "--list", folder / "main"], cwd=folder, env=target.env())
    found = all(f"{folder}/{name}" in listed.out for name in ("libhigh.so", "liblow.so"))
    results["list"] = listed.status == 0 and found
    absent = call([folder / "main"], cwd="/", env=target.env(LD_TRACE_LOADED_OBJECTS=1))
    results["traced"] = absent.status == 0 and "libhigh.so" in absent.out
    verify = call([interpreter, "--verify", folder / "main"])
    results["verify"] = str(verify.status)
    (folder / "liblow.so").rename(folder / "away.so")
    gone = call([folder / "main"], cwd=folder, env=target.env())
    results["missing"] = f"{gone.status} {gone.out.replace(str(folder), '')}"
    (folder / "away.so").rename(folder / "liblow.so")
    return results
