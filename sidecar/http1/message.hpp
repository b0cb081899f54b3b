// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <new>
#include <span>
#include <string_view>

// The vocabulary of a message, whatever its protocol version on the wire. All views point into memory that
// the maker of the head names (the exchange's arena, or a buffer that outlives the head).
namespace outrigger::http1 {

// The field names that mean something to a proxy. Each field's is found once, when the field comes in; nobody compares
// names after that.
enum class FieldName : std::uint8_t {
    other,   // means nothing here
    host,
    expect,
    user_agent,
    content_type,
    content_length,
    traceparent,
    tracestate,
    request_id,        // X-Request-Id
    forwarded_for,     // X-Forwarded-*
    forwarded_host,
    forwarded_proto,
    // Hop-by-hop, whether or not Connection names them.
    connection,
    keep_alive,
    te,
    transfer_encoding,
    upgrade,
    proxy_connection,
    proxy_authenticate,
    proxy_authorization,
};
[[nodiscard]] FieldName field_name(std::string_view name) noexcept;

// A set of them.
class FieldNames {
public:
    constexpr FieldNames() noexcept = default;
    constexpr FieldNames(std::initializer_list<FieldName> names) noexcept {
        for (const FieldName name : names) bits_ |= bit(name);
    }
    [[nodiscard]] constexpr bool contains(FieldName name) const noexcept { return (bits_ & bit(name)) != 0; }
    [[nodiscard]] friend constexpr FieldNames operator|(FieldNames a, FieldNames b) noexcept {
        a.bits_ |= b.bits_;
        return a;
    }

private:
    static constexpr std::uint32_t bit(FieldName name) noexcept { return 1U << static_cast<unsigned>(name); }
    std::uint32_t bits_ = 0;
};
inline constexpr FieldNames hop_by_hop{FieldName::connection,         FieldName::keep_alive,
                                       FieldName::te,                 FieldName::transfer_encoding,
                                       FieldName::upgrade,            FieldName::proxy_connection,
                                       FieldName::proxy_authenticate, FieldName::proxy_authorization};

struct Field {
    std::string_view name;   // as it came; compare without regard to case
    std::string_view value;  // without surrounding blanks
    FieldName known = FieldName::other;
    bool verbatim = false;   // in memory ": " stands between name and value, and CRLF behind: a line to be copied whole

    [[nodiscard]] const char* line_end() const noexcept { return value.data() + value.size() + 2; }   // if verbatim
};

// More fields than this is 431. HAProxy takes 101, Envoy 100.
inline constexpr std::size_t fields_max = 128;

// A message's fields in their order. Making and copying one touches only the fields that are there: the 5 KiB of
// storage are not initialised.
class Fields {
public:
    Fields() noexcept {}  // NOLINT: `= default` would zero the storage in `Fields{}`
    Fields(const Fields& other) noexcept { *this = other; }
    Fields& operator=(const Fields& other) noexcept {
        count_ = other.count_;
        connection_ = other.connection_;
        hidden_ = other.hidden_;
        if (this != &other) std::memcpy(storage_.data(), other.storage_.data(), count_ * sizeof(Field));
        return *this;
    }

    // The field as it stands now; null when full.
    [[nodiscard]] const Field* add(std::string_view name, std::string_view value, FieldName known,
                                   bool verbatim = false) noexcept {
        if (count_ == fields_max) return nullptr;
        if (known == FieldName::connection) connection_ = Connection::unread;
        return ::new (storage_.data() + count_++ * sizeof(Field)) Field{name, value, known, verbatim};
    }
    // False when full.
    [[nodiscard]] bool add(std::string_view name, std::string_view value) noexcept {
        return add(name, value, field_name(name)) != nullptr;
    }
    [[nodiscard]] std::span<const Field> all() const noexcept { return {data(), count_}; }
    [[nodiscard]] std::span<Field> all() noexcept { return {data(), count_}; }
    // Removes the fields for which `remove(field)` is true, keeping the others' order.
    template <class Predicate>
    void erase_if(Predicate remove) {
        const std::span<Field> fields = all();
        std::size_t kept = 0;
        for (const Field& field : fields)
            if (!remove(field)) fields[kept++] = field;
        count_ = kept;
    }
    // Fields with these names stay, so that nothing is moved, but are not for others: is_shown() is false and they are
    // not written.
    void hide(FieldNames names) noexcept { hidden_ = names; }
    [[nodiscard]] bool is_shown(const Field& field) const noexcept { return !hidden_.contains(field.known); }
    void clear() noexcept {
        count_ = 0;
        connection_ = Connection::unread;
        hidden_ = {};
    }

    // What the parser learned about the Connection fields, so that is_hop_by_hop() rarely has to search them.
    // `unread`: nobody looked. `plain`: they name only what is hop-by-hop anyway. `names_others`: they name
    // more.
    enum class Connection : std::uint8_t { unread, plain, names_others };
    void connection(Connection what) noexcept { connection_ = what; }
    [[nodiscard]] Connection connection() const noexcept { return connection_; }

private:
    [[nodiscard]] const Field* data() const noexcept {
        return std::launder(reinterpret_cast<const Field*>(storage_.data()));
    }
    [[nodiscard]] Field* data() noexcept { return std::launder(reinterpret_cast<Field*>(storage_.data())); }

    std::size_t count_ = 0;
    Connection connection_ = Connection::unread;
    FieldNames hidden_;
    // Only the first count_ are read.
    alignas(Field) std::array<std::byte, fields_max * sizeof(Field)> storage_;
};

// How a body's end is known.
enum class Framing : std::uint8_t {
    none,         // there is no body
    length,       // Content-Length, zero included
    chunked,      // Transfer-Encoding: chunked
    until_close,  // a response that ends with its connection
};

struct BodyPlan {
    Framing framing = Framing::none;
    std::uint64_t length = 0;  // only with Framing::length; at most 2^63-1
    friend bool operator==(const BodyPlan&, const BodyPlan&) = default;
};

// http2: only the preface of a connection with prior knowledge, which is relayed as an opaque tunnel.
enum class Version : std::uint8_t { http10, http11, http2 };

// The part of that preface that looks like a head (RFC 9113, section 3.4).
inline constexpr std::string_view http2_preface = "PRI * HTTP/2.0\r\n\r\n";

// Field names that this proxy itself reads, found while parsing so that nobody searches twice.
// Views are empty where the field is absent (an empty value counts as absent); of several fields the first
// one counts, except where it says otherwise.
// What a proxy says in its own name of a request that it sends on, beside the caller's fields.
struct ProxyFields {
    std::string_view forwarded_for;     // X-Forwarded-For: the whole list; empty: none of these three
    std::string_view forwarded_proto;   // X-Forwarded-*
    std::string_view forwarded_host;
    std::string_view request_id;        // X-Request-Id; empty: neither this nor the next
    std::string_view traceparent;
    std::string_view upgrade;           // what it offers to change to; empty: nothing
    bool takes_trailers = false;        // trailers can be passed on
};

struct RequestHead {
    std::string_view method;
    std::string_view target;  // as it came: origin-form, absolute-form, authority-form (CONNECT) or `*`
    std::string_view path;    // what goes upstream: origin-form path with query, or `*`; CONNECT: the target
    std::string_view host;    // Host, or the authority of an absolute-form target, which wins
    Version version = Version::http11;
    BodyPlan body;
    bool keep_alive = true;         // what the sender allows for this connection
    bool expects_continue = false;  // Expect: 100-continue, in HTTP/1.1 and with a body to wait for
    std::string_view upgrade;       // Upgrade, only when Connection names it, in HTTP/1.1
    bool takes_trailers = false;    // TE names trailers
    std::string_view connection;    // the first Connection field's value; is_hop_by_hop() knows them all
    std::string_view request_id;    // X-Request-Id
    std::string_view traceparent;  // W3C trace context; empty too when there are several: then none may go on
    std::string_view forwarded_for;                    // X-Forwarded-For, the LAST one that is not empty
    std::string_view forwarded_proto, forwarded_host;  // X-Forwarded-*
    std::string_view user_agent;
    ProxyFields own;  // none as it comes from a caller
    Fields fields;    // all fields in order, as they came; only Host is replaced where the target wins
};

struct ResponseHead {
    int status = 0;  // 100..999
    std::string_view reason_phrase;
    Version version = Version::http11;
    BodyPlan body;             // already knows about HEAD, 1xx, 204, 304
    std::string_view content_type;
    bool keep_alive = true;    // false with Framing::until_close
    std::string_view keep_alive_value;  // Keep-Alive, as it came
    std::string_view upgrade;  // Upgrade, only when Connection names it, in HTTP/1.1
    Fields fields;
};

}  // namespace outrigger::http1
