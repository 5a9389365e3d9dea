/*
 * Libraries that a program of Linux's names, and whether there are such: what a lone old program lacks on a host that has
 * its dynamic linker. Only the program's own are looked at, not those of its libraries; `dragoman check` lists them all.
 */
#ifndef LOADER_LIBRARIES_H
#define LOADER_LIBRARIES_H

#include <stdbool.h>

#include "loader/loader.h"

enum { LIBRARY_NAME_MAX = 256 };

/**
 * Finds a library that the program needs and the host's dynamic linker would not find (ld.so(8): /etc/ld.so.cache, and the
 * usual directories). A program that says itself where its libraries are (DT_RPATH, DT_RUNPATH) is taken at its word; so is
 * one with another linker than glibc's.
 * @name: receives the name, of LIBRARY_NAME_MAX bytes.
 */
bool library_missing(const struct program *program, char *name);

/* Whether a root has a library of this name for programs of this kind, in one of the usual directories. */
bool library_below(const char *root, const struct elf_identity *id, const char *name);

#endif
