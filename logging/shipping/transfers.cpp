// SPDX-License-Identifier: Apache-2.0
#include "transfers.hpp"

#include <algorithm>
#include <new>

namespace outrigger::logging {
namespace {

using namespace std::chrono_literals;

// A private multi handle has no need of idle connections to others.
constexpr long keepalive_seconds = 30;

std::string url_of(const Destination& to, const Destination::Host& host) {
    return (to.tls ? "https://" : "http://") + host.to_text();
}

}   // namespace

Transfer::Transfer(Transfers& transfers, const Destination& to, const Destination::Host& host, const std::string& ca)
    : transfers_{transfers}, easy_{curl_easy_init()} {
    if (!easy_) throw std::bad_alloc{};
    set(CURLOPT_PRIVATE, static_cast<void*>(this));
    set(CURLOPT_URL, url_of(to, host).c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_ERRORBUFFER, text_);
    set(CURLOPT_PROXY, "");        // a receiver is named in the settings, not by the environment
    set(CURLOPT_QUICK_EXIT, 1L);   // a look-up that hangs must not hang whoever gives up on it
    set(CURLOPT_TCP_KEEPALIVE, 1L);
    set(CURLOPT_TCP_KEEPIDLE, keepalive_seconds);
    set(CURLOPT_TCP_KEEPINTVL, keepalive_seconds);
    if (!ca.empty()) set(CURLOPT_CAINFO, ca.c_str());
}

Transfer::~Transfer() {
    stop();
    curl_easy_cleanup(easy_);
}

void Transfer::start() {
    stop();
    result_.reset();
    text_[0] = '\0';
    joined_ = running_ = curl_multi_add_handle(transfers_.multi_, easy_) == CURLM_OK;
    if (!joined_) result_ = CURLE_OUT_OF_MEMORY;
}

void Transfer::stop() {
    if (joined_) curl_multi_remove_handle(transfers_.multi_, easy_);
    joined_ = running_ = false;
}

std::string Transfer::failure() const {
    if (text_[0] != '\0') return text_;
    return curl_easy_strerror(result_.value_or(CURLE_OK));
}

Transfers::Transfers() : multi_{nullptr} {
    CURL* const first = curl_easy_init();   // makes libcurl ready, whichever thread comes first
    multi_ = curl_multi_init();
    curl_easy_cleanup(first);
    if (!multi_) throw std::bad_alloc{};
}

Transfers::~Transfers() { curl_multi_cleanup(multi_); }

void Transfers::perform() {
    int running = 0;
    curl_multi_perform(multi_, &running);
    for (int left = 1; const CURLMsg* message = curl_multi_info_read(multi_, &left);) {
        if (message->msg != CURLMSG_DONE) continue;
        char* who = nullptr;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &who);
        auto& transfer = *reinterpret_cast<Transfer*>(who);
        transfer.running_ = false;
        transfer.result_ = message->data.result;
    }
}

void Transfers::wait(const std::vector<pollfd>& descriptors, Duration at_most) {
    watched_.clear();
    for (const pollfd& entry : descriptors) {
        short events = 0;
        if (entry.events & POLLIN) events |= CURL_WAIT_POLLIN;
        if (entry.events & POLLOUT) events |= CURL_WAIT_POLLOUT;
        watched_.push_back({entry.fd, events, 0});
    }
    const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(std::clamp<Duration>(at_most, 0ms, 1min));
    curl_multi_poll(multi_, watched_.data(), static_cast<unsigned>(watched_.size()),
                    static_cast<int>(milliseconds.count()), nullptr);
}

}   // namespace outrigger::logging
