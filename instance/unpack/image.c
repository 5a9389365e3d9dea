/*
 * Container images: which layers, and applying them. Two forms, which one archive may have at once:
 *
 *   OCI           index.json names manifests by digest, a manifest its layers; blobs/sha256/DIGEST holds each
 *                 (github.com/opencontainers/image-spec: image-layout.md, manifest.md, layer.md)
 *   docker-save   manifest.json names the files of the layers themselves
 *
 * A file .wh.NAME in a layer removes what lower layers have as NAME; .wh..wh..opq all that they have beside it.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "instance/json.h"
#include "instance/sha256.h"
#include "instance/unpack/job.h"
#include "instance/unpack/say.h"

enum { DOCUMENT_MAX = 4 << 20, INDEXES_MAX = 4, BLOCK = 64 * 1024, PLATFORM_MAX = 64 };

static const char whiteout[] = ".wh.";
static const char opaque[] = ".wh..wh..opq";

struct image {
    struct job *job;
    int fd; /* the directory with its files */
    const char *name;
};

static int fail_image(const struct image *image, const char *path, const char *why)
{
    return complain("%s: %s in it: %s", shown(image->name), shown(path), why);
}

/* Opens a file of the image. docker-save makes a layer that it has already a link to the other: ../HEX/layer.tar. */
static int open_part(const struct image *image, const char *path)
{
    char clean[PATH_ROOM];
    char target[PATH_MAX];
    if (path_clean(path, 0, clean) != NULL) {
        return fail_image(image, path, "no path inside an image");
    }
    int fd = tree_open_file(image->fd, clean);
    if (fd == -ELOOP) {
        ssize_t n = readlinkat(image->fd, clean, target, sizeof target - 1);
        target[n > 0 ? n : 0] = '\0';
        const char *slash = strrchr(clean, '/');
        if (strncmp(target, "../", 3) == 0 && slash != NULL && strchr(clean, '/') == slash &&
            path_clean(target + 3, 0, clean) == NULL) {
            fd = tree_open_file(image->fd, clean);
        }
    }
    struct stat st;
    if (fd < 0) {
        return fail_image(image, path, strerror(-fd));
    }
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return fail_image(image, path, "no file");
    }
    return fd;
}

/* Is what `fd` holds what the digest says? Its offset is as before. */
static int check_digest(const struct image *image, int fd, const char *digest)
{
    static char block[BLOCK];
    struct sha256 sum;
    char hex[SHA256_HEX];
    off_t at = 0;
    ssize_t n;
    sha256_start(&sum);
    while ((n = pread(fd, block, sizeof block, at)) > 0) {
        sha256_add(&sum, block, (size_t)n);
        at += n;
    }
    sha256_end(&sum, hex);
    return n == 0 && strcmp(hex, digest) == 0 ? 0 : fail_image(image, digest, "damaged: it has another digest");
}

/* Opens and verifies a blob by its digest, "sha256:HEX". */
static int open_blob(const struct image *image, const char *digest)
{
    static const char algorithm[] = "sha256:";
    char path[128];
    const char *hex =
        digest != NULL && strncmp(digest, algorithm, strlen(algorithm)) == 0 ? digest + strlen(algorithm) : "";
    if (strlen(hex) != SHA256_HEX - 1 || strspn(hex, "0123456789abcdef") != SHA256_HEX - 1) {
        return fail_image(image, digest != NULL ? digest : "a part", "no digest that is known (sha256)");
    }
    snprintf(path, sizeof path, "blobs/sha256/%s", hex);
    int fd = open_part(image, path);
    if (fd >= 0 && check_digest(image, fd, hex) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Reads a document. Takes the descriptor, which may be -1. NULL after complaining. */
static struct json_value *read_document(const struct image *image, int fd, const char *name)
{
    char *text = fd >= 0 ? malloc(DOCUMENT_MAX) : NULL;
    size_t used = 0;
    ssize_t n = 1;
    while (text != NULL && used < DOCUMENT_MAX && (n = read(fd, text + used, DOCUMENT_MAX - used)) > 0) {
        used += (size_t)n;
    }
    struct json_value *value = text != NULL && n == 0 ? json_parse(text, used) : NULL;
    if (fd >= 0) {
        close(fd);
    }
    free(text);
    if (value == NULL && fd >= 0) {
        fail_image(image, name, "cannot be understood");
    }
    return value;
}

/* Splits off the last name of a clean path: `directory` receives what is before it. Returns the name. */
static const char *split(const char *path, char directory[PATH_ROOM])
{
    const char *slash = strrchr(path, '/');
    size_t length = slash != NULL ? (size_t)(slash - path) : 0;
    memcpy(directory, path, length);
    directory[length] = '\0';
    return slash != NULL ? slash + 1 : path;
}

/* What a layer removes of the layers below. Other members are nothing to it. */
static int apply_whiteout(struct tree *tree, const struct member *member)
{
    char path[PATH_ROOM];
    char directory[PATH_ROOM];
    const char *fault = path_clean(member->path, tree->names, path);
    if (fault != NULL) {
        return complain("%s: %s", shown(member->path), fault);
    }
    const char *name = split(path, directory);
    if (strcmp(name, opaque) == 0) {
        return tree_empty(tree, directory);
    }
    if (strncmp(name, whiteout, strlen(whiteout)) != 0) {
        return 0;
    }
    char hidden[PATH_ROOM];
    const char *what = name + strlen(whiteout);
    if (what[0] == '\0' || strcmp(what, ".") == 0 || strcmp(what, "..") == 0) {
        return complain("%s: removes nothing that could be", shown(member->path));
    }
    snprintf(hidden, sizeof hidden, "%s%s%s", directory, directory[0] != '\0' ? "/" : "", what);
    return tree_remove(tree, hidden);
}

static bool is_whiteout(const char *path)
{
    const char *slash = strrchr(path, '/');
    return strncmp(slash != NULL ? slash + 1 : path, whiteout, strlen(whiteout)) == 0;
}

/* One of the two passes over a layer: removing first, so that what the layer brings stays. */
static int pass(const struct image *image, int fd, const char *name, bool removing)
{
    struct archive_source a;
    struct member member;
    struct tree *tree = &image->job->tree;
    if (lseek(fd, 0, SEEK_SET) != 0 || archive_start(&a, fd, name) != 0) {
        return complain("%s: %s", shown(name), strerror(errno));
    }
    int r;
    while ((r = a.source.next(&a.source, &member)) > 0) {
        int done = removing                   ? apply_whiteout(tree, &member)
                   : is_whiteout(member.path) ? 0
                                              : tree_add(tree, &member, &a.source);
        if (done != 0) {
            r = -1;
            break;
        }
        job_progress(image->job, &a);
    }
    archive_end(&a);
    return r;
}

/* Takes the descriptor, which may be -1. */
static int apply_layer(const struct image *image, int fd, const char *name, bool lowest)
{
    if (fd < 0) {
        return -1;
    }
    image->job->tree.layered = true;
    int r = lowest ? 0 : pass(image, fd, name, true);
    r = r == 0 ? pass(image, fd, name, false) : r;
    close(fd);
    return r;
}

/* The descriptor, which is taken, may be -1. */
static int configure(const struct image *image, int fd)
{
    struct json_value *document = read_document(image, fd, "its configuration");
    int r = document != NULL ? image_configure(image->job, document) : -1;
    json_free(document);
    return r;
}

static int apply_manifest(const struct image *image, const struct json_value *manifest)
{
    const struct json_value *layers = json_member(manifest, "layers");
    if (layers == NULL || layers->type != JSON_ARRAY || layers->first == NULL) {
        return fail_image(image, "the manifest", "names no layers");
    }
    int r = 0;
    for (const struct json_value *layer = layers->first; layer != NULL && r == 0; layer = layer->next) {
        const char *digest = json_text(layer, "digest");
        r = apply_layer(image, open_blob(image, digest), image->name, layer == layers->first);
    }
    const char *config = json_text(json_member(manifest, "config"), "digest");
    return r == 0 && config != NULL ? configure(image, open_blob(image, config)) : r;
}

/* What an image is for, "linux/amd64"; "" where its index does not say, or says that it is for none (attestations). */
static const char *platform_of(const struct json_value *manifest, char *out, size_t room)
{
    const struct json_value *platform = json_member(manifest, "platform");
    const char *os = json_text(platform, "os");
    const char *machine = json_text(platform, "architecture");

    out[0] = '\0';
    if (os != NULL && machine != NULL) {
        snprintf(out, room, "%s/%s", os, machine);
    }
    return out;
}

static const struct json_value *find_platform(const struct json_value *manifests, const char *wanted)
{
    char its[PLATFORM_MAX];
    for (const struct json_value *m = manifests; m != NULL; m = m->next) {
        if (strcmp(platform_of(m, its, sizeof its), wanted) == 0) {
            return m;
        }
    }
    return NULL;
}

/* The only one that is for anything, or does not say. */
static const struct json_value *find_only(const struct json_value *manifests)
{
    const struct json_value *only = NULL;
    char its[PLATFORM_MAX];
    for (const struct json_value *m = manifests; m != NULL; m = m->next) {
        if (strcmp(platform_of(m, its, sizeof its), "unknown/unknown") == 0) {
            continue;
        }
        if (only != NULL) {
            return NULL;
        }
        only = m;
    }
    return only;
}

/*
 * The image of an index: the one that was asked for, else the first of those that run here, else the only one, whatever it is
 * for. One that does not say what it is for (an index in an index) serves every wish.
 */
static const struct json_value *choose(const struct image *image, const struct json_value *manifests)
{
    static const char *const usual[] = {"freebsd/amd64", "linux/amd64", "linux/386"};
    const char *wanted = image->job->platform;
    const struct json_value *first = manifests != NULL && manifests->type == JSON_ARRAY ? manifests->first : NULL;
    const struct json_value *only = find_only(first);
    char its[PLATFORM_MAX];

    if (wanted != NULL) {
        const struct json_value *found = find_platform(first, wanted);
        bool any = only != NULL && platform_of(only, its, sizeof its)[0] == '\0';
        return found == NULL && any ? only : found;
    }
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        const struct json_value *found = find_platform(first, usual[i]);
        if (found != NULL) {
            return found;
        }
    }
    return only;
}

/* None: says which there are. */
static int fail_choice(const struct image *image, const struct json_value *manifests)
{
    const char *wanted = image->job->platform;
    const struct json_value *first = manifests != NULL && manifests->type == JSON_ARRAY ? manifests->first : NULL;
    char list[PLATFORM_MAX * 4] = "", its[PLATFORM_MAX], text[sizeof list + 2 * PLATFORM_MAX];
    size_t used = 0;

    for (const struct json_value *m = first; m != NULL && used < sizeof list - 1; m = m->next) {
        if (platform_of(m, its, sizeof its)[0] != '\0') {
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", used == 0 ? "" : ", ", its);
        }
    }
    snprintf(text, sizeof text, "none of its images is for %s (it has: %s%s)",
             wanted != NULL ? wanted : "freebsd/amd64, linux/amd64 or linux/386", shown(used == 0 ? "nothing" : list),
             wanted != NULL ? "" : "; --platform OS/MACHINE takes another");
    return fail_image(image, "index.json", text);
}

/* From an index, by way of further ones, to the layers. Frees `document`. */
static int apply_index(const struct image *image, struct json_value *document)
{
    for (int i = 0; document != NULL && i < INDEXES_MAX; i++) {
        if (json_member(document, "layers") != NULL) {
            int r = apply_manifest(image, document);
            json_free(document);
            return r;
        }
        const struct json_value *chosen = choose(image, json_member(document, "manifests"));
        if (chosen == NULL) {
            int r = fail_choice(image, json_member(document, "manifests"));
            json_free(document);
            return r;
        }
        struct json_value *next = read_document(image, open_blob(image, json_text(chosen, "digest")), "its manifest");
        json_free(document);
        document = next;
    }
    json_free(document);
    return fail_image(image, "index.json", "leads to no image");
}

static int apply_saved(const struct image *image, struct json_value *document)
{
    const struct json_value *first = document != NULL && document->type == JSON_ARRAY ? document->first : NULL;
    const struct json_value *layers = json_member(first, "Layers");
    const struct json_value *lowest = layers != NULL && layers->type == JSON_ARRAY ? layers->first : NULL;
    int r = 0;
    if (lowest == NULL) {
        r = fail_image(image, "manifest.json", "names no layers");
    } else if (first != NULL && first->next != NULL) {
        r = fail_image(image, "manifest.json", "more than one image (save the one that is wanted)");
    }
    for (const struct json_value *layer = lowest; layer != NULL && r == 0; layer = layer->next) {
        const char *path = layer->type == JSON_STRING ? layer->text : "";
        r = apply_layer(image, open_part(image, path), image->name, layer == lowest);
    }
    const char *config = json_text(first, "Config");
    r = r == 0 && config != NULL ? configure(image, open_part(image, config)) : r;
    json_free(document);
    return r;
}

int unpack_image(struct job *job, int fd, const char *name)
{
    struct image image = {.job = job, .fd = fd, .name = name};
    if (faccessat(fd, "index.json", F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
        return apply_index(&image, read_document(&image, open_part(&image, "index.json"), "index.json"));
    }
    return apply_saved(&image, read_document(&image, open_part(&image, "manifest.json"), "manifest.json"));
}
