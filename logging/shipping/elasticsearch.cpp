// SPDX-License-Identifier: Apache-2.0
#include "elasticsearch.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "event_id.hpp"

namespace outrigger::logging {
namespace {

using Json = nlohmann::json;

constexpr std::size_t id_max = 512;      // bytes, of an _id: the server's own limit
constexpr std::size_t words_max = 400;   // of the server, in a detail

// As a JSON string, with its quotes; empty: there is none that the server would take.
std::string id_of(std::string_view line) {
    if (const std::string_view own = own_event_id(line); !own.empty()) return '"' + std::string{own} + '"';
    const Json record = Json::parse(line, nullptr, false);
    const auto event = record.find("event");
    if (!record.is_object() || event == record.end() || !event->is_object()) return {};
    const auto id = event->find("id");
    if (id == event->end() || !id->is_string()) return {};
    const auto& text = id->get_ref<const std::string&>();
    return text.empty() || text.size() > id_max ? "" : id->dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string text_at(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

std::string words_of(int status, const Json& item) {
    std::string words = std::to_string(status);
    const auto error = item.find("error");
    if (error != item.end() && error->is_object())
        words += ' ' + text_at(*error, "type") + ": " + text_at(*error, "reason");
    if (error != item.end() && error->is_string()) words += ' ' + error->get<std::string>();
    words.resize(std::min(words.size(), words_max));
    return words;
}

Rejection reason_of(int status) {
    if (status == 404) return Rejection::no_index;
    return status == 413 ? Rejection::too_large : Rejection::rejected;
}

// Goes through the items and sorts the records out.
class Sorting {
public:
    explicit Sorting(Parcel parcel) : parcel_{std::move(parcel)} {
        outcome_.kind = Outcome::Kind::judged;
        outcome_.parcel.batch = parcel_.batch;
        outcome_.parcel.failures = parcel_.failures;
        outcome_.parcel.failing_since = parcel_.failing_since;
        outcome_.parcel.taken_before = parcel_.taken_before;
        outcome_.busy = true;   // until an item says something worse
    }

    void take(const Json& item) {
        const std::size_t end = parcel_.lines.find('\n', at_);
        const std::string_view line = std::string_view{parcel_.lines}.substr(at_, end - at_ + 1);
        at_ += line.size();
        const auto found = item.find("status");
        const int status = found != item.end() && found->is_number_integer() ? found->get<int>() : 0;
        if (status / 100 == 2 && text_at(item, "failure_store") == "used")
            return set_aside(line, Rejection::failure_store, words_of(status, item));
        if (status / 100 == 2 || status == 409) {
            ++outcome_.delivered;
            return;
        }
        if (status / 100 == 4 && status != 429 && status != 401 && status != 403)
            return set_aside(line, reason_of(status), words_of(status, item));
        ++outcome_.parcel.records;
        outcome_.parcel.lines += line;
        outcome_.busy = outcome_.busy && status == 429;
        outcome_.answered = outcome_.answered || status >= 500;
        outcome_.detail = "some records: " + words_of(status, item);
    }

    Outcome done() { return std::move(outcome_); }

private:
    void set_aside(std::string_view line, Rejection reason, std::string words) {
        outcome_.quarantined.push_back({.reason = reason, .detail = std::move(words), .line = std::string{line}});
    }

    Parcel parcel_;
    Outcome outcome_;
    std::size_t at_ = 0;
};

}   // namespace

std::string Elasticsearch::target(const Destination& to) const {
    const std::string index = to.path.empty() ? '/' + std::string{default_index} : to.path;
    return index +
           "/_bulk?filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason,items.*.failure_store";
}

void Elasticsearch::write(const Parcel& parcel, std::string& body) const {
    body.clear();
    body.reserve(parcel.lines.size() + parcel.records * std::size_t{64});
    for (std::size_t at = 0; at < parcel.lines.size();) {
        const std::size_t end = std::min(parcel.lines.find('\n', at), parcel.lines.size() - 1) + 1;
        const std::string_view line = std::string_view{parcel.lines}.substr(at, end - at);
        const std::string id = id_of(line);
        body += id.empty() ? R"({"create":{}})" : R"({"create":{"_id":)" + id + "}}";
        body += '\n';
        body += line;
        at = end;
    }
}

Outcome Elasticsearch::judge(long, std::string_view answer, Parcel parcel) const {
    const Json document = Json::parse(answer, nullptr, false);
    const auto items = document.is_object() ? document.find("items") : document.end();
    if (!document.is_object() || items == document.end() || !items->is_array() || items->size() != parcel.records)
        return {.kind = Outcome::Kind::again,
                .parcel = std::move(parcel),
                .answered = true,
                .detail = "the answer does not speak of every record"};
    Sorting sorting{std::move(parcel)};
    static const Json nothing = Json::object();
    for (const Json& item : *items) {
        const bool is_named = item.is_object() && item.size() == 1 && item.begin()->is_object();
        sorting.take(is_named ? *item.begin() : nothing);
    }
    return sorting.done();
}

}   // namespace outrigger::logging
