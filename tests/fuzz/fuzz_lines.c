/* The fault report's line tables: three sections made of the input, looked up at a few addresses. */
#include "cli/fault-report/lines.c" /* a helper program's: in neither half */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char file[64];
    int line;
    size_t strings = size / 4;
    struct line_tables tables = {
        .line = {data, size - strings},
        .line_strings = {data + (size - strings), strings},
        .strings = {data + (size - strings), strings},
    };
    for (uint64_t address = 0; address < 0x4000; address += 0x555) {
        lines_find(&tables, address, file, sizeof(file), &line);
    }
    return 0;
}
