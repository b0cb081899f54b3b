// SPDX-License-Identifier: Apache-2.0
#include "sidecar/proxy/local_reply.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "sidecar/http1/writer.hpp"

namespace outrigger::proxy {
namespace {

// Text into the arena, piece by piece; bounded, cut at the bound.
class Text {
public:
    explicit Text(net::Arena& arena, std::size_t bound) : arena_{arena}, room_{arena.room(bound)} {}
    Text& operator<<(std::string_view bytes) noexcept {
        const std::size_t count = std::min(bytes.size(), room_.size() - size_);
        std::copy_n(bytes.data(), count, room_.data() + size_);
        size_ += count;
        return *this;
    }
    Text& operator<<(std::int64_t number) noexcept {
        std::array<char, 24> digits;
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
        return *this << std::string_view{digits.data(), static_cast<std::size_t>(end - digits.data())};
    }
    // As the inside of a JSON string. Details are ours and request ids visible ASCII: few characters need care.
    Text& escaped(std::string_view bytes) noexcept {
        for (const char& c : bytes) {
            if (c == '"' || c == '\\') *this << "\\";
            *this << (static_cast<unsigned char>(c) < 0x20 ? std::string_view{" "} : std::string_view{&c, 1});
        }
        return *this;
    }
    [[nodiscard]] std::string_view done() noexcept {
        arena_.keep(size_);
        return {room_.data(), size_};
    }

private:
    net::Arena& arena_;
    std::span<char> room_;
    std::size_t size_ = 0;
};

std::string_view problem_json(const LocalReply& reply, const ReasonFacts& facts, net::Arena& arena) {
    Text json{arena, 2048};
    json << "{\"status\":" << facts.status << ",\"title\":\"" << facts.title << "\",\"detail\":\"";
    json.escaped(reply.detail) << "\",\"reason\":\"" << facts.word << "\"";
    if (!reply.request_id.empty()) (json << ",\"request_id\":\"").escaped(reply.request_id) << "\"";
    return (json << "}\n").done();
}

std::string_view proxy_status(const ReasonFacts& facts, net::Arena& arena) {
    Text text{arena, 160};
    text << "outrigger";
    if (!facts.proxy_error.empty()) text << "; error=" << facts.proxy_error;
    return (text << "; details=\"" << facts.word << "\"").done();
}

}  // namespace

std::uint64_t write_local_reply(const LocalReply& reply, http1::HttpServerStream& downstream, net::Arena& arena,
                                bool to_head, std::string_view allow) {
    const ReasonFacts& facts = outrigger::facts(reply.fault.reason);
    http1::ResponseHead head;
    head.status = facts.status;
    head.reason_phrase = http1::reason_phrase(facts.status);
    const std::string_view body = problem_json(reply, facts, arena);
    head.body = {http1::Framing::length, body.size()};
    // A handful of fields: there is room.
    (void)head.fields.add("Content-Type", "application/problem+json");
    (void)head.fields.add("Proxy-Status", proxy_status(facts, arena));
    (void)head.fields.add("Cache-Control", "no-store");
    if (!reply.request_id.empty()) (void)head.fields.add("X-Request-Id", reply.request_id);
    if (!allow.empty()) (void)head.fields.add("Allow", allow);
    if (reply.fault.retry_after > Duration::zero()) {
        Text seconds{arena, 24};
        seconds << std::chrono::ceil<std::chrono::seconds>(reply.fault.retry_after).count();
        (void)head.fields.add("Retry-After", seconds.done());
    }
    downstream.write_head(head, arena);
    if (!to_head) downstream.write_body(body);
    downstream.end_body({});
    return to_head ? 0 : body.size();
}

std::string_view explain(const Fault& fault, std::string_view endpoint, net::Arena& arena) {
    std::string_view meaning = facts(fault.reason).meaning;
    if (fault.detail.empty()) return meaning;
    meaning.remove_suffix(1);   // its full stop: the particulars follow
    Text text{arena, 512};
    text << meaning << ": " << endpoint << (endpoint.empty() ? "" : ": ") << fault.detail;
    if (fault.os_error) {
        std::array<char, 128> buffer;
        text << ": " << std::string_view{::strerror_r(fault.os_error, buffer.data(), buffer.size())};
    }
    text << ".";
    return text.done();
}

}  // namespace outrigger::proxy
