// Ends with 0 if an exception gets out of a thread's future, with its message.
#include <future>
#include <iostream>
#include <stdexcept>
#include <string>

int main()
{
    auto future = std::async(std::launch::async, []() -> int { throw std::runtime_error("thrown"); });
    try {
        future.get();
    } catch (const std::runtime_error &error) {
        std::cout << error.what() << std::endl;
        return error.what() != std::string("thrown");
    }
    return 1;
}
