/* A library that is opened: its types are the program's too, and its objects of threads are destroyed in time. */
#include "thrower.h"

#include <cstdio>
#include <cstring>

#ifdef THREAD_OBJECTS
namespace
{
struct at_end {
    ~at_end()
    {
        if (where != nullptr)
            std::strcpy(where, "destroyed");
    }
    char *where = nullptr;
};
thread_local at_end mine;
} // namespace
extern "C" void module_note(char *where)
{
    mine.where = where;
}
#endif

extern "C" shape *module_make(bool round)
{
    return make_shape(round);
}
extern "C" int module_kind(shape *s)
{
    return dynamic_cast<circle *>(s) != nullptr ? 1 : dynamic_cast<square *>(s) != nullptr ? 2 : 0;
}
extern "C" void module_throw()
{
    throw failure("from the module", 18);
}
extern "C" int module_catch(void (*function)())
{
    try {
        function();
    } catch (const failure &f) {
        return f.code;
    } catch (const std::exception &) {
        return -1;
    }
    return 0;
}
