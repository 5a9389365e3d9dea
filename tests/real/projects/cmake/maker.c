/* Writes a header: a program that the build itself runs. */
long write(int fd, const void *data, unsigned long length);

int main(void)
{
    static const char text[] = "#define WANTED 3\n";
    return write(1, text, sizeof text - 1) == sizeof text - 1 ? 0 : 1;
}
