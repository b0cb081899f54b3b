// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include <curl/curl.h>

namespace outrigger::middleware {

// An easy handle, configured for a request.
class CurlHandle {
public:
    explicit CurlHandle(const std::string& url) : easy_{::curl_easy_init()} {
        set(CURLOPT_URL, url.c_str());
        set(CURLOPT_PROXY, "");
    }
    template <class Value>
    void set(CURLoption option, Value value) {
        ::curl_easy_setopt(easy_.get(), option, value);
    }
    void posts(const char* body) { set(CURLOPT_COPYPOSTFIELDS, body); }
    [[nodiscard]] CURL* get() const noexcept { return easy_.get(); }

private:
    struct Cleanup {
        void operator()(CURL* easy) const noexcept { ::curl_easy_cleanup(easy); }
    };
    std::unique_ptr<CURL, Cleanup> easy_;
};

// "Name: value" lines, as CURLOPT_HTTPHEADER takes them.
class CurlFields {
public:
    explicit CurlFields(const char* line) : list_{::curl_slist_append(nullptr, line)} {}
    ~CurlFields() { ::curl_slist_free_all(list_); }
    CurlFields(const CurlFields&) = delete;
    CurlFields& operator=(const CurlFields&) = delete;
    [[nodiscard]] curl_slist* get() const noexcept { return list_; }

private:
    curl_slist* list_;
};

}   // namespace outrigger::middleware
