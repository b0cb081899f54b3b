// SPDX-License-Identifier: Apache-2.0
#include "field_value.hpp"

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <cxxabi.h>
#include <memory>
#include <typeinfo>

namespace outrigger::logging {
namespace {

// Beyond it a double, which is what JavaScript and many others read numbers as, does not hold all whole numbers.
constexpr std::uint64_t exact_max = std::uint64_t{1} << 53;

template <class Number>
void digits_as_text(JsonWriter& json, Plain name, Number value) {
    std::array<char, 24> text;
    const char* const end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    json.plain(name, {text.data(), static_cast<std::size_t>(end - text.data())});
}

struct Freed {
    void operator()(char* text) const noexcept { std::free(text); }
};

// As it is written in the source, if there is memory for it.
std::size_t copy_type_name(const std::exception& error, std::span<char> to) noexcept {
    const char* const mangled = typeid(error).name();
    int status = 0;
    const std::unique_ptr<char, Freed> readable{abi::__cxa_demangle(mangled, nullptr, nullptr, &status)};
    return std::string_view{readable ? readable.get() : mangled}.copy(to.data(), to.size());
}

}   // namespace

void write_value(JsonWriter& json, Plain name, const Field& field, std::size_t most_text) {
    switch (field.kind()) {
        case Field::Kind::text: return json.field(name, utf8_cut(field.text(), most_text));
        case Field::Kind::boolean: return json.field(name, field.boolean());
        case Field::Kind::real: return json.field(name, field.real());
        case Field::Kind::natural:
            if (field.natural() > exact_max) return digits_as_text(json, name, field.natural());
            return json.field(name, field.natural());
        case Field::Kind::integer: {
            constexpr auto most = static_cast<std::int64_t>(exact_max);
            if (field.integer() > most || field.integer() < -most) return digits_as_text(json, name, field.integer());
            return json.field(name, field.integer());
        }
        case Field::Kind::json:
            if (field.text().size() > most_text) return json.plain(name, "[cut]");
            return json.verbatim(name, field.text());
        case Field::Kind::null:
        case Field::Kind::exception: break;
    }
    json.null(name);
}

std::string_view json_of(const Field& field, std::vector<char>& buffer) {
    JsonWriter json{buffer};
    write_value(json, "n", field, uncut);
    const std::string_view object = json.finish();   // {"n":value}\n
    return object.substr(5, object.size() - 7);
}

std::span<const Field> ErrorFields::expanded(const Field& field) noexcept {
    if (field.kind() != Field::Kind::exception) return {&field, 1};
    const std::size_t size = copy_type_name(field.exception(), type_);
    two_[0] = Field{"error.type", Field::Kind::text, {type_.data(), size}};
    two_[1] = logging::field("error.message", field.exception().what());
    return two_;
}

}   // namespace outrigger::logging
