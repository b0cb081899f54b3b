// SPDX-License-Identifier: Apache-2.0
#include "http_sender.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace outrigger::logging {
namespace {

constexpr std::size_t words_max = 400;   // of a receiver, in a detail

std::string words_of(long status, std::string_view answer) {
    std::string words = "HTTP " + std::to_string(status);
    if (!answer.empty()) words += ": ";
    for (const char c : answer.substr(0, words_max)) words += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
    return words;
}

}   // namespace

HttpSender::HttpSender(Transfers& transfers, const Destination& to, const Destination::Host& host,
                       const HttpSettings& settings, std::unique_ptr<HttpDialect> dialect)
    : settings_{settings}, dialect_{std::move(dialect)}, transfer_{transfers, to, host, settings.ca} {
    const std::string url = (to.tls ? "https://" : "http://") + host.to_text() + dialect_->target(to);
    transfer_.set(CURLOPT_URL, url.c_str());
    transfer_.set(CURLOPT_POST, 1L);
    transfer_.set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    transfer_.set(CURLOPT_WRITEFUNCTION, &HttpSender::take);
    transfer_.set(CURLOPT_WRITEDATA, static_cast<void*>(this));
    transfer_.set(CURLOPT_USERAGENT, "outrigger");
    const auto timeout = std::chrono::ceil<std::chrono::milliseconds>(settings_.timeout);
    transfer_.set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(timeout.count()));
    if (settings_.gzip) {
        gzip_.emplace();
        add_header("Content-Encoding: gzip");
    }
    add_header("Content-Type: " + std::string{dialect_->content_type()});
    add_header("Expect:");   // the first answer would come only after a round trip
    authorize(to);
    transfer_.set(CURLOPT_HTTPHEADER, headers_.get());
}

HttpSender::~HttpSender() { transfer_.stop(); }

void HttpSender::add_header(const std::string& line) {
    curl_slist* const longer = curl_slist_append(headers_.get(), line.c_str());
    if (!longer) throw std::bad_alloc{};
    static_cast<void>(headers_.release());
    headers_.reset(longer);
}

void HttpSender::authorize(const Destination& to) {
    if (to.user.empty()) return;
    if (to.protocol == Protocol::elasticsearch && to.user == "api_key")
        return add_header("Authorization: ApiKey " + to.password);
    transfer_.set(CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    transfer_.set(CURLOPT_USERNAME, to.user.c_str());
    transfer_.set(CURLOPT_PASSWORD, to.password.c_str());
}

void HttpSender::send(Parcel parcel, Instant now) {
    parcel_ = std::move(parcel);
    dialect_->write(*parcel_, gzip_ ? plain_ : body_);
    if (gzip_) gzip_->compress(plain_, body_);
    answer_.clear();
    answer_too_long_ = false;
    transfer_.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body_.size()));   // and so with Content-Length
    transfer_.set(CURLOPT_POSTFIELDS, body_.data());                                     // not copied
    moved_ = now;
    moved_bytes_ = 0;
    transfer_.start();
}

std::size_t HttpSender::take(char* data, std::size_t one, std::size_t size, void* self) {
    auto& sender = *static_cast<HttpSender*>(self);
    sender.answer_too_long_ = sender.answer_.size() + one * size > sender.settings_.answer_max;
    if (sender.answer_too_long_) return 0;   // ends the transfer
    sender.answer_.append(data, one * size);
    return one * size;
}

void HttpSender::advance(Instant now, std::vector<Outcome>& ended) {
    if (!parcel_) return;
    if (transfer_.running() && moves(now)) return;
    ended.push_back(outcome());
    parcel_.reset();
    transfer_.stop();
}

// What the kernel has taken counts, too: a receiver that stops reading is noticed once its window is full.
bool HttpSender::moves(Instant now) {
    curl_off_t up = 0;
    curl_off_t down = 0;
    transfer_.read(CURLINFO_SIZE_UPLOAD_T, &up);
    transfer_.read(CURLINFO_SIZE_DOWNLOAD_T, &down);
    if (up + down != moved_bytes_) moved_ = now;
    moved_bytes_ = up + down;
    return now < after(moved_, settings_.timeout);
}

Outcome HttpSender::outcome() {
    long status = 0;
    if (transfer_.began()) transfer_.read(CURLINFO_RESPONSE_CODE, &status);   // else it is of the one before
    if (status == 413) return of_status(status);   // a receiver need not read the rest of what it will not take
    if (transfer_.running()) {
        curl_off_t up = 0;
        transfer_.read(CURLINFO_SIZE_UPLOAD_T, &up);
        return {.kind = Outcome::Kind::again,
                .parcel = std::move(*parcel_),
                .answered = std::cmp_greater_equal(up, body_.size()),   // it has all of it: this may be its fault
                .detail = "no answer in time"};
    }
    if (transfer_.result() == CURLE_OK) return of_status(status);
    if (answer_too_long_ && status / 100 == 2 && dialect_->answers_each_record() && parcel_->records > 1)
        return {.kind = Outcome::Kind::too_large, .parcel = std::move(*parcel_), .detail = "the answer is too long"};
    return {.kind = Outcome::Kind::again,
            .parcel = std::move(*parcel_),
            .detail = answer_too_long_ ? "the answer is too long" : transfer_.failure()};
}

Outcome HttpSender::of_status(long status) {
    if (status / 100 == 2) return dialect_->judge(status, answer_, std::move(*parcel_));
    Outcome outcome{
        .kind = Outcome::Kind::forbidden, .parcel = std::move(*parcel_), .detail = words_of(status, answer_)};
    curl_off_t seconds = 0;
    transfer_.read(CURLINFO_RETRY_AFTER, &seconds);   // of a date, too
    if (seconds > 0) outcome.retry_after = std::chrono::seconds{std::min<curl_off_t>(seconds, 3600)};
    if (status == 413) outcome.kind = Outcome::Kind::too_large;
    if (status == 400 || status == 422) outcome.kind = Outcome::Kind::refused;
    if (status == 408 || status == 429 || status >= 500) outcome.kind = Outcome::Kind::again;
    outcome.busy = status == 429;
    outcome.answered = status >= 500;   // whether because of what is in it shows when others pass
    return outcome;
}

}   // namespace outrigger::logging
