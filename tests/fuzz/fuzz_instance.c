/*
 * What unpacking reads before it believes anything, against arbitrary bytes: documents in JSON, paths, texts of links,
 * metadata. The first byte chooses which. A path that is let through has nothing in it that could lead elsewhere.
 */
#include "instance/json.h"
#include "instance/metadata.h"
#include "instance/unpack/path.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void check_path(const char *path)
{
    char out[PATH_ROOM];
    char again[PATH_ROOM];

    for (int rooted = 0; rooted < 2; rooted++) {
        if (path_clean(path, rooted != 0 ? PATH_ROOTED : 0, out) != NULL)
            continue;
        if (out[0] == '/' || strstr(out, "//") != NULL || strcmp(out, "..") == 0 || strncmp(out, "../", 3) == 0 ||
            strstr(out, "/../") != NULL || strlen(out) >= PATH_ROOM)
            abort();
        if (out[0] != '\0' && (path_clean(out, 0, again) != NULL || strcmp(out, again) != 0))
            abort();
        path_link_climbs(out, path);
        if (path[0] == '/' && !path_link_climbs(out, path) && path_make_relative(out, path, again, sizeof(again)) &&
            path_link_climbs(out, again))
            abort();
    }
}

static void check_metadata(const uint8_t *data, size_t size)
{
    struct metadata m;
    struct metadata n;
    char text[METADATA_TEXT_MAX];

    if (!metadata_parse((const char *)data, size, &m))
        return;
    if (!metadata_parse(text, metadata_format(&m, text), &n) || m.uid != n.uid || m.gid != n.gid || m.mode != n.mode ||
        m.type != n.type || strcmp(m.flags, n.flags) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy;

    if (size == 0)
        return 0;
    /* Exact copies, so that a read beyond the end is seen. */
    copy = malloc(size);
    if (copy == NULL)
        abort();
    memcpy(copy, data + 1, size - 1);
    if (data[0] % 3 == 0) {
        json_free(json_parse(copy, size - 1));
    } else if (data[0] % 3 == 1) {
        copy[size - 1] = '\0';
        check_path(copy);
    } else {
        check_metadata((const uint8_t *)copy, size - 1);
    }
    free(copy);
    return 0;
}
