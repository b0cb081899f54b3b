// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "sidecar/config/effective.hpp"
#include "sidecar/config/expectation.hpp"
#include "sidecar/config/json_document.hpp"
#include "sidecar/config/load.hpp"
#include "sidecar/config/remarks.hpp"

// The visitor that writes the JSON Schema. The schema accepts whatever load_text accepts; it knows names,
// types, patterns and the ranges of plain numbers, not the ranges of texts and not the rules between keys.
namespace outrigger::config {
namespace {

// Alternatives, flat: one stands alone.
Json any_of(std::vector<Json> forms) {
    if (forms.size() == 1) return std::move(forms.front());
    Json list = Json::array();
    for (Json& form : forms) list.push_back(std::move(form));
    return {{"anyOf", std::move(list)}};
}

Json environment_form() { return {{"$ref", "#/$defs/environment"}}; }
Json null_form() { return {{"type", "null"}}; }

template <std::integral T>
Json number_of(T value) {
    return value;
}
Json number_of(double value) { return value; }
Json number_of(Bytes value) { return value.count(); }
Json number_of(Ratio value) { return value.fraction(); }

template <class T, class... Options>
Json number_form(std::string_view type, const Options&... options) {
    Json form{{"type", type}};
    if constexpr (requires(const T& value) { number_of(value); }) {
        const Limits<T> limits = limits_of<T>(options...);
        form["minimum"] = limits.low ? number_of(*limits.low) : Json(0);
        if (limits.high)
            form["maximum"] = number_of(*limits.high);
        else if constexpr (std::same_as<T, Ratio>)
            form["maximum"] = 1;
    } else {
        form["minimum"] = 0;
    }
    return form;
}

template <class T, class... Options>
Json text_form(const Options&...) {
    Json form{{"type", "string"}};
    if constexpr (DescribedEnum<T>) {
        form["enum"] = Json::array();
        for (const auto& word : words_of(T{})) form["enum"].push_back(word.word);
    }
    if constexpr (has_option<NotEmpty, Options...>) form["minLength"] = 1;
    if (!TextFormat<T>::pattern.empty()) form["pattern"] = TextFormat<T>::pattern;
    return form;
}

template <Textual T, class... Options>
std::vector<Json> scalar_forms(const Options&... options) {
    constexpr Notation notation = TextFormat<T>::notation;
    if constexpr (std::same_as<T, std::string>) return {text_form<T>(options...)};
    std::vector<Json> forms;
    if constexpr (notation == Notation::boolean) forms.push_back({{"type", "boolean"}});
    if constexpr (notation == Notation::integer || notation == Notation::text_or_integer)
        forms.push_back(number_form<T>("integer", options...));
    if constexpr (notation == Notation::text_or_number) forms.push_back(number_form<T>("number", options...));
    if constexpr (notation != Notation::boolean && notation != Notation::integer)
        forms.push_back(text_form<T>(options...));
    forms.push_back(environment_form());
    return forms;
}

// Collects the fields of one struct.
class SchemaWriter {
public:
    template <class T, class... Options>
    void operator()(std::string_view name, const T& value, std::string_view help, const Options&... options) {
        Json property{{"description", std::string{help} + remarks<T>(options...)}};
        property.update(any_of(forms_of(value, options...)));
        if constexpr (!has_option<Required, Options...> && !has_option<Secret, Options...>)
            property["default"] = to_json(EffectiveWriter::node_of(value));
        keys_.properties[std::string{name}] = std::move(property);
        if constexpr (has_option<Required, Options...>) keys_.required.push_back(name);
    }
    template <class T, class... Options>
    void operator()(Entries, const NamedMap<T>&, std::string_view help, const Options&... options) {
        others_ = any_of(forms_of(starting_value<T>(options...), options...));
        others_["description"] = std::string{help} + remarks<T>(options...);
    }
    template <class... Alternatives>
    void operator()(Choice, const std::variant<Alternatives...>&, std::string_view) {
        (kinds_.push_back(keys_of_alternative<Alternatives>()), ...);
    }

    // What may stand for a T whose parts have these values as defaults.
    template <class T, class... Options>
    static std::vector<Json> forms_of(const T& value, const Options&... options) {
        if constexpr (Textual<T>) {
            return scalar_forms<T>(options...);
        } else if constexpr (IsOptional<T>) {
            return optional_forms<typename T::value_type>(options...);
        } else if constexpr (IsVariant<T>) {
            return variant_forms(std::type_identity<T>{}, options...);
        } else if constexpr (IsList<T>) {
            const auto item = starting_value<typename T::value_type>(options...);
            return {Json{{"type", "array"}, {"items", any_of(forms_of(item, options...))}}, null_form()};
        } else if constexpr (IsNamedMap<T>) {
            return {named_form(value, options...), null_form()};
        } else {
            return struct_forms(value);
        }
    }

    template <Described T>
    static std::vector<Json> struct_forms(const T& value) {
        SchemaWriter writer;
        describe(value, writer);
        std::vector<Json> forms = std::move(writer).objects();
        if (forms.size() == 1 && !forms.front().contains("required")) forms.push_back(null_form());
        if constexpr (HasShortForm<T>) {
            const Json field = forms.front().at("properties").at(std::string{T::short_form});
            for (const Json& form : field.at("anyOf"))
                forms.push_back(form);   // a scalar, or the environment
        }
        return forms;
    }

private:
    struct Keys {
        Json properties = Json::object();
        Json required = Json::array();
    };

    template <class T>
    static Keys keys_of_alternative() {
        SchemaWriter writer;
        const T prototype{};
        describe(prototype, writer);
        return std::move(writer.keys_);
    }
    template <class T, class... Options>
    static std::vector<Json> optional_forms(const Options&... options) {
        std::vector<Json> forms = forms_of(starting_value<T>(options...), options...);
        if constexpr (Textual<T>) forms.push_back({{"const", ""}});
        if (forms.back() != null_form()) forms.push_back(null_form());
        return forms;
    }
    template <class... Forms, class... Options>
    static std::vector<Json> variant_forms(std::type_identity<std::variant<Forms...>>,
                                           const Options&... options) {
        std::vector<Json> all;
        const auto add = [&](std::vector<Json> forms) {
            for (Json& form : forms)
                if (form != environment_form() && form != null_form()) all.push_back(std::move(form));
        };
        (add(forms_of(Forms{}, options...)), ...);
        all.push_back(environment_form());
        return all;
    }
    template <class T, class... Options>
    static Json named_form(const NamedMap<T>&, const Options&... options) {
        return {{"type", "object"},
                {"propertyNames", {{"pattern", entry_name_pattern}}},
                {"additionalProperties", any_of(forms_of(starting_value<T>(options...), options...))}};
    }
    // One object, or one for each kind that the struct may be of.
    std::vector<Json> objects() && {
        if (kinds_.empty()) return {object_of(std::move(keys_))};
        std::vector<Json> objects;
        for (Keys& kind : kinds_) {
            kind.properties.update(keys_.properties);
            kind.required.insert(kind.required.end(), keys_.required.begin(), keys_.required.end());
            objects.push_back(object_of(std::move(kind)));
        }
        return objects;
    }
    Json object_of(Keys keys) const {
        Json object{{"type", "object"}, {"properties", std::move(keys.properties)}};
        if (!keys.required.empty()) object["required"] = std::move(keys.required);
        if (!others_.is_null()) object["propertyNames"] = {{"pattern", entry_name_pattern}};
        object["additionalProperties"] = others_.is_null() ? Json(false) : others_;
        return object;
    }

    Keys keys_;
    std::vector<Keys> kinds_;   // the keys of each alternative of a choice
    Json others_;               // what stands under names that the user chooses
};

}   // namespace

std::string schema() {
    Json document{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                  {"title", "outrigger configuration"},
                  {"description", "The configuration of the outrigger sidecar."}};
    document.update(SchemaWriter::struct_forms(Settings{}).front());
    document["type"] = {"object", "null"};   // an empty file says: all defaults
    document["$defs"]["environment"] = {{"type", "string"},
                                        {"description", "${NAME} or ${NAME:-default}, from the environment."},
                                        {"pattern", "\\$\\{"}};
    return document.dump(2) + '\n';
}

}   // namespace outrigger::config
