// SPDX-License-Identifier: Apache-2.0
#include "sidecar/net/dns_resolver.hpp"

#include <ares.h>
#include <poll.h>
#include <strings.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace outrigger::net {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view unreachable = "no name server can be reached";

// Somebody who knows has said that there is nothing. Everything else that is no success is no answer.
bool is_negative(int status) noexcept { return status == ARES_ENOTFOUND || status == ARES_ENODATA; }

std::string_view in_words(int status) noexcept {
    switch (status) {
        case ARES_ENOTFOUND: return "the name does not exist (NXDOMAIN)";
        case ARES_ENODATA: return "the name has no address (NODATA)";
        case ARES_ESERVFAIL: return "the name server failed (SERVFAIL)";
        case ARES_EREFUSED: return "the name server refused to answer (REFUSED)";
        case ARES_ETIMEOUT: return "no name server answered in time";
        case ARES_ECONNREFUSED: return unreachable;
        case ARES_EBADNAME: return "this cannot be the name of a host";
        case ARES_EFORMERR:
        case ARES_EBADRESP: return "the name server's answer makes no sense";
        default: return "the name cannot be looked up";
    }
}

// Whether the machine has any way to it. Connecting a datagram socket sends nothing.
bool reachable(SocketAddress address) noexcept {
    address.set_port(9);   // any
    const Fd fd{::socket(address.storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    return fd.valid() && ::connect(fd.number(), address.raw(), address.length) == 0;
}

void leave_out_unreachable_family(std::vector<SocketAddress>& addresses) {
    const auto v6 = std::partition(addresses.begin(), addresses.end(), [](const SocketAddress& address) {
        return address.storage.ss_family == AF_INET;
    });
    if (v6 == addresses.begin() || v6 == addresses.end()) return;
    const bool by_v4 = std::any_of(addresses.begin(), v6, reachable);
    const bool by_v6 = std::any_of(v6, addresses.end(), reachable);
    if (by_v4 && !by_v6) addresses.erase(v6, addresses.end());
    if (by_v6 && !by_v4) addresses.erase(addresses.begin(), v6);
}

// RFC 6761, section 6.3: such names are this machine, whatever name servers say. (Also, c-ares 1.18 leaks for each.)
bool is_localhost(std::string_view host) noexcept {
    constexpr std::string_view name = "localhost";
    if (host.ends_with('.')) host.remove_suffix(1);
    if (host.size() < name.size()) return false;
    const std::size_t before = host.size() - name.size();
    if (::strncasecmp(host.data() + before, name.data(), name.size()) != 0) return false;
    return before == 0 || host[before - 1] == '.';
}

// One address: of an app that listens on 127.0.0.1 only, ::1 would be an endpoint that always fails.
NameAnswer loopback() {
    const SocketAddress v4 = *numeric_address("127.0.0.1", 0);
    return NameAnswer{{reachable(v4) ? v4 : *numeric_address("::1", 0)}, {}, {}};
}

}   // namespace

// One name, until it is answered. All of c-ares' calls back come from inside of our calls to it; none of them destroys
// anything but watches.
class DnsResolver::Lookup {
public:
    Lookup(Loop& loop, const Settings& settings, int flags)
        : loop_{loop}, settings_{settings}, flags_{flags}, done_{loop.scheduler()} {}
    Lookup(const Lookup&) = delete;
    Lookup& operator=(const Lookup&) = delete;
    ~Lookup() {
        ending_ = true;
        if (channel_) ares_destroy(channel_);   // ends the questions and closes the sockets
        loop_.scheduler().timers().forget(retry_);
        loop_.scheduler().timers().forget(grace_);
    }

    [[nodiscard]] Result<void> start(const std::string& host) {
        if (const int status = open(); status != ARES_SUCCESS) return Fault{Reason::dns_failed, in_words(status)};
        for (Family& family : families_) {
            ares_addrinfo_hints hints{};
            hints.ai_family = family.number;
            hints.ai_flags = ARES_AI_NOSORT;   // all addresses are endpoints: their order means nothing
            hints.ai_socktype = SOCK_STREAM;
            ares_getaddrinfo(channel_, host.c_str(), nullptr, &hints, on_answer, &family);
        }
        arm_retry();
        return {};
    }
    [[nodiscard]] Gate& done() noexcept { return done_; }
    [[nodiscard]] Result<NameAnswer> answer() {
        if (answer_.addresses.empty()) return without_addresses();
        leave_out_unreachable_family(answer_.addresses);
        return std::move(answer_);
    }

private:
    struct Family {
        Lookup& lookup;
        int number;
        std::optional<int> status = {};
    };
    struct Socket final : Watcher, TimerEntry {
        Socket(Lookup& owner, int its_fd) noexcept : TimerEntry{on_more_to_write}, lookup{owner}, fd{its_fd} {}
        Socket(const Socket&) = delete;
        Socket& operator=(const Socket&) = delete;
        ~Socket() { lookup.loop_.scheduler().timers().forget(*this); }
        void on_events(std::uint32_t) noexcept override { lookup.process(fd); }   // which may destroy this
        static void on_more_to_write(TimerEntry& self) noexcept {
            const auto& socket = static_cast<Socket&>(self);
            socket.lookup.process(socket.fd);   // this too
        }
        Lookup& lookup;
        const int fd;
        Loop::Watch* watch = nullptr;
    };
    struct Retry final : TimerEntry {
        explicit Retry(Lookup& owner) noexcept
            : TimerEntry{[](TimerEntry& self) noexcept { static_cast<Retry&>(self).lookup.process(ARES_SOCKET_BAD); }},
              lookup{owner} {}
        Lookup& lookup;
    };
    struct Grace final : TimerEntry {
        explicit Grace(Lookup& owner) noexcept
            : TimerEntry{[](TimerEntry& self) noexcept { static_cast<Grace&>(self).lookup.done_.open(); }}, lookup{owner} {}
        Lookup& lookup;
    };

    [[nodiscard]] int open() noexcept {
        ares_options options{};
        options.flags = flags_;
        options.timeout = static_cast<int>(settings_.first_try.count());
        options.tries = settings_.tries;
        options.sock_state_cb = on_socket;
        options.sock_state_cb_data = this;
        const int given = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
        const int status = ares_init_options(&channel_, &options, given);
        if (status != ARES_SUCCESS) return channel_ = nullptr, status;
        return settings_.servers.empty() ? ARES_SUCCESS : ares_set_servers_ports_csv(channel_, settings_.servers.c_str());
    }

    // c-ares reads one message of a stream and leaves the rest for the next event, of which epoll gives no second one.
    void process(int fd) noexcept {
        constexpr int most = 64;
        int times = 0;
        do ares_process_fd(channel_, fd, fd);
        while (++times < most && find(fd) != sockets_.end() && has_more(fd));
        arm_retry();
    }
    [[nodiscard]] std::vector<std::unique_ptr<Socket>>::iterator find(int fd) noexcept {
        return std::find_if(sockets_.begin(), sockets_.end(), [fd](const auto& socket) { return socket->fd == fd; });
    }
    static bool has_more(int fd) noexcept {
        pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
        return ::poll(&waiting, 1, 0) > 0;
    }
    void arm_retry() {
        timeval left{};
        Timers& timers = loop_.scheduler().timers();
        if (!ares_timeout(channel_, nullptr, &left)) return timers.disarm(retry_);
        // It rounds down to milliseconds, and does nothing when called too early.
        const Duration wait = std::chrono::seconds{left.tv_sec} + std::chrono::microseconds{left.tv_usec};
        timers.arm(retry_, after(loop_.scheduler().now(), std::max<Duration>(wait, 1ms)));
    }

    static void on_socket(void* self, ares_socket_t fd, int readable, int writable) noexcept {
        auto& lookup = *static_cast<Lookup*>(self);
        if (readable || writable) return lookup.watch(fd, writable != 0);
        const auto gone = lookup.find(fd);
        if (gone == lookup.sockets_.end()) return;
        lookup.loop_.unwatch((*gone)->watch, fd);
        lookup.sockets_.erase(gone);
    }
    // A question that is queued on a connection which was writable all the time: epoll tells of that no second time, and
    // c-ares must not be called from its own call.
    void watch(int fd, bool has_to_write) {
        if (const auto known = find(fd); known != sockets_.end()) {
            Scheduler& scheduler = loop_.scheduler();
            if (has_to_write) scheduler.timers().arm(**known, scheduler.now());
            return;
        }
        auto socket = std::make_unique<Socket>(*this, fd);
        socket->watch = loop_.watch(fd, *socket);
        if (socket->watch) sockets_.push_back(std::move(socket));   // else the question runs into its time limit
    }

    static void on_answer(void* its_family, int status, int, ares_addrinfo* info) noexcept {
        auto& family = *static_cast<Family*>(its_family);
        const std::unique_ptr<ares_addrinfo, decltype(&ares_freeaddrinfo)> freed{info, ares_freeaddrinfo};
        if (family.lookup.ending_) return;
        family.status = status;
        if (status == ARES_SUCCESS && info) family.lookup.take(*info);
        family.lookup.note_end();
    }
    void take(const ares_addrinfo& info) {
        for (const ares_addrinfo_node* node = info.nodes; node; node = node->ai_next) {
            SocketAddress address;
            if (node->ai_addrlen > sizeof address.storage) continue;
            std::memcpy(&address.storage, node->ai_addr, node->ai_addrlen);
            address.length = node->ai_addrlen;
            address.set_port(0);
            answer_.addresses.push_back(address);
            note_ttl(node->ai_ttl);
        }
        for (const ares_addrinfo_cname* alias = info.cnames; alias; alias = alias->next) note_ttl(alias->ttl);
    }
    void note_ttl(int seconds) noexcept {
        const Duration ttl = std::chrono::seconds{std::max(seconds, 0)};
        answer_.ttl = std::exchange(ttl_known_, true) ? std::min(answer_.ttl, ttl) : ttl;
    }
    void note_end() {
        const bool all = std::all_of(families_.begin(), families_.end(), [](const Family& one) { return one.status; });
        if (all)
            done_.open();
        else if (!answer_.addresses.empty())
            loop_.scheduler().timers().arm(grace_, after(loop_.scheduler().now(), settings_.other_family));
    }

    // The families may disagree: that there are none is certain only if both say so.
    [[nodiscard]] Result<NameAnswer> without_addresses() const noexcept {
        for (const Family& family : families_)
            if (family.status && !is_negative(*family.status) && *family.status != ARES_SUCCESS)
                return Fault{Reason::dns_failed, in_words(*family.status)};
        NameAnswer none;
        none.none = in_words(families_.front().status.value_or(ARES_ENODATA));
        return none;
    }

    Loop& loop_;
    const Settings& settings_;
    const int flags_;
    Gate done_;
    Retry retry_{*this};
    Grace grace_{*this};
    ares_channel channel_ = nullptr;
    std::array<Family, 2> families_{{{*this, AF_INET}, {*this, AF_INET6}}};
    std::vector<std::unique_ptr<Socket>> sockets_;
    NameAnswer answer_;
    bool ttl_known_ = false;
    bool ending_ = false;
};

Task<Result<NameAnswer>> DnsResolver::resolve(std::string host, Wait wait) {
    if (const std::optional<SocketAddress> numeric = numeric_address(host, 0)) co_return NameAnswer{{*numeric}, {}, {}};
    if (is_localhost(host)) co_return loopback();
    Result<NameAnswer> answer = co_await ask(host, 0, wait);
    if (answer || answer.error().detail != unreachable) co_return std::move(answer);
    // From a server that fails or refuses c-ares goes on to the next one, and in the end knows only that none was any
    // good. Asked once more, and believed at once, the first one says why.
    Result<NameAnswer> again = co_await ask(host, ARES_FLAG_NOCHECKRESP, wait);
    co_return std::move(again);
}

Task<Result<NameAnswer>> DnsResolver::ask(const std::string& host, int flags, Wait wait) {
    Lookup lookup{loop_, settings_, flags};
    Result<void> step = lookup.start(host);
    if (step) step = co_await lookup.done().wait(wait);
    if (!step) co_return step.error();
    co_return lookup.answer();
}

}   // namespace outrigger::net
