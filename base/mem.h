/* memcpy and friends for the hot half, which has no libc. Semantics are those of C. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

void *memcpy(void *restrict dst, const void *restrict src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t hot_strlen(const char *s);
int hot_strcmp(const char *a, const char *b);
int hot_strncmp(const char *a, const char *b, size_t n);
char *hot_strchr(const char *s, int c);
char *hot_strrchr(const char *s, int c);

/* Freestanding, the compiler takes them for any functions; told otherwise, it copies what is small with a few moves. */
#if !__STDC_HOSTED__
#define memcpy(dst, src, n)  __builtin_memcpy(dst, src, n)
#define memmove(dst, src, n) __builtin_memmove(dst, src, n)
#define memset(dst, c, n)    __builtin_memset(dst, c, n)
#define memcmp(a, b, n)      __builtin_memcmp(a, b, n)
#endif

/* Copies a string into size bytes, truncating; always terminated. Returns the length of src. */
size_t hot_strlcpy(char *dst, const char *src, size_t size);

#endif
