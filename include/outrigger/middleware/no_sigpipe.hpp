// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csignal>

namespace outrigger::middleware {

// As long as it lives, this thread's writes to a connection that has ended are errors, and do not end the program by
// SIGPIPE: for libraries that write without MSG_NOSIGNAL. What other code of the program does with the signal stays as
// it is. Ends on the thread that made it, and in the reverse order of others like it.
class NoSigpipe {
public:
    NoSigpipe() noexcept;
    ~NoSigpipe();
    NoSigpipe(const NoSigpipe&) = delete;
    NoSigpipe& operator=(const NoSigpipe&) = delete;

private:
    sigset_t before_;
    bool ours_;   // what is pending at the end came meanwhile
};

}   // namespace outrigger::middleware
