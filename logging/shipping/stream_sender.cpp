// SPDX-License-Identifier: Apache-2.0
#include "stream_sender.hpp"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

namespace outrigger::logging {
namespace {

using namespace std::chrono_literals;

constexpr Duration look_for_acknowledgements = 20ms;   // the kernel tells nobody when they come
constexpr Duration stall = 100ms;                      // a peer that takes nothing for so long
constexpr Duration settle_at_end = 250ms;              // instead of `settle`, if the peer does not close

std::uint64_t bytes_acked(int socket) noexcept {
    tcp_info info{};
    socklen_t size = sizeof info;
    if (::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return 0;
    return info.tcpi_bytes_acked;
}

std::uint64_t bytes_in_kernel(int socket) noexcept {   // neither acknowledged nor forgotten
    int count = 0;
    return ::ioctl(socket, SIOCOUTQ, &count) == 0 && count > 0 ? static_cast<std::uint64_t>(count) : 0;
}

}   // namespace

StreamSender::StreamSender(Transfers& transfers, const Destination& to, const Destination::Host& host,
                           const StreamSettings& settings)
    : settings_{settings}, transfer_{transfers, to, host, settings.ca} {
    transfer_.set(CURLOPT_CONNECT_ONLY, 1L);
    transfer_.set(CURLOPT_SSL_ENABLE_ALPN, 0L);   // what is spoken has no name there
    transfer_.set(CURLOPT_FRESH_CONNECT, 1L);
    const auto timeout = std::chrono::ceil<std::chrono::milliseconds>(settings_.timeout);
    transfer_.set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(timeout.count()));
}

StreamSender::~StreamSender() { close(); }

bool StreamSender::ready() const noexcept {
    const std::uint64_t settled = sent_.empty() ? written_ : sent_.front().written;
    return !pending_ && !finishing_ && written_ - settled <= 2 * settings_.settle_after.count();
}

void StreamSender::send(Parcel parcel, Instant now) {
    pending_ = std::move(parcel);
    offset_ = 0;
    if (sent_.empty()) moved_ = now;
    if (state_ == State::idle) connect(now);
}

void StreamSender::connect(Instant now) {
    state_ = State::connecting;
    moved_ = now;
    transfer_.start();
}

void StreamSender::advance(Instant now, std::vector<Outcome>& ended) {
    if (state_ == State::connecting && !transfer_.running()) {
        if (transfer_.result() != CURLE_OK) return lose(transfer_.failure(), ended);
        connected();
        moved_ = now;
    }
    if (state_ == State::open && (!read(now, ended) || !write(now, ended))) return;
    if (state_ == State::open) settle(now, ended);
    if (state_ != State::idle && waits_for_peer() && now >= after(moved_, settings_.timeout))
        lose("the receiver takes nothing", ended);
}

void StreamSender::connected() {
    curl_socket_t socket = CURL_SOCKET_BAD;
    transfer_.read(CURLINFO_ACTIVESOCKET, &socket);
    socket_ = socket;
    state_ = State::open;
    written_ = acked_ = 0;
    finished_ = false;
}

// Nothing is expected but the end. A peer that has been told that nothing more comes, and closes in turn, has read all.
bool StreamSender::read(Instant, std::vector<Outcome>& ended) {
    std::array<char, 4096> scratch;
    for (int turns = 16; turns > 0; --turns) {
        std::size_t size = 0;
        const CURLcode code = curl_easy_recv(transfer_.easy(), scratch.data(), scratch.size(), &size);
        if (code == CURLE_AGAIN) return true;
        if (code == CURLE_OK && size > 0) continue;
        if (code == CURLE_OK && finished_ && acknowledged() >= (sent_.empty() ? 0 : sent_.back().end)) {
            for (const Sent& sent : sent_) deliver(sent, ended);
            sent_.clear();
            close();
        } else if (sent_.empty() && !pending_) {
            close();   // nothing was under way: nobody has to know
        } else {
            lose(code == CURLE_OK ? "the receiver has closed the connection"
                                  : "the connection broke: " + transfer_.failure(),
                 ended);
        }
        return false;
    }
    return true;
}

bool StreamSender::write(Instant now, std::vector<Outcome>& ended) {
    while (pending_) {
        const std::size_t left = pending_->lines.size() - offset_;
        std::size_t taken = 0;
        const CURLcode code =
            left == 0 ? CURLE_OK : curl_easy_send(transfer_.easy(), pending_->lines.data() + offset_, left, &taken);
        if (code == CURLE_AGAIN) return true;
        if (code != CURLE_OK) {
            lose("the connection broke: " + transfer_.failure(), ended);
            return false;
        }
        moved_ = now;
        written_ += taken;
        offset_ += taken;
        if (offset_ < pending_->lines.size()) continue;
        sent_.push_back(
            {.batch = pending_->batch, .records = pending_->records, .end = end_of_written(), .written = written_});
        pending_.reset();
    }
    if (finishing_ && !finished_) {
        ::shutdown(socket_, SHUT_WR);
        finished_ = true;
    }
    return true;
}

void StreamSender::settle(Instant now, std::vector<Outcome>& ended) {
    if (sent_.empty()) return;
    if (!sent_.back().acked) {
        const std::uint64_t acked = acknowledged();
        if (acked != acked_) moved_ = now;
        acked_ = acked;
        for (Sent& sent : sent_)
            if (!sent.acked && sent.end <= acked_) sent.acked = now;
        looks_at_ = after(now, look_for_acknowledgements);
    }
    if (stalls(now)) return;   // what the peer's kernel has may be read by nobody
    while (!sent_.empty() && sent_.front().acked) {
        const Sent& first = sent_.front();
        if (now < after(*first.acked, settles_in()) && written_ - first.written < settings_.settle_after.count())
            return;
        deliver(first, ended);
        sent_.pop_front();
    }
}

void StreamSender::deliver(const Sent& sent, std::vector<Outcome>& ended) {
    ended.push_back(
        {.kind = Outcome::Kind::delivered, .parcel = {.batch = sent.batch, .records = sent.records, .lines = {}}});
}

void StreamSender::lose(std::string detail, std::vector<Outcome>& ended) {
    close();
    sent_.clear();
    pending_.reset();
    ended.push_back({.kind = Outcome::Kind::lost, .detail = std::move(detail)});
}

void StreamSender::close() {
    transfer_.stop();   // of a handle that only connects, this closes the connection
    socket_ = -1;
    state_ = State::idle;
}

bool StreamSender::stalls(Instant now) const noexcept { return pending_ && now >= after(moved_, stall); }

Duration StreamSender::settles_in() const noexcept {
    return finishing_ ? std::min(settings_.settle, settle_at_end) : settings_.settle;
}

std::uint64_t StreamSender::acknowledged() const noexcept { return bytes_acked(socket_); }

// With TLS only the kernel knows how many bytes ours became: acknowledged and waiting ones, counted at an instant in
// which no acknowledgement came.
std::uint64_t StreamSender::end_of_written() const noexcept {
    std::uint64_t acked = bytes_acked(socket_);
    for (int tries = 8; tries > 0; --tries) {
        const std::uint64_t waiting = bytes_in_kernel(socket_);
        const std::uint64_t acked_now = bytes_acked(socket_);
        if (acked_now == acked) return acked + waiting;
        acked = acked_now;
    }
    return acked + bytes_in_kernel(socket_);
}

Instant StreamSender::wakes_at() const noexcept {
    if (state_ == State::idle) return never;
    if (state_ == State::connecting) return after(moved_, settings_.timeout);
    Instant at = waits_for_peer() ? after(moved_, settings_.timeout) : never;
    if (sent_.empty()) return at;
    if (!sent_.back().acked) at = std::min(at, looks_at_);
    if (sent_.front().acked && !pending_) at = std::min(at, after(*sent_.front().acked, settles_in()));
    return at;
}

void StreamSender::watch(std::vector<pollfd>& descriptors) const {
    if (state_ == State::open)
        descriptors.push_back({socket_, static_cast<short>(pending_ ? POLLIN | POLLOUT : POLLIN), 0});
}

void StreamSender::finish(Instant) { finishing_ = true; }

}   // namespace outrigger::logging
