// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <outrigger/core/clock.hpp>
#include <outrigger/logging/shipping/destination.hpp>

#include "gzip.hpp"
#include "sender.hpp"
#include "transfers.hpp"

namespace outrigger::logging {

// What receivers behind HTTP differ in.
class HttpDialect {
public:
    virtual ~HttpDialect() = default;
    [[nodiscard]] virtual std::string target(const Destination& to) const = 0;   // path and query
    [[nodiscard]] virtual std::string_view content_type() const noexcept = 0;
    // Replaces what `body` holds.
    virtual void write(const Parcel& parcel, std::string& body) const = 0;
    // What a 2xx means.
    [[nodiscard]] virtual Outcome judge(long status, std::string_view answer, Parcel parcel) const = 0;
    // Whether answers to smaller parcels are shorter.
    [[nodiscard]] virtual bool answers_each_record() const noexcept = 0;
};

struct HttpSettings {
    Duration timeout = std::chrono::seconds{30};   // without any progress
    bool gzip = true;
    std::string ca = {};
    std::size_t answer_max = std::size_t{16} << 20;
};

// Posts one parcel after the other over a kept connection, and knows what statuses mean whatever the dialect:
//   2xx               the dialect's
//   408, 429, 5xx     again; 429 is no failure, but a wish for a slower pace; Retry-After is passed on
//   413               too large
//   400, 422          something in it
//   all others        credentials or settings: nothing was looked at
// An answer that does not come, breaks off or is no HTTP: again. Nothing is followed (3xx).
class HttpSender final : public Sender {
public:
    HttpSender(Transfers& transfers, const Destination& to, const Destination::Host& host, const HttpSettings& settings,
               std::unique_ptr<HttpDialect> dialect);
    ~HttpSender() override;

    [[nodiscard]] bool ready() const noexcept override { return !parcel_; }
    [[nodiscard]] bool answers_each_parcel() const noexcept override { return true; }
    void send(Parcel parcel, Instant now) override;
    void advance(Instant now, std::vector<Outcome>& ended) override;
    [[nodiscard]] Instant wakes_at() const noexcept override {
        return parcel_ ? after(moved_, settings_.timeout) : never;
    }

private:
    struct FreeList {
        void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
    };

    void add_header(const std::string& line);
    void authorize(const Destination& to);
    [[nodiscard]] bool moves(Instant now);
    [[nodiscard]] Outcome outcome();
    [[nodiscard]] Outcome of_status(long status);
    static std::size_t take(char* data, std::size_t one, std::size_t size, void* self);

    const HttpSettings settings_;
    std::unique_ptr<HttpDialect> dialect_;
    std::unique_ptr<curl_slist, FreeList> headers_;
    std::optional<Gzip> gzip_;
    std::string plain_;
    std::string body_;
    std::string answer_;
    bool answer_too_long_ = false;
    std::optional<Parcel> parcel_;   // under way
    Instant moved_ = {};             // when bytes went one way or the other
    curl_off_t moved_bytes_ = 0;
    Transfer transfer_;              // last: it refers to what stands above
};

}   // namespace outrigger::logging
