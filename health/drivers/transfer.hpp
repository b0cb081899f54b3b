// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <outrigger/health/probe.hpp>

#include "../lookup.hpp"

namespace outrigger::health {

// Where a URL leads.
struct Origin {
    std::string scheme;     // lower case
    std::string user;       // decoded
    std::string password;   // decoded
    std::string host;       // IPv6 without brackets
    std::uint16_t port = 0;
    // Throws std::invalid_argument, without the URL, which may hold a password. `ports`: the default port of a scheme; 0
    // refuses the scheme.
    [[nodiscard]] static Origin of(const std::string& url, std::uint16_t (*port_of)(std::string_view scheme));
};

// One use of libcurl within one run: no longer than its deadline, and over when the registry ends. The name is looked up
// by Lookup, so that a resolver that hangs does not hold the thread.
class Transfer {
public:
    Transfer();
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    template <class Value>
    void set(CURLoption option, Value value) {
        (void)curl_easy_setopt(easy_.get(), option, value);   // options of 7.88: they exist
    }
    template <class Value>
    void read(CURLINFO info, Value* value) const {
        (void)curl_easy_getinfo(easy_.get(), info, value);
    }
    // CURLE_OPERATION_TIMEDOUT also when the registry ends.
    [[nodiscard]] CURLcode perform(const Probe& probe, const Origin& origin, Lookup& lookup);
    // Why perform() failed, in Node's words where it has some.
    [[nodiscard]] Outcome failure(CURLcode code, const Probe& probe, const Origin& origin) const;

    // After perform() with CURLOPT_CONNECT_ONLY. False: failed or late.
    [[nodiscard]] bool send(std::string_view data, const Probe& probe);
    // The next bytes, at least one; 0: the end, or late.
    [[nodiscard]] std::size_t receive(char* buffer, std::size_t size, const Probe& probe);

private:
    [[nodiscard]] bool wait(short events, const Probe& probe) const;
    template <auto free>
    struct Free {
        template <class T>
        void operator()(T* freed) const noexcept {
            (void)free(freed);
        }
    };
    std::unique_ptr<CURLM, Free<curl_multi_cleanup>> multi_;
    std::unique_ptr<curl_slist, Free<curl_slist_free_all>> addresses_;
    std::unique_ptr<CURL, Free<curl_easy_cleanup>> easy_;
    Outcome lookup_failure_;
    FoundAddress first_;
    char text_[CURL_ERROR_SIZE] = "";
};

}   // namespace outrigger::health
