#include "cli/fault-report/place.h"

#include <stdio.h>
#include <string.h>

#include "base/image.h"
#include "cli/fault-report/gopclntab.h"

static const char *last_component(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

void place_find(struct memory *m, struct images *images, uint64_t address, struct place *out)
{
    struct go_function fn;
    memset(out, 0, sizeof(*out));
    out->module = "";
    const struct mapping *map = memory_mapping(m, address);
    if (!map) {
        return;
    }
    out->module = last_component(map->name);
    out->module_offset = address - map->start;
    if ((address >= ENGINE_BASE && address < ENGINE_END) || (address >= ARENA_BASE && address < ARENA_END)) {
        out->module = "dragoman itself";
    }
    const struct image *image = image_at(images, address);
    if (!image) {
        return;
    }
    out->module_offset = address - image->bias;
    if (image->gopclntab && go_find(m, image, address, &fn)) {
        memcpy(out->name, fn.name, sizeof(out->name));
        memcpy(out->file, fn.file, sizeof(out->file));
        out->line = fn.line;
        out->start = fn.entry;
        out->offset = address - fn.entry;
        return;
    }
    const struct symbol *s = image_symbol(image, address);
    if (!lines_find(&image->lines, address - image->bias, out->file, sizeof(out->file), &out->line)) {
        out->file[0] = '\0';
    }
    if (s) {
        snprintf(out->name, sizeof(out->name), "%s", s->name);
        out->start = s->address;
        out->offset = address - s->address;
    }
}
