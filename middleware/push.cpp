// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/push.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <new>
#include <string_view>

#include <curl/curl.h>

#include <outrigger/metrics/text_page.hpp>

namespace outrigger::middleware {
namespace {

using metrics::PushVerb;

constexpr std::size_t answer_max = 400;   // of what the Pushgateway says when it refuses

struct Close {
    void operator()(CURL* handle) const noexcept { ::curl_easy_cleanup(handle); }
    void operator()(curl_slist* list) const noexcept { ::curl_slist_free_all(list); }
};

std::size_t keep_answer(char* data, std::size_t size, std::size_t count, void* into) {
    auto& answer = *static_cast<std::string*>(into);
    const std::size_t room = answer_max - std::min(answer_max, answer.size());
    answer.append(data, std::min(room, size * count));
    return size * count;
}

// One line of it.
std::string first_line(const std::string& answer) {
    return answer.substr(0, std::min(answer.find_first_of("\r\n"), answer.size()));
}

}  // namespace

PushOutcome push(const metrics::Registry& registry, const PushSettings& settings, PushVerb verb) {
    std::string url = settings.url;
    while (url.ends_with('/')) url.pop_back();
    url += metrics::push_path(settings.group);
    const bool with_body = verb != PushVerb::remove;
    const std::string body = with_body ? metrics::push_body(registry.collect()) : std::string{};
    const std::string type = "Content-Type: " + std::string{metrics::text_content_type};
    const std::string method{metrics::http_method_of(verb)};

    const std::unique_ptr<CURL, Close> curl{::curl_easy_init()};
    const std::unique_ptr<curl_slist, Close> fields{::curl_slist_append(nullptr, type.c_str())};
    if (!curl || !fields) throw std::bad_alloc{};
    std::string answer;
    std::array<char, CURL_ERROR_SIZE> error{};
    const auto set = [&curl](CURLoption option, auto value) { ::curl_easy_setopt(curl.get(), option, value); };
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_PATH_AS_IS, 1L);
    set(CURLOPT_CUSTOMREQUEST, method.c_str());
    if (with_body) {
        set(CURLOPT_POSTFIELDS, body.data());
        set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
        set(CURLOPT_HTTPHEADER, fields.get());
    }
    set(CURLOPT_NOSIGNAL, 1L);   // threads
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(std::max<std::int64_t>(
                                1, std::chrono::ceil<std::chrono::milliseconds>(settings.timeout).count())));
    set(CURLOPT_WRITEFUNCTION, &keep_answer);
    set(CURLOPT_WRITEDATA, static_cast<void*>(&answer));
    set(CURLOPT_ERRORBUFFER, error.data());

    const CURLcode code = ::curl_easy_perform(curl.get());
    if (code != CURLE_OK)
        return {.why = error[0] ? std::string{error.data()} : std::string{::curl_easy_strerror(code)}};
    long status = 0;
    ::curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status / 100 == 2) return {.ok = true, .status = static_cast<int>(status)};
    return {.status = static_cast<int>(status),
            .why = "the Pushgateway answered " + std::to_string(status) + ": " + first_line(answer)};
}

}  // namespace outrigger::middleware
