// SPDX-License-Identifier: Apache-2.0
#include "thread_facts.hpp"

#include <outrigger/logging/json_writer.hpp>

#include <cstring>
#include <pthread.h>
#include <span>

namespace outrigger::logging {

// Nothing runs at a thread's start or end for it.
constinit thread_local ThreadFacts facts_of_this_thread;

ThreadFacts& ThreadFacts::of_this_thread() noexcept { return facts_of_this_thread; }

void ThreadName::look_up() noexcept {
    std::array<char, 16> name{};   // the kernel's limit, the NUL included
    if (::pthread_getname_np(::pthread_self(), name.data(), name.size()) != 0) name[0] = '\0';
    JsonWriter json{std::span<char>{text_}};
    json.open("process");
    json.open("thread");
    json.field("name", std::string_view{name.data()});
    const std::string_view object = json.finish();   // {...}\n
    size_ = object.size() - 3;
    std::memmove(text_.data(), text_.data() + 1, size_);
}

}   // namespace outrigger::logging
