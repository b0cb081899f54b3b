// SPDX-License-Identifier: Apache-2.0
#include "sidecar/http1/parser.hpp"

#include "sidecar/http1/known_name.hpp"
#include "sidecar/http1/partial_head.hpp"
#include "sidecar/http1/request_head.hpp"
#include "sidecar/http1/response_head.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>

namespace outrigger::http1 {

namespace {

Result<void> request_result(Refusal refusal) noexcept {
    return refusal == nullptr ? Result<void>{} : Result<void>{*refusal};
}

Result<void> response_result(Refusal refusal) noexcept {
    if (refusal == nullptr) return {};
    return Fault{Reason::upstream_protocol_error, refusal->detail};
}

}  // namespace

std::size_t head_end(std::string_view bytes, std::size_t scanned) noexcept {
    const char* const begin = bytes.data();
    const char* const end = begin + bytes.size();
    // The tail's last LF stands at index 3 or later; the three bytes before a new one may have been seen already.
    const char* at = begin + std::min(bytes.size(), std::max<std::size_t>(scanned, 3));
    while ((at = find_empty_line(at, end)) != end) {
        ++at;
        if (std::memcmp(at - head_tail.size(), head_tail.data(), head_tail.size()) == 0)
            return static_cast<std::size_t>(at - begin);
    }
    return 0;
}

Result<void> parse_request(std::string_view bytes, const HeadLimits& limits, RequestHead& head) noexcept {
    ::new (&head) RequestHead;  // anew, in place; `{}` would let g++ 12 zero all 5 KiB
    return request_result(read_request(bytes, limits, head));
}

Result<void> check_partial_request(std::string_view bytes, const HeadLimits& limits,
                                   std::size_t scanned) noexcept {
    return request_result(check_request_start(bytes, limits, scanned));
}

Result<void> parse_response(std::string_view bytes, const HeadLimits& limits, bool to_head_request,
                            ResponseHead& head) noexcept {
    ::new (&head) ResponseHead;
    return response_result(read_response(bytes, limits, to_head_request, head));
}

Result<void> check_partial_response(std::string_view bytes, const HeadLimits& limits,
                                    std::size_t scanned) noexcept {
    return response_result(check_response_start(bytes, limits, scanned));
}

FieldName field_name(std::string_view name) noexcept { return known_name(name); }

bool is_hop_by_hop(const Field& field, const Fields& fields) noexcept {
    constexpr FieldNames never{FieldName::host, FieldName::content_length};
    if (hop_by_hop.contains(field.known)) return true;
    if (fields.connection() == Fields::Connection::plain || never.contains(field.known)) return false;
    bool named = false;
    for (const Field& other : fields.all()) {
        if (other.known != FieldName::connection) continue;
        static_cast<void>(for_each_element(other.value, [&](std::string_view option) -> Refusal {
            named = named || (!option.empty() && same_name(option, field.name));
            return nullptr;
        }));
    }
    return named;
}

bool is_hop_by_hop(std::string_view name, const Fields& fields) noexcept {
    return is_hop_by_hop(Field{name, {}, known_name(name)}, fields);
}

bool is_idempotent(std::string_view method) noexcept {
    constexpr std::array<std::string_view, 6> methods{"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"};
    return std::find(methods.begin(), methods.end(), method) != methods.end();
}

bool same_name(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return false;
    std::size_t i = 0;
    for (; i + 8 <= a.size(); i += 8) {
        const std::uint64_t left = load8(a.data() + i);
        const std::uint64_t right = load8(b.data() + i);
        if (left != right && lower8(left) != lower8(right)) return false;
    }
    for (; i < a.size(); ++i)
        if (lower(a[i]) != lower(b[i])) return false;
    return true;
}

std::string_view value_of(const Fields& fields, std::string_view name) noexcept {
    for (const Field& field : fields.all())
        if (same_name(field.name, name)) return field.value;
    return {};
}

}  // namespace outrigger::http1
