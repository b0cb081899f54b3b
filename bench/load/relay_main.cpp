// SPDX-License-Identifier: Apache-2.0
// A relay that parses nothing: the least that any proxy can cost on this machine. It accepts, connects to the origin
// and moves bytes both ways, one recv and one send per message.
#include <array>
#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/load/poller.hpp"
#include "bench/load/sockets.hpp"

namespace {

using namespace outrigger;
using namespace outrigger::bench;
using namespace std::chrono_literals;

struct Tunnel;

// One end of a tunnel, and what the other end sent and this one has not taken yet.
struct End {
    Descriptor socket;
    std::string waiting;
    Tunnel* tunnel = nullptr;
    End* other = nullptr;
};

struct Tunnel {
    End caller, origin;
    bool closed = false;
};

class Relay {
public:
    Relay(const Address& listen, Address origin) : listener_{listen_at(listen)}, origin_{origin} {
        poller_.watch(listener_, nullptr);
    }

    [[noreturn]] void run() {
        for (;;) {
            for (const epoll_event& event : poller_.wait(1000ms)) {
                if (event.data.ptr == nullptr) {
                    accept_waiting();
                } else {
                    serve(*static_cast<End*>(event.data.ptr), event.events);
                }
            }
            // Only now: the batch may hold an event of the other end, too.
            if (some_closed_) std::erase_if(tunnels_, [](const auto& tunnel) { return tunnel->closed; });
            some_closed_ = false;
        }
    }

private:
    void accept_waiting() {
        while (auto accepted = accept_from(listener_)) {
            try {
                open_tunnel(*std::move(accepted), connect_to(origin_));
            } catch (const std::runtime_error&) {
                // The origin is not there: the caller sees its connection close.
            }
        }
    }

    void open_tunnel(Descriptor caller, Descriptor origin) {
        auto& tunnel = *tunnels_.emplace_back(std::make_unique<Tunnel>());
        tunnel.caller = {std::move(caller), {}, &tunnel, &tunnel.origin};
        tunnel.origin = {std::move(origin), {}, &tunnel, &tunnel.caller};
        poller_.watch(tunnel.caller.socket, &tunnel.caller, EPOLLOUT);
        poller_.watch(tunnel.origin.socket, &tunnel.origin, EPOLLOUT);
    }

    void serve(End& end, std::uint32_t events) {
        if (end.tunnel->closed) return;
        try {
            if ((events & EPOLLOUT) != 0 && !end.waiting.empty()) pass(end, std::exchange(end.waiting, {}));
            if ((events & EPOLLIN) != 0 || peer_closed(events)) move_from(end, peer_closed(events));
        } catch (const std::runtime_error&) {
            close(*end.tunnel);   // reset by a peer
        }
    }

    void close(Tunnel& tunnel) { tunnel.closed = some_closed_ = true; }

    // A read that does not fill the buffer has drained the socket, unless its end comes behind.
    void move_from(End& end, bool to_its_end) {
        for (std::size_t count = scratch_.size(); count == scratch_.size() || to_its_end;) {
            const auto received = receive(end.socket, scratch_);
            if (!received) return;
            count = *received;
            if (count == 0) {
                close(*end.tunnel);
                return;
            }
            pass(*end.other, {scratch_.data(), count});
        }
    }

    // In order: behind what already waits, or at once.
    static void pass(End& to, std::string_view bytes) {
        const std::size_t taken = to.waiting.empty() ? send_some(to.socket, bytes) : 0;
        if (taken < bytes.size()) to.waiting.append(bytes.substr(taken));
    }

    Poller poller_;
    Descriptor listener_;
    Address origin_;
    std::vector<std::unique_ptr<Tunnel>> tunnels_;
    bool some_closed_ = false;
    std::array<char, 64 * 1024> scratch_{};
};

}  // namespace

int main(int count, char** arguments) try {
    if (count != 3) {
        std::fputs("usage: outrigger_relay LISTEN ORIGIN    each 127.0.0.1:PORT or unix:/PATH\n", stderr);
        return 2;
    }
    std::signal(SIGTERM, [](int) { std::_Exit(0); });
    const auto relay = std::make_unique<Relay>(parse_address(arguments[1]), parse_address(arguments[2]));
    relay->run();
} catch (const std::exception& failure) {
    std::fprintf(stderr, "outrigger_relay: %s\n", failure.what());
    return 1;
}
