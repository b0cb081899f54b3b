// SPDX-License-Identifier: Apache-2.0
#include "sidecar/admin_address.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <new>

#include <curl/curl.h>

#include "sidecar/libraries/loaded.hpp"

namespace outrigger::sidecar {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds answer_within = 5s;
constexpr std::size_t body_max = 64 * 1024;

struct FreeHandle {
    void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};
struct FreeList {
    void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};

std::size_t keep(char* bytes, std::size_t, std::size_t count, void* into) {
    auto& body = *static_cast<std::string*>(into);
    body.append(bytes, std::min(count, body_max - body.size()));
    return count;
}

}   // namespace

class AdminAddress::Transfer {
public:
    explicit Transfer(const std::string& token) {
        libraries::libcurl().require("asking a running sidecar");
        handle_.reset(curl_easy_init());
        if (!handle_) throw std::bad_alloc{};
        if (token.empty()) return;
        fields_.reset(curl_slist_append(nullptr, ("Authorization: Bearer " + token).c_str()));
        if (!fields_) throw std::bad_alloc{};
    }

    Answer perform(const char* method, const std::string& url) {
        CURL* handle = handle_.get();
        Answer answer;
        curl_easy_reset(handle);
        curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
        curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, method);
        curl_easy_setopt(handle, CURLOPT_HTTPHEADER, fields_.get());
        curl_easy_setopt(handle, CURLOPT_PROXY, "");   // nowhere but there, whatever the environment says
        curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(answer_within.count()));
        curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, keep);
        curl_easy_setopt(handle, CURLOPT_WRITEDATA, &answer.body);
        const CURLcode code = curl_easy_perform(handle);
        answer.nobody_there = code == CURLE_COULDNT_CONNECT;
        if (code != CURLE_OK)
            answer.failure = curl_easy_strerror(code);
        else
            curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &answer.status);
        return answer;
    }

private:
    std::unique_ptr<CURL, FreeHandle> handle_;
    std::unique_ptr<curl_slist, FreeList> fields_;
};

AdminAddress::AdminAddress(const config::Destination& where, const std::string& token)
    : url_{"http://" + where.to_text()}, transfer_{std::make_unique<Transfer>(token)} {}
AdminAddress::~AdminAddress() = default;

AdminAddress::Answer AdminAddress::ask(const char* method, const std::string& path) {
    return transfer_->perform(method, url_ + path);
}

// A problem document says it in one sentence; anything else that answers is no sidecar.
std::string AdminAddress::refusal(const std::string& request, const Answer& answer) const {
    std::string why = answer.failure.empty() ? "answered " + std::to_string(answer.status) : answer.failure;
    if (answer.status == 403) why += ": it wants its token from other hosts";
    return url_ + ": " + request + ": " + why + "; -c and --admin say where the running sidecar is";
}

}   // namespace outrigger::sidecar
