/* What unpacking rests on: paths, metadata, JSON, digests, writing a tree. */
#include "instance/json.h"
#include "instance/metadata.h"
#include "instance/remove.h"
#include "instance/sha256.h"
#include "instance/unpack/fence.h"
#include "instance/unpack/path.h"
#include "instance/unpack/say.h"
#include "instance/unpack/tree.h"
#include "vfs/metadata_names.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a terminal would obey is not shown. */
START_TEST(names_are_shown_plainly)
{
    static const char *const rows[][2] = {
        {"plain", "plain"},
        {"\x1b[31m", "?[31m"},
        {"\x7f\n\x01", "???"},
        {"\xc2\x9b"
         "31m",
         "?31m"},
        {"\x9b"
         "31m",
         "?31m"},
        {"\xc3\xa9\xe2\x82\xac", "\xc3\xa9\xe2\x82\xac"},
        {"\xe9", "\xe9"},
        {"\xc2", "\xc2"},
        {"\xe2\x9b\x94 \x84", "\xe2\x9b\x94 ?"},
    };
    char text[300];

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        ck_assert_str_eq(shown(rows[i][0]), rows[i][1]);
    memset(text, 'a', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    ck_assert_uint_eq(strlen(shown(text)), 203);
}
END_TEST

START_TEST(paths_become_plain)
{
    static const char *const rows[][2] = {
        {"a", "a"}, {"./a", "a"}, {"a/", "a"},    {"a//b/./c", "a/b/c"},
        {"./", ""}, {".", ""},    {"...", "..."}, {"..a/b..", "..a/b.."},
    };
    static const char *const refused[] = {"", "/a", "..", "a/..", "../a", "a/../b", "./..", "a\nb", "a/\x7f"};
    char out[PATH_ROOM];
    char text[2 * PATH_ROOM];

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ck_assert_msg(path_clean(rows[i][0], 0, out) == NULL, "%s", rows[i][0]);
        ck_assert_str_eq(out, rows[i][1]);
    }
    for (unsigned i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        ck_assert_msg(path_clean(refused[i], 0, out) != NULL, "%s", refused[i]);
    ck_assert_ptr_null(path_clean("/bin/sh", PATH_ROOTED, out));
    ck_assert_str_eq(out, "bin/sh");
    ck_assert_ptr_nonnull(path_clean("/../bin/sh", PATH_ROOTED, out));
    memset(text, 'a', sizeof(text));
    text[PATH_NAME_MAX] = '\0';
    ck_assert_ptr_null(path_clean(text, 0, out));
    text[PATH_NAME_MAX] = 'a';
    text[PATH_NAME_MAX + 1] = '\0';
    ck_assert_ptr_nonnull(path_clean(text, 0, out));
    for (size_t i = 0; i + 1 < sizeof(text); i++)
        text[i] = i % 200 == 199 ? '/' : 'a';
    text[PATH_ROOM - 2] = '\0';
    ck_assert_ptr_null(path_clean(text, 0, out));
    text[PATH_ROOM - 2] = 'a';
    text[PATH_ROOM + 1] = '\0';
    ck_assert_ptr_nonnull(path_clean(text, 0, out));
    for (size_t i = 0; i < 2 * PATH_DEPTH_MAX + 2; i++)
        text[i] = i % 2 != 0 ? '/' : 'a';
    text[2 * PATH_DEPTH_MAX - 1] = '\0';
    ck_assert_ptr_null(path_clean(text, 0, out));
    text[2 * PATH_DEPTH_MAX - 1] = '/';
    text[2 * PATH_DEPTH_MAX + 1] = '\0';
    ck_assert_ptr_nonnull(path_clean(text, 0, out));
}
END_TEST

START_TEST(links_that_climb_are_told)
{
    static const char *const climbing[][2] = {{"a", ".."},        {"a/b", "../.."},      {"a/b", "../x/../.."},
                                              {"a/b", "../../a"}, {"a/b/c", "../../.."}, {"a", "b/../.."}};
    static const char *const staying[][2] = {{"a", "b"},         {"a/b", ".."}, {"a/b", "../x"},
                                             {"a/b/c", "../.."}, {"a", "/x"},   {"usr/lib/x", "../../lib/x"},
                                             {"a", "./b/.."}};
    char out[64];

    for (unsigned i = 0; i < sizeof(climbing) / sizeof(climbing[0]); i++)
        ck_assert_msg(path_link_climbs(climbing[i][0], climbing[i][1]), "%s", climbing[i][1]);
    for (unsigned i = 0; i < sizeof(staying) / sizeof(staying[0]); i++)
        ck_assert_msg(!path_link_climbs(staying[i][0], staying[i][1]), "%s", staying[i][1]);
    ck_assert(path_make_relative("usr/lib/libx.so", "/lib/libx.so.1", out, sizeof(out)));
    ck_assert_str_eq(out, "../../lib/libx.so.1");
    ck_assert(path_make_relative("x", "/", out, sizeof(out)));
    ck_assert_str_eq(out, ".");
    ck_assert(!path_make_relative("usr/lib/libx.so", "/lib/libx.so.1", out, 19));
}
END_TEST

static void expect_owner(const char *list, size_t size, const char *name, unsigned uid, unsigned gid)
{
    struct metadata m;
    metadata_names_find(list, size, name, &m);
    ck_assert_msg(m.uid == uid && m.gid == gid, "%s: %u:%u in %.*s", name, m.uid, m.gid, (int)size, list);
}

START_TEST(names_are_told_of)
{
    char list[METADATA_NAMES_MAX];
    const struct metadata five = {.uid = 5, .gid = 6}, seven = {.uid = 7}, roots = {0};
    size_t size = metadata_names_set(list, 0, "a", &five);
    size = metadata_names_set(list, size, "b", &five);
    size = metadata_names_set(list, size, "c", &seven);
    ck_assert_mem_eq(list, "v=1 uid=5 gid=6/b/a//v=1 uid=7 gid=0/c//", size);
    ck_assert_uint_eq(metadata_names_set(list, size, "d", &roots), size); /* as nobody says anything else */
    expect_owner(list, size, "a", 5, 6);
    expect_owner(list, size, "c", 7, 0);
    expect_owner(list, size, "ab", 0, 0);
    size = metadata_names_set(list, size, "b", &seven);
    expect_owner(list, size, "b", 7, 0);
    size = metadata_names_set(list, size, ".", &five);
    size = metadata_names_set(list, size, "a", &five); /* as all others */
    size = metadata_names_set(list, size, "r", &roots);
    expect_owner(list, size, "a", 5, 6);
    expect_owner(list, size, "r", 0, 0);
    size = metadata_names_set(list, size, "c", NULL);
    expect_owner(list, size, "c", 5, 6);
    for (const char *name = "b\0.\0r\0"; *name != '\0'; name += strlen(name) + 1) {
        size = metadata_names_set(list, size, name, NULL);
    }
    ck_assert_uint_eq(size, 0);
}
END_TEST

START_TEST(names_have_an_end)
{
    char list[METADATA_NAMES_MAX], name[64];
    size_t size = 0, now = 0;
    for (unsigned i = 0; now != SIZE_MAX; i++) {
        const struct metadata m = {.uid = i + 1};
        snprintf(name, sizeof name, "name-%u", i);
        now = metadata_names_set(list, size, name, &m);
        size = now != SIZE_MAX ? now : size;
        ck_assert_uint_le(size, sizeof list);
        ck_assert_uint_lt(i, 1000);
    }
    expect_owner(list, size, "name-0", 1, 0);
    expect_owner(list, size, "name-200", 201, 0);
}
END_TEST

/* Whatever stands there, nothing outside is touched, and the name is what it was said to be. */
START_TEST(names_in_rubbish)
{
    static const char letters[] = "/v=1 uid5a.b\0";
    const struct metadata five = {.uid = 5};
    unsigned seed = 1;
    for (unsigned round = 0; round < 20000; round++) {
        char list[METADATA_NAMES_MAX];
        size_t size = round % 60;
        for (size_t i = 0; i < size; i++) {
            seed = seed * 1103515245 + 12345;
            list[i] = letters[(seed >> 16) % (sizeof letters - 1)];
        }
        size = metadata_names_set(list, size, "b", &five);
        ck_assert_uint_lt(size, 200);
        expect_owner(list, size, "b", 5, 0);
        size = metadata_names_set(list, size, "b", NULL);
        ck_assert_uint_lt(size, 200);
    }
}
END_TEST

START_TEST(metadata_goes_there_and_back)
{
    static const char *const values[] = {
        "v=1 uid=0 gid=4 mode=2555",
        "v=1 type=char dev=4294967295:0 uid=4294967295 gid=1 mode=600 flags=schg,sunlnk",
        "v=1 type=socket mode=0",
        "v=1",
    };
    static const char *const wrong[] = {"",
                                        "v=2",
                                        "v=1 uid=-1",
                                        "v=1 uid=4294967296",
                                        "v=1 mode=8",
                                        "v=1 mode=10000",
                                        "v=1 type=file",
                                        "v=1 dev=1",
                                        "v=1 flags=a,,b",
                                        "v=1 uid=",
                                        "v=1 mode=7 7 uid=x"};
    char text[METADATA_TEXT_MAX];
    struct metadata m;

    for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        ck_assert_msg(metadata_parse(values[i], strlen(values[i]), &m), "%s", values[i]);
        text[metadata_format(&m, text)] = '\0';
        ck_assert_str_eq(text, values[i]);
        ck_assert(metadata_matters(&m) == (strcmp(values[i], "v=1") != 0));
    }
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        ck_assert_msg(!metadata_parse(wrong[i], strlen(wrong[i]), &m), "%s", wrong[i]);
        ck_assert(!metadata_matters(&m));
    }
    ck_assert(metadata_parse("v=1 later=x gid=3", 17, &m)); /* of a later version */
    ck_assert_uint_eq(m.gid, 3);
    ck_assert(!metadata_parse("v=1\0", 4, &m));
    ck_assert(metadata_take_flags("uarch,schg", text) && strcmp(text, "schg") == 0);
    ck_assert(metadata_take_flags("uarch", text) && text[0] == '\0');
    ck_assert(!metadata_take_flags("schg uid=0", text));
}
END_TEST

/* The longest value there can be fits. */
START_TEST(metadata_has_room)
{
    struct metadata m = {.type = METADATA_SOCKET,
                         .major = UINT32_MAX,
                         .minor = UINT32_MAX,
                         .uid = UINT32_MAX,
                         .gid = UINT32_MAX,
                         .has_mode = true,
                         .mode = 07777};
    char text[METADATA_TEXT_MAX];

    m.type = METADATA_BLOCK;
    memset(m.flags, 'a', sizeof(m.flags) - 1);
    ck_assert_uint_lt(metadata_format(&m, text), METADATA_TEXT_MAX - 1);
}
END_TEST

START_TEST(json_is_read)
{
    static const char text[] =
        " {\"a\": [1, -2.5e3, true, null, \"x\\n\\u00e9\\ud83d\\ude00\\/\"], \"b\": {}, \"c\": \"\"} ";
    struct json_value *v = json_parse(text, strlen(text));
    const struct json_value *a = json_member(v, "a");

    ck_assert_ptr_nonnull(a);
    ck_assert_int_eq(a->type, JSON_ARRAY);
    ck_assert_str_eq(a->first->text, "1");
    ck_assert_str_eq(a->first->next->next->next->next->text, "x\n\xc3\xa9\xf0\x9f\x98\x80/");
    ck_assert_int_eq(json_member(v, "b")->type, JSON_OBJECT);
    ck_assert_str_eq(json_text(v, "c"), "");
    ck_assert_ptr_null(json_text(v, "b"));
    ck_assert_ptr_null(json_member(v, "d"));
    ck_assert_ptr_null(json_member(NULL, "d"));
    json_free(v);
}
END_TEST

START_TEST(json_that_is_none_is_refused)
{
    static const char *const wrong[] = {"",    "{",     "}",        "[1,]",        "{\"a\"}",   "{\"a\":}",
                                        "\"",  "\"\\",  "\"\\u12",  "\"\\ud800\"", "\"\\x\"",   "[1] 2",
                                        "nul", "{1:2}", "\"a\nb\"", "[1 2]",       "{\"a\":1,}"};
    char deep[200];
    struct json_value *v;

    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        ck_assert_msg(json_parse(wrong[i], strlen(wrong[i])) == NULL, "%s", wrong[i]);
    memset(deep, '[', sizeof(deep));
    ck_assert_ptr_null(json_parse(deep, sizeof(deep)));
    memset(deep, '[', 30);
    memset(deep + 30, ']', 30);
    v = json_parse(deep, 60);
    ck_assert_ptr_nonnull(v);
    json_free(v);
}
END_TEST

/* FIPS 180-4's own examples, and the lengths at which the padding changes. */
START_TEST(digests_are_sha256)
{
    static const struct {
        const char *text;
        const char *hex;
    } rows[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    static const struct {
        size_t size;
        const char *hex;
    } lengths[] = {
        {55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"},
        {56, "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a"},
        {64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"},
    };
    char hex[SHA256_HEX];
    struct sha256 s;

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sha256_start(&s);
        for (const char *at = rows[i].text; *at != '\0'; at++)
            sha256_add(&s, at, 1);
        sha256_end(&s, hex);
        ck_assert_str_eq(hex, rows[i].hex);
    }
    for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        char text[64];

        memset(text, 'a', sizeof(text));
        sha256_start(&s);
        sha256_add(&s, text, lengths[i].size);
        sha256_end(&s, hex);
        ck_assert_str_eq(hex, lengths[i].hex);
    }
}
END_TEST

/* A file's data in two chunks with a hole between and one behind. */
static int give_data(struct member_source *source, struct chunk *out)
{
    static int given;

    (void)source;
    if (given == 2) {
        given = 0;
        return 0;
    }
    *out = (struct chunk){.data = given == 0 ? "one" : "two", .size = 3, .offset = given == 0 ? 0 : 70000};
    given++;
    return 1;
}

START_TEST(a_tree_is_written_inside_its_root)
{
    struct member_source source = {.data = give_data};
    struct member file = {.type = MEMBER_FILE, .path = "a/b/file", .mode = 0444, .size = 100000, .flags = ""};
    struct member link = {.type = MEMBER_SYMLINK, .path = "a/door", .target = "/", .flags = ""};
    struct member through = {
        .type = MEMBER_FILE, .path = "a/door/tmp/dragoman-through", .mode = 0644, .size = -1, .flags = ""};
    char folder[] = "/tmp/test_instance.XXXXXX";
    char path[128];
    char byte[3];
    struct tree tree;
    struct stat st;
    int fd;

    ck_assert_ptr_nonnull(mkdtemp(folder));
    tree_start(&tree, open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), 1000);
    ck_assert_int_eq(tree_add(&tree, &file, &source), 0);
    snprintf(path, sizeof(path), "%s/a/b/file", folder);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    ck_assert_int_eq(fstat(fd, &st), 0);
    ck_assert_int_eq(st.st_size, 100000);
    ck_assert_uint_eq(st.st_mode & 07777, 0444);
    ck_assert_int_eq(pread(fd, byte, 3, 70000), 3);
    ck_assert(memcmp(byte, "two", 3) == 0);
    close(fd);
    ck_assert_int_eq(tree_add(&tree, &link, &source), 0);
    ck_assert_ptr_null(complaint());
    ck_assert_int_eq(tree_add(&tree, &through, &source), -1);
    ck_assert_ptr_nonnull(strstr(complaint(), "a link does"));
    ck_assert_int_ne(access("/tmp/dragoman-through", F_OK), 0);
    /* the limit on bytes, and removing what may not be written */
    tree.bytes_max = tree.bytes + 5;
    ck_assert_int_eq(tree_add(&tree, &file, &source), -1);
    snprintf(path, sizeof(path), "%s/a", folder);
    chmod(path, 0500);
    ck_assert_int_eq(tree_remove(&tree, "a"), 0);
    ck_assert_int_ne(access(path, F_OK), 0);
    tree_finish(&tree);
    close(tree.root);
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

/* In a process of its own, which ends with what it found; 77: the host has no such fence. */
static int try_fence(const char *folder)
{
    char path[128];
    int tree, stage;

    if (chdir(folder) != 0 || mkdir("tree", 0755) != 0 || mkdir("tree/a", 0755) != 0 || mkdir("stage", 0755) != 0)
        return 1;
    tree = open("tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    stage = open("stage", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (!fence_raise(tree, stage))
        return 77;
    if (open("tree/f", O_WRONLY | O_CREAT | O_CLOEXEC, 0644) < 0 ||
        open("stage/f", O_WRONLY | O_CREAT | O_CLOEXEC, 0644) < 0)
        return 2;
    if (link("tree/f", "tree/a/f") != 0 || truncate("tree/f", 1) != 0 || mkfifo("tree/p", 0600) != 0)
        return 3;
    snprintf(path, sizeof(path), "%s/outside", folder);
    if (open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644) >= 0 || errno != EACCES || mkdir(path, 0700) == 0 ||
        symlink("/", path) == 0 || unlink("kept") == 0 || open("kept", O_WRONLY | O_CLOEXEC) >= 0)
        return 4;
    if (open("kept", O_RDONLY | O_CLOEXEC) < 0)
        return 5;
    return 0;
}

START_TEST(a_fence_stands_around_both_directories)
{
    char folder[] = "/tmp/test_instance.XXXXXX";
    char command[64];
    int status;
    pid_t pid;

    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(command, sizeof(command), "echo >%s/kept", folder);
    ck_assert_int_eq(system(command), 0); /* NOLINT(cert-env33-c) */
    pid = fork();
    if (pid == 0)
        _exit(try_fence(folder));
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status));
    ck_assert_msg(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 77, "step %d", WEXITSTATUS(status));
    ck_assert_int_eq(remove_tree(AT_FDCWD, folder), 0);
    ck_assert_int_ne(access(folder, F_OK), 0);
}
END_TEST

/* Deeper than a descriptor to each level allows, closed to its owner, and with a name in the way of what is moved up. */
START_TEST(a_deep_tree_is_removed)
{
    enum { DEPTH = 700 };
    char folder[] = "/tmp/test_instance.XXXXXX";
    int fd, next;

    ck_assert_ptr_nonnull(mkdtemp(folder));
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(mkdirat(fd, ".dragoman.deep.0", 0700), 0);
    for (int i = 0; i < DEPTH; i++) {
        ck_assert_int_eq(mkdirat(fd, "d", 0700), 0);
        next = openat(fd, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        ck_assert_int_ge(next, 0);
        ck_assert_int_eq(fchmod(fd, i % 7 == 0 ? 0 : 0700), 0);
        close(fd);
        fd = next;
    }
    close(openat(fd, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    close(fd);
    ck_assert_int_eq(remove_tree(AT_FDCWD, folder), 0);
    ck_assert_int_ne(access(folder, F_OK), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("instance");
    TCase *tc = tcase_create("unpacking");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tc, names_are_shown_plainly);
    tcase_add_test(tc, paths_become_plain);
    tcase_add_test(tc, links_that_climb_are_told);
    tcase_add_test(tc, metadata_goes_there_and_back);
    tcase_add_test(tc, names_are_told_of);
    tcase_add_test(tc, names_have_an_end);
    tcase_add_test(tc, names_in_rubbish);
    tcase_add_test(tc, metadata_has_room);
    tcase_add_test(tc, json_is_read);
    tcase_add_test(tc, json_that_is_none_is_refused);
    tcase_add_test(tc, digests_are_sha256);
    tcase_add_test(tc, a_fence_stands_around_both_directories);
    tcase_add_test(tc, a_tree_is_written_inside_its_root);
    tcase_add_test(tc, a_deep_tree_is_removed);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
