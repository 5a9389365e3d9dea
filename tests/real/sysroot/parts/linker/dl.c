/* dlopen(3), dlsym(3), dlinfo(3), dl_iterate_phdr(3), dladdr(3), and variables of threads in all four models. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <pthread.h>

#include "check.h"

#include <sys/mman.h>
#include <sys/param.h>

extern int *base_tls_address(void);
extern long base_hidden(long add);
extern int base_indirect(void), base_versioned(void), above_sum(void);
extern const char *base_name(void), *base_calls_name(void);
extern const char **base_relro_address(void);
extern __thread int base_tls;
static __thread int own_tls = 3;

static void *open_plugin(const char *name, int mode)
{
    void *h = dlopen(name, mode);
    if (h == NULL)
        check_fail(__FILE__, __LINE__, "%s", dlerror());
    return h;
}
#define CALL(handle, type, name) ((type(*)(void))dlfunc(handle, name))()

TEST(versions_and_indirect_functions)
{
    CHECK_EQ(base_versioned(), 2);
    CHECK_EQ(base_indirect(), 64);
    CHECK_EQ(((int (*)(void))dlvsym(RTLD_DEFAULT, "base_versioned", "V1"))(), 1);
    CHECK_EQ(((int (*)(void))dlvsym(RTLD_DEFAULT, "base_versioned", "V2"))(), 2);
    CHECK(dlvsym(RTLD_DEFAULT, "base_versioned", "V9") == NULL);
    CHECK_EQ(((int (*)(void))dlfunc(RTLD_DEFAULT, "base_indirect"))(), 64);
}

static void *with_tls(void *argument)
{
    CHECK_EQ(own_tls, 3);                   /* local exec, or initial exec in a position-independent program */
    CHECK_EQ(base_tls, 41);                 /* initial exec */
    CHECK(base_tls_address() == &base_tls); /* general dynamic */
    CHECK_EQ(base_hidden(0), 7);            /* local dynamic */
    own_tls = base_tls = (int)(long)argument;
    CHECK_EQ(base_hidden((long)argument), 7 + (long)argument);
    return argument;
}
TEST(thread_variables_in_all_models)
{
    pthread_t t[5];
    for (long i = 0; i < 5; i++)
        REQUIRE(pthread_create(&t[i], NULL, with_tls, (void *)(i + 100)) == 0);
    for (int i = 0; i < 5; i++)
        pthread_join(t[i], NULL);
    CHECK_EQ(own_tls, 3);
    CHECK_EQ(base_tls, 41);
}

static volatile int stage, arrived;
static void *before_and_after(void *argument)
{
    (void)argument;
    __atomic_fetch_add(&arrived, 1, __ATOMIC_SEQ_CST);
    check_await(&stage, 1);
    void *h = dlopen("./libplugin1.so", RTLD_NOLOAD | RTLD_NOW);
    CHECK(h != NULL);
    if (h == NULL)
        return NULL;
    int *tls = CALL(h, int *, "plugin_tls_address");
    char *room = CALL(h, char *, "plugin_room_address");
    CHECK_EQ(*tls, 1);
    CHECK_EQ((unsigned long)room % 64, 0);
    for (int i = 0; i < 5000; i++)
        if (room[i] != 0)
            CHECK_EQ(i, -1);
    memset(room, 1, 5000);
    ++*tls;
    dlclose(h);
    return tls;
}
/* Threads that were there before the library. */
TEST(thread_variables_of_a_library_opened_later)
{
    pthread_t t[4];
    void *seen[4];
    for (int i = 0; i < 4; i++)
        REQUIRE(pthread_create(&t[i], NULL, before_and_after, NULL) == 0);
    CHECK(check_await(&arrived, 4));
    void *h = open_plugin("./libplugin1.so", RTLD_NOW);
    REQUIRE(h != NULL);
    stage = 1;
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], &seen[i]);
    CHECK_EQ(*CALL(h, int *, "plugin_tls_address"), 1);
    CHECK_EQ(dlclose(h), 0);
    CHECK(dlopen("./libplugin1.so", RTLD_NOLOAD | RTLD_NOW) == NULL);
}

static void *tls_of(void *h)
{
    int *tls = CALL(h, int *, "plugin_tls_address");
    CHECK_EQ(*tls, 3);
    *tls = 30;
    return NULL;
}
#if __FreeBSD_version >= 1300000 /* before, such variables began as zeros (libexec/rtld-elf/rtld.c) */
/* Initial exec in a library that is opened: out of the static block's surplus. */
TEST(thread_variables_from_the_surplus)
{
    pthread_t t;
    void *h = open_plugin("./libplugin3.so", RTLD_NOW);
    REQUIRE(h != NULL);
    tls_of(h);
    REQUIRE(pthread_create(&t, NULL, tls_of, h) == 0);
    pthread_join(t, NULL);
    CHECK_EQ(*CALL(h, int *, "plugin_tls_address"), 30);
    CHECK(dlopen("./libplugin4.so", RTLD_NOW) == NULL); /* too much for it */
    CHECK(strstr(dlerror(), "No space available for static Thread Local Storage") != NULL);
}

#endif

TEST(open_and_close_many_times)
{
    for (int i = 0; i < 200; i++) {
        void *h = open_plugin(i % 2 ? "./libplugin1.so" : "./libplugin2.so", i % 3 ? RTLD_NOW : RTLD_LAZY);
        REQUIRE(h != NULL);
        CHECK_EQ(CALL(h, int, "plugin_number"), i % 2 ? 1 : 2);
        *CALL(h, int *, "plugin_tls_address") = i;
        CHECK_EQ(dlclose(h), 0);
    }
}

static char *volatile hole;
static void touch(void)
{
    *hole = 1;
}

/* Segments far apart (16 MB): what lies between is no one's to use. */
TEST(segments_with_holes)
{
    void *h = open_plugin("./libplugin2.so", RTLD_NOW);
    REQUIRE(h != NULL);
    long *data = CALL(h, long *, "plugin_data_address"), *bss = CALL(h, long *, "plugin_bss_address");
    CHECK_EQ(data[0], 2);
    data[999] = 5;
    for (int i = 0; i < 5000; i++)
        CHECK_EQ(bss[i], 0);
    bss[4999] = 1;
    Dl_info info;
    REQUIRE(dladdr(dlsym(h, "plugin_number"), &info) != 0);
    char *text = (char *)((unsigned long)dlsym(h, "plugin_number") & ~4095ul);
    CHECK((unsigned long)((char *)data - text) > 8 << 20);
    hole = text + (4 << 20);
    int status = check_child(touch);
    CHECK(WIFSIGNALED(status) && (WTERMSIG(status) == SIGSEGV || WTERMSIG(status) == SIGBUS));
    CHECK_EQ(dlclose(h), 0);
}

TEST(scopes)
{
    void *local = open_plugin("./libplugin1.so", RTLD_NOW | RTLD_LOCAL);
    CHECK(dlsym(RTLD_DEFAULT, "plugin_number") == NULL);
    CHECK(dlerror() != NULL && dlerror() == NULL);
    void *global = open_plugin("./libplugin2.so", RTLD_NOW | RTLD_GLOBAL);
    REQUIRE(local != NULL && global != NULL);
    CHECK_EQ(CALL(RTLD_DEFAULT, int, "plugin_number"), 2);
    CHECK_EQ(CALL(local, int, "plugin_number"), 1);
    CHECK(dlopen("./libplugin1.so", RTLD_NOW) == local);
    CHECK(dlopen("./no-such.so", RTLD_NOW) == NULL);
    CHECK(strstr(dlerror(), "no-such.so") != NULL);
    CHECK(dlopen(NULL, RTLD_NOW) != NULL);
    CHECK(dlsym(RTLD_SELF, "main") != NULL);
}

TEST(by_descriptor)
{
    int fd = open("libplugin1.so", O_RDONLY);
    void *h = fdlopen(fd, RTLD_NOW);
    REQUIRE(h != NULL);
    close(fd);
    CHECK_EQ(CALL(h, int, "plugin_number"), 1);
    CHECK_EQ(dlclose(h), 0);
    CHECK(fdlopen(999, RTLD_NOW) == NULL);
}

TEST(addresses_and_origins)
{
    Dl_info info;
    char origin[1024] = "";
    struct link_map *map = NULL;
    REQUIRE(dladdr((void *)(unsigned long)dlfunc(RTLD_DEFAULT, "base_name"), &info) != 0);
    CHECK_STR(info.dli_sname, "base_name");
    CHECK(strstr(info.dli_fname, "libbase.so") != NULL);
    CHECK(memcmp(info.dli_fbase, "\177ELF", 4) == 0);
    void *h = open_plugin("./libplugin1.so", RTLD_NOW);
    REQUIRE(h != NULL);
    CHECK_EQ(dlinfo(h, RTLD_DI_LINKMAP, &map), 0);
    CHECK(map != NULL && strstr(map->l_name, "libplugin1.so") != NULL);
    CHECK_EQ(dlinfo(h, RTLD_DI_ORIGIN, origin), 0);
    CHECK_STR(origin, ".");
    Dl_serinfo size;
    CHECK_EQ(dlinfo(RTLD_SELF, RTLD_DI_SERINFOSIZE, &size), 0);
    Dl_serinfo *list = malloc(size.dls_size);
    CHECK_EQ(dlinfo(RTLD_SELF, RTLD_DI_SERINFOSIZE, list), 0);
    CHECK_EQ(dlinfo(RTLD_SELF, RTLD_DI_SERINFO, list), 0);
    CHECK(list->dls_cnt > 0);
}

struct seen {
    int count, base, above, program, linker, tls;
};
static int each(struct dl_phdr_info *info, size_t size, void *argument)
{
    struct seen *s = argument;
    CHECK(size >= sizeof *info);
    s->count++;
    s->base += strstr(info->dlpi_name, "libbase.so") != NULL;
    s->above += strstr(info->dlpi_name, "libabove.so") != NULL;
    s->linker += strstr(info->dlpi_name, "ld-elf.so.1") != NULL;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const Elf_Phdr *p = &info->dlpi_phdr[i];
        unsigned long at = (unsigned long)info->dlpi_addr + p->p_vaddr;
        if (p->p_type == PT_LOAD && at <= (unsigned long)each && (unsigned long)each < at + p->p_memsz)
            s->program++;
        if (p->p_type == PT_TLS && strstr(info->dlpi_name, "libbase.so") != NULL) {
            s->tls++;
            CHECK(info->dlpi_tls_modid > 0);
            CHECK(info->dlpi_tls_data != NULL);
        }
    }
    return 0;
}
TEST(program_headers_of_all)
{
    struct seen s = {0};
    CHECK_EQ(dl_iterate_phdr(each, &s), 0);
    CHECK(s.count >= 5);
    CHECK_EQ(s.base, 1);
    CHECK_EQ(s.above, 1);
    CHECK_EQ(s.program, 1);
    CHECK_EQ(s.linker, __FreeBSD_version >= 1200000);
    CHECK_EQ(s.tls, 1);
}

static void write_relro(void)
{
    *(const char *volatile *)base_relro_address() = "changed";
}
TEST(relocated_constants_are_protected)
{
    CHECK_STR(base_relro_address()[0], "relocated");
    int status = check_child(write_relro);
    CHECK(WIFSIGNALED(status) && (WTERMSIG(status) == SIGSEGV || WTERMSIG(status) == SIGBUS));
}

/* Relocations in the text, which is written to for them. */
TEST(text_relocations)
{
    void *h = open_plugin("./libtext.so", RTLD_NOW);
    REQUIRE(h != NULL);
    CHECK_EQ(CALL(h, int, "text_value"), 77);
    CHECK_EQ(dlclose(h), 0);
}

/* A library that wants executable stacks. */
TEST(executable_stack)
{
    void *h = open_plugin("./libstack.so", RTLD_NOW);
    REQUIRE(h != NULL);
    unsigned char code[] = {0xb8, 0x2a, 0, 0, 0, 0xc3}; /* mov $42, %eax; ret */
    unsigned char *volatile on_stack = code;
    CHECK_EQ(((int (*)(void))(unsigned long)on_stack)(), 42);
}

TEST(threads_open_and_close)
{
    pthread_t t[4];
    extern void *opener(void *);
    if (__FreeBSD_version < 1100000)
        SKIP("this linker lets its lock go while it ends an object, and aborts if that is opened anew meanwhile: "
             "unload_object() in libexec/rtld-elf/rtld.c");
    for (int i = 0; i < 4; i++)
        REQUIRE(pthread_create(&t[i], NULL, opener, NULL) == 0);
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], NULL);
}
void *opener(void *argument)
{
    for (int i = 0; i < 100; i++) {
        void *h = open_plugin("./libplugin1.so", RTLD_NOW);
        if (h == NULL)
            break;
        *CALL(h, int *, "plugin_tls_address") += 1;
        dlclose(h);
    }
    return argument;
}

/* A child between the two halves of what another thread does in the linker. */
TEST(fork_while_opening)
{
    pthread_t t;
    REQUIRE(pthread_create(&t, NULL, opener, NULL) == 0);
    for (int i = 0; i < 20; i++) {
        pid_t pid = fork();
        int status = -1;
        if (pid == 0) {
            void *h = dlopen("./libplugin2.so", RTLD_NOW);
            _exit(h == NULL || CALL(h, int, "plugin_number") != 2);
        }
        waitpid(pid, &status, 0);
        CHECK_EQ(status, 0);
    }
    pthread_join(t, NULL);
}

TEST(names)
{
    CHECK_STR(base_calls_name(), getenv("LD_PRELOAD") != NULL ? "instead of base" : "base");
    CHECK_EQ(above_sum(), 43);
}
