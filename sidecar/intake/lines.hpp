// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <list>
#include <memory>
#include <string>

#include <outrigger/core/task.hpp>

#include "sidecar/intake/posts.hpp"
#include "sidecar/net/socket_stream.hpp"
#include "sidecar/net/worker.hpp"

namespace outrigger::intake {

// Records over TCP, one JSON object a line. Nothing is answered, so nothing is refused either: a line that is no JSON
// is kept as a record's message, a longer one than a record may be is cut, and while there is no room for more the
// connection is not read, so that its sender waits. One per worker.
class Lines {
public:
    Lines(net::Loop& loop, net::Worker& worker, net::Fd listening, const IntakeSettings& settings);

    void start() { tasks_.spawn(accept_senders()); }
    // Takes what has been sent already, then ends.
    void stop();
    // What is not stored by now is given up.
    void cut(const Fault& why);
    [[nodiscard]] bool busy() const noexcept { return tasks_.running() > 0; }
    [[nodiscard]] TaskGroup::Ended ended() noexcept { return tasks_.ended(); }

private:
    struct Sender {
        std::unique_ptr<net::Stream> stream;
        std::string rest;        // the beginning of a line
        bool skipping = false;   // behind the end of one that was cut
    };
    [[nodiscard]] Task<void> accept_senders();
    [[nodiscard]] Task<void> serve(std::list<Sender>::iterator sender);
    [[nodiscard]] Task<void> take_from(Sender& sender);
    [[nodiscard]] Task<bool> keep(logging::Submission submission);
    void split(Sender& sender, std::string_view bytes, logging::Submission& into);
    void take_line(std::string_view line, logging::Submission& into);

    net::Worker& worker_;
    const IntakeSettings& settings_;
    PostReader reader_;
    std::unique_ptr<net::Acceptor> acceptor_;
    std::list<Sender> senders_;
    Cancel stop_;   // no more waiting for bytes
    Cancel cut_;    // no more waiting for anything
    TaskGroup tasks_;
};

}   // namespace outrigger::intake
