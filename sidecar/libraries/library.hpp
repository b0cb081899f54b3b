// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace outrigger::libraries {

// A shared library that is loaded when it is made, and stays loaded until the process ends: threads of the library's
// own may outlive whoever called it. Any thread.
class Library {
public:
    // `package`: what Debian calls it, for who has to install it. `newest`: of the functions that are called, one that
    // older versions lack.
    Library(std::string name, std::string package, const char* newest);

    // "WHAT needs libcurl.so.4, which ..."; empty: it is there.
    [[nodiscard]] std::string fault(std::string_view what) const;
    // Throws std::runtime_error with that sentence.
    void require(std::string_view what) const;
    // Throws std::runtime_error if it is not there.
    [[nodiscard]] void* function(const char* name) const;

private:
    [[nodiscard]] void* find(const char* name) const noexcept;

    const std::string name_;
    const std::string package_;
    void* const handle_;
    std::string fault_;   // what behind its name says what is wrong
};

}   // namespace outrigger::libraries
