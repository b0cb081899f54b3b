// SPDX-License-Identifier: Apache-2.0
#include "thread_facts.hpp"

#include <outrigger/logging/json_writer.hpp>

#include <pthread.h>
#include <span>

namespace outrigger::logging {

// Nothing runs at a thread's start or end for it.
constinit thread_local ThreadFacts facts_of_this_thread;

ThreadFacts& ThreadFacts::of_this_thread() noexcept { return facts_of_this_thread; }

void ThreadFacts::look_up_name(std::int64_t second) noexcept {
    named_at = second;
    std::array<char, 16> text{};   // the kernel's limit, the NUL included
    if (::pthread_getname_np(::pthread_self(), text.data(), text.size()) != 0) text[0] = '\0';
    std::array<char, sizeof name + 8> object;   // {"n":"..."}\n
    JsonWriter json{std::span<char>{object}};
    json.field("n", std::string_view{text.data()});
    const std::string_view line = json.finish();
    name_size = line.copy(name.data(), line.size() - 7, 5);
}

}   // namespace outrigger::logging
