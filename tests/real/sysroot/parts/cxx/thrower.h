/* What program and libraries of the C++ part share. */
#ifndef THROWER_H
#define THROWER_H

#include <sys/param.h>

#include <stdexcept>
#include <string>

struct shape {
    virtual ~shape()
    {
    }
    virtual std::string name() const = 0;
};
struct square : shape {
    std::string name() const override
    {
        return "square";
    }
};
struct circle : shape {
    std::string name() const override
    {
        return "circle";
    }
};

struct failure : std::runtime_error {
    int code;
    failure(const std::string &what, int c) : std::runtime_error(what), code(c)
    {
    }
    ~failure() override;
};

#if __FreeBSD_version >= 1100000 /* before, no library had __cxa_thread_atexit() */
#define THREAD_OBJECTS
#endif

extern int destroyed; /* destructors that the thrower's frames ran */
void throw_failure(int depth);
void throw_int(int value);
void call_back(void (*function)(int), int value);
shape *make_shape(bool round);
int count_thread_objects();

#endif
