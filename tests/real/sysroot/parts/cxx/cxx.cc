/* C++ as its library is built on libthr and the linker: threads, exceptions across libraries, RTTI, streams, futures. */
#include "thrower.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <fstream>
#include <functional>
#include <future>
#include <iomanip>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <regex>
#include <sstream>
#include <thread>
#include <typeinfo>
#include <vector>

#include <dlfcn.h>

#include "check.h"

using namespace std::chrono_literals;

TEST(exception_of_a_library)
{
    bool caught = false;
    try {
        throw_failure(10);
    } catch (const failure &f) {
        caught = true;
        CHECK_EQ(f.code, 17);
        CHECK_STR(f.what(), "from the library");
    }
    CHECK(caught);
    CHECK_EQ(destroyed, 11);
}

static void thrower(int value)
{
    throw std::out_of_range(std::to_string(value));
}
TEST(exception_through_a_library)
{
    try {
        call_back(thrower, 5);
        CHECK(false);
    } catch (const std::logic_error &e) {
        CHECK_STR(e.what(), "5");
    }
    CHECK_EQ(destroyed, 1);
    std::exception_ptr kept;
    try {
        throw_int(9);
    } catch (...) {
        kept = std::current_exception();
    }
    std::thread([&] {
        try {
            std::rethrow_exception(kept);
        } catch (int n) {
            CHECK_EQ(n, 9);
        }
    }).join();
}

template <class F> static F symbol(void *h, const char *name)
{
    auto f = reinterpret_cast<F>(dlfunc(h, name));
    if (f == nullptr)
        check_fail(__FILE__, __LINE__, "%s: %s", name, dlerror());
    return f;
}
TEST(types_across_dlopen)
{
    void *h = dlopen("./module.so", RTLD_NOW | RTLD_LOCAL);
    REQUIRE(h != nullptr);
    auto make = symbol<shape *(*)(bool)>(h, "module_make");
    auto kind = symbol<int (*)(shape *)>(h, "module_kind");
    std::unique_ptr<shape> theirs(make(true)), ours(new square);
    const shape &round = *theirs;
    CHECK(typeid(round) == typeid(circle));
    CHECK(dynamic_cast<circle *>(theirs.get()) != nullptr);
    CHECK(dynamic_cast<square *>(theirs.get()) == nullptr);
    CHECK_EQ(kind(ours.get()), 2);
    CHECK_EQ(kind(theirs.get()), 1);
    try {
        symbol<void (*)()>(h, "module_throw")();
        CHECK(false);
    } catch (const failure &f) {
        CHECK_EQ(f.code, 18);
    }
    CHECK_EQ(symbol<int (*)(void (*)())>(h, "module_catch")([] { throw failure("ours", 19); }), 19);
    ours.reset();
    theirs.reset();
    CHECK_EQ(dlclose(h), 0);
}

#ifdef THREAD_OBJECTS
TEST(destructors_of_threads)
{
    std::vector<std::thread> all;
    std::atomic<int> ready{0}, go{0};
    for (int i = 0; i < 5; i++)
        all.emplace_back([&] {
            count_thread_objects();
            ready++;
            while (!go)
                std::this_thread::sleep_for(1ms);
        });
    while (ready != 5)
        std::this_thread::sleep_for(1ms);
    CHECK_EQ(count_thread_objects(), 6);
    go = 1;
    for (auto &t : all)
        t.join();
    CHECK_EQ(count_thread_objects(), 1);
}

TEST(destructors_of_threads_in_a_module)
{
    void *h = dlopen("./module.so", RTLD_NOW);
    REQUIRE(h != nullptr);
    auto note = symbol<void (*)(char *)>(h, "module_note");
    char text[20] = "";
    std::thread([&] { note(text); }).join();
    CHECK_STR(text, "destroyed");
    CHECK_EQ(dlclose(h), 0);
}

#endif

TEST(mutexes_and_conditions)
{
    std::mutex m;
    std::condition_variable c;
    std::vector<int> queue;
    long sum = 0;
    bool done = false;
    std::thread consumer([&] {
        std::unique_lock<std::mutex> l(m);
        while (c.wait(l, [&] { return done || !queue.empty(); }), !queue.empty()) {
            sum += queue.back();
            queue.pop_back();
        }
    });
    for (int i = 1; i <= 5000; i++) {
        std::lock_guard<std::mutex> l(m);
        queue.push_back(i);
        c.notify_one();
    }
    {
        std::lock_guard<std::mutex> l(m);
        done = true;
        c.notify_all();
    }
    consumer.join();
    CHECK_EQ(sum, 5000L * 5001 / 2);
    std::unique_lock<std::mutex> l(m);
    auto began = std::chrono::steady_clock::now();
    CHECK(c.wait_for(l, 30ms) == std::cv_status::timeout);
    CHECK(c.wait_until(l, std::chrono::system_clock::now() + 10ms) == std::cv_status::timeout);
    CHECK(std::chrono::steady_clock::now() - began >= 39ms);
    std::timed_mutex timed;
    std::recursive_mutex again;
    std::lock_guard<std::timed_mutex> held(timed);
    std::lock_guard<std::recursive_mutex> first(again), second(again);
    std::thread([&] { CHECK(!timed.try_lock_for(20ms)); }).join();
}

TEST(futures)
{
    std::vector<std::future<long>> all;
    for (long i = 0; i < 20; i++)
        all.push_back(std::async(std::launch::async, [i] {
            std::this_thread::sleep_for(std::chrono::milliseconds(20 - i));
            return i * i;
        }));
    long sum = 0;
    for (auto &f : all)
        sum += f.get();
    CHECK_EQ(sum, 2470);
    std::promise<std::string> p;
    auto f = p.get_future();
    CHECK(f.wait_for(10ms) == std::future_status::timeout);
    std::thread([&p] { p.set_value_at_thread_exit("kept"); }).join();
    CHECK(f.get() == "kept");
    auto bad = std::async(std::launch::async, []() -> int { throw failure("in a task", 3); });
    try {
        bad.get();
        CHECK(false);
    } catch (const failure &e) {
        CHECK_EQ(e.code, 3);
    }
    std::packaged_task<int(int)> task([](int n) { return n + 1; });
    auto result = task.get_future();
    std::thread(std::move(task), 41).join();
    CHECK_EQ(result.get(), 42);
    std::promise<int> broken;
    auto none = broken.get_future();
    {
        std::promise<int> gone = std::move(broken);
    }
    try {
        none.get();
        CHECK(false);
    } catch (const std::future_error &e) {
        CHECK(e.code() == std::future_errc::broken_promise);
    }
}

TEST(call_once)
{
    std::once_flag flag;
    std::atomic<int> count{0}, tries{0};
    std::vector<std::thread> all;
    for (int i = 0; i < 8; i++)
        all.emplace_back([&] {
            std::call_once(flag, [&] {
                std::this_thread::sleep_for(5ms);
                count++;
            });
            CHECK_EQ(count.load(), 1);
        });
    for (auto &t : all)
        t.join();
    (void)tries;
    CHECK_EQ(count.load(), 1);
}

struct slow {
    slow()
    {
        std::this_thread::sleep_for(20ms);
        n = 7;
    }
    int n = 0;
};
TEST(local_statics)
{
    auto get = []() -> slow & {
        static slow s;
        return s;
    };
    std::vector<std::thread> all;
    for (int i = 0; i < 6; i++)
        all.emplace_back([&] { CHECK_EQ(get().n, 7); });
    for (auto &t : all)
        t.join();
}

TEST(streams)
{
    {
        std::ofstream out("stream.txt");
        out << "one " << 2 << ' ' << std::setprecision(3) << 3.14159 << ' ' << std::hex << 255 << "\nsecond line\n";
    }
    std::ifstream in("stream.txt");
    std::string word, line;
    int two = 0;
    double pi = 0;
    in >> word >> two >> pi;
    CHECK(word == "one" && two == 2 && pi == 3.14);
    std::getline(in, line);
    CHECK(line == " ff");
    std::getline(in, line);
    CHECK(line == "second line");
    CHECK(!std::getline(in, line) && in.eof());
    in.clear();
    in.seekg(4);
    in >> two;
    CHECK_EQ(two, 2);
    std::fstream both("stream.txt", std::ios::in | std::ios::out);
    both.seekp(0);
    both << "ONE";
    both.flush();
    both.seekg(0);
    both >> word;
    CHECK(word == "ONE");
    CHECK(!std::ifstream("no-such-file"));
    std::ostringstream text;
    text << std::setw(6) << std::setfill('*') << 42 << std::boolalpha << true;
    CHECK(text.str() == "****42true");
    std::unique_ptr<FILE, int (*)(FILE *)> f(std::tmpfile(), std::fclose);
    CHECK(f != nullptr);
}

TEST(locales)
{
    std::locale c = std::locale::classic();
    CHECK(std::isalpha('x', c));
    try {
        std::locale none("no_SUCH.locale");
        CHECK(false);
    } catch (const std::runtime_error &) {
    }
    std::ostringstream date;
    std::tm t{};
    t.tm_year = 120;
    t.tm_mday = 5;
    date << std::put_time(&t, "%Y-%m-%d");
    CHECK(date.str() == "2020-01-05");
}

TEST(random_regex_clock)
{
    std::random_device device;
    unsigned a = device(), b = device(), c = device();
    CHECK(a != b || b != c);
    std::smatch match;
    std::string s = "key=value";
    CHECK(std::regex_match(s, match, std::regex("(\\w+)=(\\w+)")) && match[2] == "value");
    auto wall = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    CHECK(std::llabs((long long)wall - (long long)time(nullptr)) <= 1);
    CHECK(std::thread::hardware_concurrency() >= 1);
}

static void unexpected_end()
{
    std::thread([] { throw 1; }).join();
}
TEST(uncaught_is_abort)
{
    int status = check_child(unexpected_end);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

TEST(atomics)
{
    std::atomic<long> n{0};
    struct pair {
        long a, b;
    };
    std::vector<std::thread> all;
    for (int i = 0; i < 4; i++)
        all.emplace_back([&] {
            for (int j = 0; j < 10000; j++)
                n.fetch_add(1, std::memory_order_relaxed);
        });
    for (auto &t : all)
        t.join();
    CHECK_EQ(n.load(), 40000);
}
