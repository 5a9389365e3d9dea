/* Newer C++: file systems, waits on atomics (by _umtx_op(2)), latches, semaphores, coroutines where the headers have them. */
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>
#include <version>
#if __has_include(<barrier>)
#include <barrier>
#include <latch>
#include <semaphore>
#endif

#include "check.h"

namespace fs = std::filesystem;
using namespace std::chrono_literals;

TEST(file_systems)
{
    fs::remove_all("tree");
    CHECK(fs::create_directories("tree/a/b/c"));
    std::ofstream("tree/a/file") << "twelve bytes";
    CHECK_EQ(fs::file_size("tree/a/file"), 12);
    fs::create_symlink("file", "tree/a/link");
    CHECK(fs::is_symlink("tree/a/link") && fs::read_symlink("tree/a/link") == "file");
    CHECK(fs::equivalent("tree/a/link", "tree/a/file"));
    fs::create_hard_link("tree/a/file", "tree/hard");
    CHECK_EQ(fs::hard_link_count("tree/hard"), 2);
    CHECK(fs::copy_file("tree/a/file", "tree/copy"));
    CHECK(!fs::copy_file("tree/a/file", "tree/copy", fs::copy_options::skip_existing));
    fs::copy("tree/a", "tree/z", fs::copy_options::recursive | fs::copy_options::copy_symlinks);
    fs::rename("tree/copy", "tree/z/renamed");
    fs::permissions("tree/hard", fs::perms::owner_read);
    CHECK(fs::status("tree/hard").permissions() == fs::perms::owner_read);
    fs::resize_file("tree/z/renamed", 5);
    CHECK_EQ(fs::file_size("tree/z/renamed"), 5);
    auto when = fs::file_time_type::clock::now() - 24h;
    fs::last_write_time("tree/z/renamed", when);
    CHECK(std::chrono::abs(fs::last_write_time("tree/z/renamed") - when) < 1s);
    std::vector<std::string> seen;
    for (auto &entry : fs::recursive_directory_iterator("tree"))
        seen.push_back(entry.path().string() + (entry.is_directory() ? "/" : ""));
    CHECK_EQ(seen.size(), 12);
    CHECK(fs::canonical("tree/a/../z/./link").filename() == "file");
    CHECK(fs::weakly_canonical("tree/none/x").filename() == "x");
    CHECK(fs::space("tree").capacity > 0);
    CHECK(fs::temp_directory_path() != "");
    fs::path before = fs::current_path();
    fs::current_path("tree");
    CHECK(fs::current_path().filename() == "tree");
    fs::current_path(before);
    std::error_code error;
    fs::file_size("tree/no-such", error);
    CHECK(error == std::errc::no_such_file_or_directory);
    try {
        fs::create_directory("tree/no/such");
        CHECK(false);
    } catch (const fs::filesystem_error &e) {
        CHECK(e.code() == std::errc::no_such_file_or_directory);
    }
    /* Before 2024, libc++ did not know how open(2) refuses a link here (EMLINK), and left it. */
    CHECK(fs::remove("tree/a/link") && fs::remove("tree/z/link"));
    CHECK_EQ(fs::remove_all("tree"), 11);
    CHECK(!fs::exists("tree"));
}

TEST(shared_mutexes)
{
    std::shared_mutex m;
    std::shared_timed_mutex timed;
    std::atomic<int> inside{0}, most{0};
    std::vector<std::thread> all;
    for (int i = 0; i < 4; i++)
        all.emplace_back([&] {
            std::shared_lock<std::shared_mutex> l(m);
            inside++;
            for (int n = 0; inside < 4 && n < 1000; n++)
                std::this_thread::sleep_for(1ms);
            if (inside == 4)
                most = 4;
        });
    for (auto &t : all)
        t.join();
    CHECK_EQ(most.load(), 4);
    std::unique_lock<std::shared_timed_mutex> held(timed);
    std::thread([&] { CHECK(!timed.try_lock_shared_for(10ms)); }).join();
}

#if __has_include(<barrier>)
TEST(waits_on_atomics)
{
    std::atomic<int> word{0}, turns{0};
    std::vector<std::thread> all;
    for (int i = 0; i < 4; i++)
        all.emplace_back([&, i] {
            for (int round = 0; round < 500; round++) {
                for (int seen = word; seen % 4 != i; seen = word)
                    word.wait(seen);
                turns++;
                word++;
                word.notify_all();
            }
        });
    for (auto &t : all)
        t.join();
    CHECK_EQ(turns.load(), 2000);
    std::atomic<long long> wide{1};
    std::thread waiter([&] { wide.wait(1); });
    std::this_thread::sleep_for(20ms);
    wide = 2;
    wide.notify_one();
    waiter.join();
    std::atomic_flag flag{};
    std::thread other([&] { flag.wait(false); });
    std::this_thread::sleep_for(20ms);
    flag.test_and_set();
    flag.notify_all();
    other.join();
}

TEST(latches_barriers_semaphores)
{
    std::latch latch(3);
    std::counting_semaphore<> sem(0);
    std::binary_semaphore one(1);
    int phases = 0;
    auto next = [&]() noexcept { phases++; };
    std::barrier<decltype(next)> barrier(3, next);
    std::vector<std::thread> all;
    for (int i = 0; i < 3; i++)
        all.emplace_back([&] {
            latch.arrive_and_wait();
            for (int n = 0; n < 200; n++)
                barrier.arrive_and_wait();
            sem.release();
        });
    for (int i = 0; i < 3; i++)
        sem.acquire();
    for (auto &t : all)
        t.join();
    CHECK_EQ(phases, 200);
    CHECK(!sem.try_acquire_for(20ms));
    CHECK(one.try_acquire() && !one.try_acquire());
}
#endif

#if __has_include(<coroutine>) && defined(__cpp_impl_coroutine)
#include <coroutine>
struct numbers {
    struct promise_type {
        int value = 0;
        numbers get_return_object()
        {
            return {std::coroutine_handle<promise_type>::from_promise(*this)};
        }
        std::suspend_always initial_suspend()
        {
            return {};
        }
        std::suspend_always final_suspend() noexcept
        {
            return {};
        }
        std::suspend_always yield_value(int n)
        {
            value = n;
            return {};
        }
        void return_void()
        {
        }
        void unhandled_exception()
        {
            throw;
        }
    };
    std::coroutine_handle<promise_type> handle;
};
static numbers count(int to)
{
    for (int i = 1; i <= to; i++)
        co_yield i;
    throw 5;
}
TEST(coroutines)
{
    numbers n = count(10);
    int sum = 0, thrown = 0;
    try {
        for (n.handle.resume(); !n.handle.done(); n.handle.resume())
            sum += n.handle.promise().value;
    } catch (int e) {
        thrown = e;
    }
    CHECK_EQ(sum, 55);
    CHECK_EQ(thrown, 5);
    n.handle.destroy();
}
#endif
