// SPDX-License-Identifier: Apache-2.0
// The two ends of a log shipper under load.
//
//   outrigger_log_peer sink RECORDS              takes lines over TCP on a free port until it has so many of them
//   outrigger_log_peer feed PORT RECORDS BYTES   sends so many lines of so many bytes
//
// The sink writes "listening PORT", and at the end a line of JSON: records, bytes, and the seconds from the first byte
// to the last line.
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <outrigger/core/clock.hpp>

using namespace outrigger;

namespace {

constexpr int patience_milliseconds = 60'000;

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

int fail(const char* what) {
    std::perror(what);
    return 1;
}

int listener() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || ::listen(fd, 16) != 0)
        return -1;
    socklen_t size = sizeof address;
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    std::printf("listening %u\n", ntohs(address.sin_port));
    std::fflush(stdout);
    return fd;
}

int sink(std::uint64_t wanted) {
    const SystemClock clock;
    std::vector<char> buffer(std::size_t{1} << 20);
    std::vector<pollfd> descriptors{{listener(), POLLIN, 0}};
    std::uint64_t records = 0;
    std::uint64_t bytes = 0;
    Instant first = never;
    while (records < wanted) {
        if (::poll(descriptors.data(), descriptors.size(), patience_milliseconds) <= 0) return fail("no record");
        if ((descriptors[0].revents & POLLIN) != 0)
            descriptors.push_back({::accept(descriptors[0].fd, nullptr, nullptr), POLLIN, 0});
        for (std::size_t i = 1; i < descriptors.size(); ++i) {
            if (descriptors[i].revents == 0) continue;
            const auto size = ::recv(descriptors[i].fd, buffer.data(), buffer.size(), 0);
            if (size <= 0) return fail("a connection ended");
            if (first == never) first = clock.now();
            bytes += static_cast<std::uint64_t>(size);
            records += static_cast<std::uint64_t>(std::count(buffer.data(), buffer.data() + size, '\n'));
        }
    }
    const double seconds = std::chrono::duration<double>(clock.now() - first).count();
    std::printf("{\"records\":%lu,\"bytes\":%lu,\"seconds\":%.6f}\n", records, bytes, seconds);
    std::fflush(stdout);
    // What comes after the last record is no part of it, but who sends it must not find a closed connection.
    for (std::size_t i = 1; i < descriptors.size(); ++i)
        while (::poll(&descriptors[i], 1, patience_milliseconds) > 0 &&
               ::recv(descriptors[i].fd, buffer.data(), buffer.size(), 0) > 0) {
        }
    return 0;
}

int feed(std::uint16_t port, std::uint64_t records, std::size_t size) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(port);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return fail("connect");
    std::string lines;
    constexpr std::uint64_t at_once = 1000;
    for (std::uint64_t i = 0; i < at_once; ++i) {
        const std::string head = "<14>Nov 20 10:00:00 host program: ";   // what imtcp needs no guess for
        lines += head + std::string(size - head.size() - 1, 'x') + '\n';
    }
    for (std::uint64_t sent = 0; sent < records; sent += at_once) {
        std::string_view left = std::string_view{lines}.substr(0, std::min(at_once, records - sent) * size);
        while (!left.empty()) {
            const auto count = ::send(fd, left.data(), left.size(), MSG_NOSIGNAL);
            if (count <= 0) return fail("send");
            left.remove_prefix(static_cast<std::size_t>(count));
        }
    }
    ::close(fd);
    return 0;
}

}   // namespace

int main(int count, char** words) {
    const std::string what = count > 2 ? words[1] : "";
    if (what == "sink") return sink(std::stoull(words[2]));
    if (what == "feed" && count == 5)
        return feed(static_cast<std::uint16_t>(std::stoul(words[2])), std::stoull(words[3]), std::stoul(words[4]));
    std::fputs("usage: outrigger_log_peer sink RECORDS | feed PORT RECORDS BYTES\n", stderr);
    return 2;
}
