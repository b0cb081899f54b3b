// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "sidecar/net/fd.hpp"

// A name server that says what the test tells it to, on a free port of 127.0.0.1, by UDP and TCP, on a thread of its own.
namespace outrigger::net {

class DnsServer {
public:
    enum class Type : std::uint16_t { a = 1, cname = 5, aaaa = 28 };
    enum class Code : std::uint8_t { ok = 0, servfail = 2, nxdomain = 3, refused = 5 };
    struct Says {
        std::vector<std::string> addresses = {};
        std::uint32_t ttl = 60;
        Code code = Code::ok;
        bool silent = false;            // nothing at all
        bool truncated = false;         // by UDP: come again by TCP
        bool after_tcp = false;         // by UDP: only when somebody else's question has come by TCP
        bool wrong_id_first = false;    // somebody else's guess comes before the answer
        std::uint32_t alias_ttl = 0;    // not zero: the name is an alias of another one
    };

    DnsServer() {
        for (int attempt = 0; attempt < 50 && !tcp_.valid(); ++attempt) bind_both();
        if (!tcp_.valid()) throw std::runtime_error{"no free port for a name server"};
        thread_ = std::thread{[this] { run(); }};
    }
    ~DnsServer() {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(stop_.number(), &one, sizeof one);
        thread_.join();
    }
    // Names that it was told nothing of do not exist. A type that it was told nothing of has no address.
    void say(const std::string& name, Type type, Says says) {
        const std::scoped_lock lock{mutex_};
        names_[name][type] = std::move(says);
    }
    void forget(const std::string& name) {
        const std::scoped_lock lock{mutex_};
        names_.erase(name);
    }
    [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
    [[nodiscard]] int asked_by_udp() const { return count(by_udp_); }
    [[nodiscard]] int asked_by_tcp() const { return count(by_tcp_); }

private:
    static constexpr std::size_t header = 12;

    [[nodiscard]] int count(const int& which) const {
        const std::scoped_lock lock{mutex_};
        return which;
    }
    void bind_both() {
        sockaddr_in place{};
        place.sin_family = AF_INET;
        place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        udp_ = Fd{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
        ::bind(udp_.number(), reinterpret_cast<sockaddr*>(&place), sizeof place);
        socklen_t size = sizeof place;
        ::getsockname(udp_.number(), reinterpret_cast<sockaddr*>(&place), &size);
        Fd tcp{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        if (::bind(tcp.number(), reinterpret_cast<sockaddr*>(&place), sizeof place) != 0 ||
            ::listen(tcp.number(), 8) != 0)
            return;
        port_ = ntohs(place.sin_port);
        tcp_ = std::move(tcp);
    }
    void run() {
        std::vector<Fd> streams;
        for (;;) {
            std::vector<pollfd> waiting{{stop_.number(), POLLIN, 0}, {udp_.number(), POLLIN, 0}, {tcp_.number(), POLLIN, 0}};
            for (const Fd& stream : streams) waiting.push_back({stream.number(), POLLIN, 0});
            ::poll(waiting.data(), waiting.size(), -1);
            if (waiting[0].revents) return;
            if (waiting[1].revents) answer_datagram();
            for (std::size_t i = streams.size(); i-- > 0;)
                if (waiting[i + 3].revents && !answer_stream(streams[i].number()))
                    streams.erase(streams.begin() + static_cast<std::ptrdiff_t>(i));
            if (waiting[2].revents) streams.emplace_back(::accept(tcp_.number(), nullptr, nullptr));
        }
    }
    void answer_datagram() {
        std::array<char, 512> bytes;
        sockaddr_in from{};
        socklen_t size = sizeof from;
        const auto got = ::recvfrom(udp_.number(), bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
        if (got < static_cast<std::ptrdiff_t>(header)) return;
        const auto send = [&](const std::string& reply) {
            ::sendto(udp_.number(), reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
        };
        const std::scoped_lock lock{mutex_};
        ++by_udp_;
        const std::string_view question{bytes.data(), static_cast<std::size_t>(got)};
        const Says says = what_to_say(question);
        if (says.silent) return;
        if (says.after_tcp && by_tcp_ == 0) {
            held_back_ = [this, from, size, reply = reply_to(question, says, says.truncated)] {
                ::sendto(udp_.number(), reply.data(), reply.size(), 0, reinterpret_cast<const sockaddr*>(&from), size);
            };
            return;
        }
        if (says.wrong_id_first) {
            std::string guess = reply_to(question, {.addresses = {"6.6.6.6"}}, false);
            guess[1] = static_cast<char>(guess[1] ^ 0x55);
            send(guess);
        }
        send(reply_to(question, says, says.truncated));
    }
    // False: it has ended.
    bool answer_stream(int fd) {
        std::array<char, 514> bytes;
        const auto got = ::recv(fd, bytes.data(), bytes.size(), 0);   // a question comes in one piece on loopback
        if (got < static_cast<std::ptrdiff_t>(header + 2)) return false;
        const std::scoped_lock lock{mutex_};
        ++by_tcp_;
        const std::string_view question{bytes.data() + 2, static_cast<std::size_t>(got) - 2};
        const std::string reply = reply_to(question, what_to_say(question), false);
        std::string framed;
        append16(framed, static_cast<std::uint16_t>(reply.size()));
        framed += reply;
        const auto sent = ::send(fd, framed.data(), framed.size(), MSG_NOSIGNAL);
        if (auto late = std::exchange(held_back_, nullptr)) late();
        return sent == static_cast<std::ptrdiff_t>(framed.size());
    }

    static std::string name_in(std::string_view question) {
        std::string name;
        for (std::size_t at = header; at < question.size() && question[at] != 0;) {
            const auto length = static_cast<std::size_t>(question[at]);
            if (!name.empty()) name += '.';
            name += question.substr(at + 1, length);
            at += length + 1;
        }
        return name;
    }
    [[nodiscard]] Says what_to_say(std::string_view question) const {
        const std::string name = name_in(question);
        const auto known = names_.find(name);
        if (known == names_.end()) return {.code = Code::nxdomain};
        const std::size_t type_at = header + name.size() + 2;
        const auto type = static_cast<Type>(static_cast<unsigned char>(question[type_at + 1]));
        const auto says = known->second.find(type);
        return says == known->second.end() ? Says{} : says->second;
    }
    static std::string reply_to(std::string_view question, const Says& says, bool truncated) {
        const std::size_t question_end = header + name_in(question).size() + 6;
        std::string reply{question.substr(0, 2)};
        const unsigned flags = 0x8180U | (truncated ? 0x0200U : 0U) | static_cast<unsigned>(says.code);
        append16(reply, static_cast<std::uint16_t>(flags));
        append16(reply, 1);
        const bool answers = says.code == Code::ok && !truncated;
        const std::size_t count = answers ? says.addresses.size() + (says.alias_ttl ? 1 : 0) : 0;
        append16(reply, static_cast<std::uint16_t>(count));
        append16(reply, 0);
        append16(reply, 0);
        reply += question.substr(header, question_end - header);
        if (!answers) return reply;
        std::uint16_t owner = 0xc000U | header;   // a pointer to the question's name
        if (says.alias_ttl) owner = append_alias(reply, says.alias_ttl);
        for (const std::string& address : says.addresses) append_address(reply, owner, says.ttl, address);
        return reply;
    }
    // The name is an alias of real.test; returns a pointer to that name.
    static std::uint16_t append_alias(std::string& reply, std::uint32_t ttl) {
        append_record(reply, 0xc000U | header, Type::cname, ttl, std::string{"\x04real\x04test\x00", 11});
        return static_cast<std::uint16_t>(0xc000U | (reply.size() - 11));
    }
    static void append_address(std::string& reply, std::uint16_t owner, std::uint32_t ttl, const std::string& address) {
        std::array<char, 16> bytes;
        const bool v4 = ::inet_pton(AF_INET, address.c_str(), bytes.data()) == 1;
        if (!v4) ::inet_pton(AF_INET6, address.c_str(), bytes.data());
        append_record(reply, owner, v4 ? Type::a : Type::aaaa, ttl, std::string{bytes.data(), v4 ? 4U : 16U});
    }
    static void append_record(std::string& reply, std::uint16_t owner, Type type, std::uint32_t ttl, const std::string& data) {
        append16(reply, owner);
        append16(reply, static_cast<std::uint16_t>(type));
        append16(reply, 1);
        append16(reply, static_cast<std::uint16_t>(ttl >> 16U));
        append16(reply, static_cast<std::uint16_t>(ttl));
        append16(reply, static_cast<std::uint16_t>(data.size()));
        reply += data;
    }
    static void append16(std::string& to, std::uint16_t value) {
        to += static_cast<char>(value >> 8U);
        to += static_cast<char>(value & 0xffU);
    }

    Fd stop_{::eventfd(0, EFD_CLOEXEC)};
    Fd udp_;
    Fd tcp_;
    std::uint16_t port_ = 0;
    mutable std::mutex mutex_;   // guards what follows
    std::map<std::string, std::map<Type, Says>> names_;
    int by_udp_ = 0;
    int by_tcp_ = 0;
    std::function<void()> held_back_;
    std::thread thread_;
};

}   // namespace outrigger::net
