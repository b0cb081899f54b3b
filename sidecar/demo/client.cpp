// SPDX-License-Identifier: Apache-2.0
#include "sidecar/demo/client.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <new>

#include <curl/curl.h>

namespace outrigger::demo {
namespace {

constexpr std::size_t body_max = std::size_t{1} << 20;

struct FreeHandle {
    void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};
struct FreeList {
    void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
using Fields = std::unique_ptr<curl_slist, FreeList>;

void add(Fields& fields, const std::string& field) {
    curl_slist* longer = curl_slist_append(fields.get(), field.c_str());
    if (!longer) throw std::bad_alloc{};
    (void)fields.release();  // it is part of the longer one
    fields.reset(longer);
}

Fields fields_of(const Request& request) {
    Fields fields;
    if (!request.body.empty()) add(fields, "Content-Type: application/json");
    if (!request.request_id.empty()) add(fields, "X-Request-Id: " + request.request_id);
    return fields;
}

// libcurl's write callback: takes everything, keeps what has room.
std::size_t keep(char* bytes, std::size_t, std::size_t count, void* into) {
    auto& body = *static_cast<std::string*>(into);
    body.append(bytes, std::min(count, body_max - body.size()));
    return count;
}

std::string field(CURL* handle, const char* name) {
    curl_header* found = nullptr;
    return curl_easy_header(handle, name, 0, CURLH_HEADER, -1, &found) == CURLHE_OK ? found->value : "";
}

}  // namespace

class Client::Session {
public:
    Session() : handle_{curl_easy_init()} {
        if (!handle_) throw std::bad_alloc{};
    }

    Response send(const Request& request, Duration within) {
        const Fields fields = fields_of(request);
        Response response;
        prepare(request, within);
        curl_easy_setopt(handle_.get(), CURLOPT_HTTPHEADER, fields.get());
        curl_easy_setopt(handle_.get(), CURLOPT_WRITEDATA, &response.body);
        const CURLcode code = curl_easy_perform(handle_.get());
        if (code != CURLE_OK) response.error = error_[0] ? error_.data() : curl_easy_strerror(code);
        response.reached = code != CURLE_COULDNT_CONNECT;
        read_head(response);
        return response;
    }

private:
    void prepare(const Request& request, Duration within) {
        CURL* handle = handle_.get();
        curl_easy_reset(handle);  // the options; the open connection stays
        error_[0] = '\0';
        curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, error_.data());
        curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);  // there are other threads
        curl_easy_setopt(handle, CURLOPT_PROXY, "");     // not even http_proxy
        curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
        curl_easy_setopt(handle, CURLOPT_USERAGENT, "outrigger-demo");
        curl_easy_setopt(handle, CURLOPT_URL, request.url.c_str());
        curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, keep);
        const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(within).count();
        curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(milliseconds));
        if (request.method == "GET") return;
        curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
        curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.c_str());
        curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE, static_cast<long>(request.body.size()));
    }

    void read_head(Response& response) {
        long status = 0;
        curl_off_t microseconds = 0;
        curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
        curl_easy_getinfo(handle_.get(), CURLINFO_TOTAL_TIME_T, &microseconds);
        response.status = static_cast<int>(status);
        response.took = std::chrono::microseconds{microseconds};
        response.content_type = field(handle_.get(), "Content-Type");
        response.request_id = field(handle_.get(), "X-Request-Id");
    }

    std::unique_ptr<CURL, FreeHandle> handle_;
    std::array<char, CURL_ERROR_SIZE> error_{};
};

Client::Client() : session_{std::make_unique<Session>()} {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Response Client::send(const Request& request, Duration within) { return session_->send(request, within); }

}  // namespace outrigger::demo
