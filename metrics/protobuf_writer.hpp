// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace outrigger::metrics {

// Writes protocol buffer messages (the wire format of protobuf.dev, "Encoding"): no schema, no reflection, no library.
// The caller names field numbers and types. Zero values are written too: readers of proto2 tell them from absent ones.
class ProtobufWriter {
public:
    void varint(int field, std::uint64_t value) {
        key(field, 0);
        raw_varint(value);
    }
    void signed_varint(int field, std::int64_t value) { varint(field, zigzag(value)); }   // sint32, sint64
    void fixed(int field, double value) {
        key(field, 1);
        auto bits = std::bit_cast<std::uint64_t>(value);
        std::array<char, 8> bytes;
        for (char& byte : bytes) {   // little-endian on every machine
            byte = static_cast<char>(bits & 0xff);
            bits >>= 8;
        }
        page_.append(bytes.data(), bytes.size());
    }
    void text(int field, std::string_view value) {
        key(field, 2);
        raw_varint(value.size());
        page_ += value;
    }
    // A message within this one: `write()` writes its fields.
    template <class Write>
    void message(int field, Write write) {
        key(field, 2);
        delimited(write);
    }
    // What `write()` writes, behind its length.
    template <class Write>
    void delimited(Write write) {
        const std::size_t length_at = page_.size();
        page_ += '\0';   // the length of a short message, which most are
        write();
        const std::size_t length = page_.size() - length_at - 1;
        if (length < 0x80) {
            page_[length_at] = static_cast<char>(length);
            return;
        }
        std::array<char, varint_max> bytes;
        page_.replace(length_at, 1, bytes.data(), encode(length, bytes));
    }
    // A packed repeated field of sint64.
    template <class Range>
    void packed_signed(int field, const Range& values) {
        if (values.empty()) return;
        message(field, [&] {
            for (const std::int64_t value : values) raw_varint(zigzag(value));
        });
    }

    void reserve(std::size_t bytes) { page_.reserve(bytes); }
    [[nodiscard]] std::string take() && { return std::move(page_); }

private:
    static constexpr std::size_t varint_max = 10;

    static constexpr std::uint64_t zigzag(std::int64_t value) noexcept {
        return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
    }
    static std::size_t encode(std::uint64_t value, std::array<char, varint_max>& bytes) noexcept {
        std::size_t size = 0;
        for (; value >= 0x80; value >>= 7) bytes[size++] = static_cast<char>(value | 0x80);
        bytes[size++] = static_cast<char>(value);
        return size;
    }
    void raw_varint(std::uint64_t value) {
        if (value < 0x80) {
            page_ += static_cast<char>(value);
            return;
        }
        std::array<char, varint_max> bytes;
        page_.append(bytes.data(), encode(value, bytes));
    }
    void key(int field, unsigned wire_type) { raw_varint(static_cast<std::uint64_t>(field) << 3 | wire_type); }

    std::string page_;
};

}  // namespace outrigger::metrics
