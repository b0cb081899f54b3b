// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <curl/curl.h>
#include <poll.h>

#include <outrigger/core/clock.hpp>
#include <outrigger/logging/shipping/destination.hpp>

namespace outrigger::logging {

class Transfers;

// One of libcurl's easy handles, set up for a host, to be run several times. It must go before its Transfers.
class Transfer {
public:
    // Throws std::bad_alloc. `ca`: a PEM file to trust instead of the system's; may be empty.
    Transfer(Transfers& transfers, const Destination& to, const Destination::Host& host, const std::string& ca);
    ~Transfer();
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    void start();   // without memory it ends at once
    [[nodiscard]] bool began() const noexcept { return joined_; }
    void stop();   // and closes its connection, unless it has ended well
    [[nodiscard]] bool running() const noexcept { return running_; }
    // Of the run that has ended.
    [[nodiscard]] std::optional<CURLcode> result() const noexcept { return result_; }
    [[nodiscard]] std::string failure() const;   // in words

    template <class Value>
    void set(CURLoption option, Value value) {
        if (curl_easy_setopt(easy_, option, value) == CURLE_OUT_OF_MEMORY) throw std::bad_alloc{};
    }
    template <class Value>
    void read(CURLINFO what, Value* value) const {
        curl_easy_getinfo(easy_, what, value);
    }
    [[nodiscard]] CURL* easy() const noexcept { return easy_; }

private:
    friend class Transfers;
    Transfers& transfers_;
    CURL* easy_;
    bool running_ = false;
    bool joined_ = false;   // the multi handle
    std::optional<CURLcode> result_;
    char text_[CURL_ERROR_SIZE] = "";
};

// libcurl's multi handle: connects, resolves and transfers without waiting, on the thread that calls perform() and
// wait(). Only wake() is for others.
class Transfers {
public:
    Transfers();   // throws std::bad_alloc
    ~Transfers();
    Transfers(const Transfers&) = delete;
    Transfers& operator=(const Transfers&) = delete;

    void perform();
    // Until something happens on a transfer or one of these descriptors, somebody wakes it, or the time is over.
    void wait(const std::vector<pollfd>& descriptors, Duration at_most);
    void wake() noexcept { curl_multi_wakeup(multi_); }

private:
    friend class Transfer;
    CURLM* multi_;
    std::vector<curl_waitfd> watched_;   // kept for its room
};

}   // namespace outrigger::logging
