/* A library: throws what others catch, lets through what others throw, and makes objects of shared types. */
#include "thrower.h"

int destroyed;
failure::~failure()
{
}

namespace
{
struct guard {
    ~guard()
    {
        destroyed++;
    }
};
#ifdef THREAD_OBJECTS
int living;
struct counted {
    counted()
    {
        __atomic_fetch_add(&living, 1, __ATOMIC_SEQ_CST);
    }
    ~counted()
    {
        __atomic_fetch_sub(&living, 1, __ATOMIC_SEQ_CST);
    }
    int touch = 0;
};
thread_local counted per_thread;
#endif
} // namespace

void throw_failure(int depth)
{
    guard g;
    if (depth == 0)
        throw failure("from the library", 17);
    throw_failure(depth - 1);
}

void throw_int(int value)
{
    throw value;
}

void call_back(void (*function)(int), int value)
{
    guard g;
    function(value);
}

shape *make_shape(bool round)
{
    if (round)
        return new circle;
    return new square;
}

#ifdef THREAD_OBJECTS
int count_thread_objects()
{
    per_thread.touch++;
    return __atomic_load_n(&living, __ATOMIC_SEQ_CST);
}
#endif
