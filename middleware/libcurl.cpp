// SPDX-License-Identifier: Apache-2.0
#include <outrigger/middleware/libcurl.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <new>
#include <utility>

#include <outrigger/resilience/http_reply.hpp>

#include "curl_outcome.hpp"

namespace outrigger::middleware {
namespace {

using resilience::Retryable;
using resilience::Verdict;

// The bodies of replies that may be followed by another attempt wait in memory up to this size.
constexpr std::size_t held_max = std::size_t{1} << 20;

struct FreeList {
    void operator()(curl_slist* list) const noexcept { ::curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, FreeList>;

void append(List& list, const char* line) {
    curl_slist* const longer = ::curl_slist_append(list.get(), line);
    if (!longer) throw std::bad_alloc{};
    (void)list.release();
    list.reset(longer);
}

// Of ASCII texts, as the names of fields are.
bool same_name(std::string_view left, std::string_view right) noexcept {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [&](char a, char b) { return lower(a) == lower(b); });
}

// "Name: value" or "Name;", as curl takes them.
bool is_field(std::string_view line, std::string_view name) noexcept {
    return line.size() > name.size() && (line[name.size()] == ':' || line[name.size()] == ';') &&
           same_name(line.substr(0, name.size()), name);
}

bool has_field(const curl_slist* list, std::string_view name) noexcept {
    for (; list; list = list->next)
        if (is_field(list->data, name)) return true;
    return false;
}

bool has_key(const CurlCallOptions& options) noexcept {
    return options.headers && has_field(*options.headers, "Idempotency-Key");
}

// The user's fields, and the ids that are not among them.
List with_ids(const curl_slist* fields, const CallIds& ids) {
    List list;
    for (const curl_slist* one = fields; one; one = one->next) append(list, one->data);
    if (!has_field(fields, "traceparent")) append(list, ("traceparent: " + std::string{ids.traceparent()}).c_str());
    if (!has_field(fields, "X-Request-Id")) append(list, ("X-Request-Id: " + std::string{ids.request_id()}).c_str());
    return list;
}

long milliseconds(Duration length) noexcept {
    return static_cast<long>(std::chrono::ceil<std::chrono::milliseconds>(length).count());
}

std::string_view target_of(std::string_view url) noexcept {
    const std::size_t scheme = url.find("://");
    const std::size_t path = url.find_first_of("/?#", scheme == std::string_view::npos ? 0 : scheme + 3);
    return path == std::string_view::npos ? "/" : url.substr(path);
}

}   // namespace

// One reply's body on its way: to the write function, into the reply, or held back.
class CurlExchange::Parts {
public:
    Parts(const std::string& upstream, CURL* easy, const CurlCallOptions& options, const Clock& clock)
        : options_{options},
          easy_{easy},
          fresh_{!(options.call.idempotent.value_or(false) || has_key(options) ||
                   resilience::is_idempotent(options.method))},
          call_{upstream, options.method, {}, options.call, clock} {
        if (!options_.headers) return;
        if (options_.call.propagate) fields_ = with_ids(*options_.headers, call_.ids());
    }
    ~Parts() {
        if (!call_.has_attempts()) return;   // nothing was set
        set(CURLOPT_WRITEFUNCTION, options_.write);   // null: fwrite(), as libcurl begins
        set(CURLOPT_WRITEDATA, options_.write ? options_.write_data : static_cast<void*>(stdout));
        if (options_.headers) set(CURLOPT_HTTPHEADER, *options_.headers);
        if (limited_) limit(0, 0);
        if (fresh_) set(CURLOPT_FRESH_CONNECT, 0L);
        if (!options_.call.stop.stop_possible()) return;
        set(CURLOPT_XFERINFOFUNCTION, curl_xferinfo_callback{nullptr});
        set(CURLOPT_NOPROGRESS, 1L);
    }
    Parts(const Parts&) = delete;
    Parts& operator=(const Parts&) = delete;

    [[nodiscard]] CURL* easy() const noexcept { return easy_; }
    [[nodiscard]] resilience::CallOptions call_options() const {
        // Until libcurl has told the method, nothing speaks against a second attempt.
        return {.deadline = options_.call.deadline,
                .stop = options_.call.stop,
                .idempotent = options_.call.idempotent.value_or(true)};
    }

    void begin(const resilience::Call& call) {
        call_.attempted(call);
        body_.clear();
        size_ = 0;
        holds_ = delivered_ = too_large_ = refused_ = began_ = false;
        set(CURLOPT_NOSIGNAL, 1L);
        if (fresh_) set(CURLOPT_FRESH_CONNECT, 1L);
        set(CURLOPT_WRITEFUNCTION, &Parts::receive);
        set(CURLOPT_WRITEDATA, static_cast<void*>(this));
        if (options_.headers) set(CURLOPT_HTTPHEADER, fields_ ? fields_.get() : *options_.headers);
        if (options_.call.stop.stop_possible()) {
            set(CURLOPT_XFERINFOFUNCTION, &Parts::look);
            set(CURLOPT_XFERINFODATA, static_cast<void*>(this));
            set(CURLOPT_NOPROGRESS, 0L);
        }
        const auto left = time_left(call, call_.clock().now());
        const Duration connect =
            std::min<Duration>(left.value_or(std::chrono::hours{1}), options_.call.connect_timeout);
        if (left || options_.call.connect_timeout != Duration::max())
            limit(left ? milliseconds(*left) : 0, milliseconds(connect));
    }

    Result<CurlReply> end(resilience::Call& call, CURLcode code) {
        forbid_repetition(call);
        const CurlOutcome outcome{easy_, code};
        if (outcome.replied()) {
            assess_reply(call, outcome.status(), outcome.retry_after(), call_.clock().wall());
            if (delivered_) call.not_idempotent();
            return CurlReply{outcome.status(), std::move(body_)};
        }
        if (too_large_ || refused_) {
            call.attempt_means({Verdict::neutral, Retryable::no});
            if (too_large_) return Fault{Reason::call_failed, "the reply's body is larger than body_max"};
            return Fault{Reason::caller_left, "the write function wanted no more"};
        }
        call.attempt_means(outcome.meaning());
        return outcome.fault(call.deadline() <= call_.clock().now());
    }

    Result<CurlReply> finish(Result<CurlReply> reply) {
        learn_request();
        const bool held = reply && options_.write && holds_ && reply->status == status_;   // else a fallback's
        if (held && !release(reply->body))
            reply = Fault{Reason::caller_left, "the write function wanted no more"};
        if (reply)
            call_.replied(reply->status, Bytes{size_});
        else
            call_.failed(reply.error());
        return reply;
    }

private:
    template <class Value>
    void set(CURLoption option, Value value) {
        if (::curl_easy_setopt(easy_, option, value) == CURLE_OUT_OF_MEMORY) throw std::bad_alloc{};
    }
    void limit(long whole, long connect) {
        limited_ = true;
        set(CURLOPT_TIMEOUT_MS, whole);
        set(CURLOPT_CONNECTTIMEOUT_MS, connect);
    }

    static std::size_t receive(char* data, std::size_t size, std::size_t count, void* self) noexcept {
        try {
            return static_cast<Parts*>(self)->take(data, size * count) ? size * count : 0;
        } catch (const std::bad_alloc&) {
            return 0;
        }
    }
    static int look(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) noexcept {
        return static_cast<Parts*>(self)->options_.call.stop.stop_requested() ? 1 : 0;
    }

    bool take(char* data, std::size_t size) {
        if (!std::exchange(began_, true)) {
            status_ = CurlOutcome{easy_, CURLE_OK}.status();
            holds_ = resilience::assess_status(status_).retry != Retryable::no;
        }
        size_ += size;
        if (!options_.write) {
            too_large_ = body_.size() + size > options_.body_max.count();
            if (!too_large_) body_.append(data, size);
            return !too_large_;
        }
        if (holds_ && body_.size() + size <= held_max) {
            body_.append(data, size);
            return true;
        }
        if (std::exchange(holds_, false) && !release(body_)) return false;
        delivered_ = true;
        return hand_on(data, size);
    }
    bool release(std::string& held) {
        std::string text = std::exchange(held, {});
        for (std::size_t at = 0; at < text.size(); at += CURL_MAX_WRITE_SIZE)
            if (!hand_on(text.data() + at, std::min<std::size_t>(CURL_MAX_WRITE_SIZE, text.size() - at))) return false;
        return true;
    }
    bool hand_on(char* data, std::size_t size) {
        refused_ = options_.write(data, 1, size, options_.write_data) != size;
        return !refused_;
    }

    // Decided when libcurl tells what it did.
    void forbid_repetition(resilience::Call& call) {
        if (options_.call.idempotent) return;
        if (has_key(options_)) return;
        learn_request();
        const CurlOutcome outcome{easy_, CURLE_OK};
        if (!resilience::is_idempotent(method_) || outcome.redirected() || outcome.uploaded() > 0)
            call.not_idempotent();
    }
    void learn_request() {
        if (call_.has_attempts()) {
            const CurlOutcome outcome{easy_, CURLE_OK};
            method_ = outcome.method();
            url_ = outcome.url();
            call_.request_is(Bytes{outcome.uploaded()});
        }
        call_.request_was(method_.empty() ? options_.method : std::string_view{method_}, target_of(url_));
    }

    const CurlCallOptions& options_;
    CURL* const easy_;
    const bool fresh_;     // no connection is reused: libcurl would send the request again if that one had ended
    std::string method_;   // outlives the call that looks at it
    std::string url_;
    ClientCall call_;
    List fields_;
    bool limited_ = false;
    // Of the attempt under way, or the last one.
    std::string body_;
    std::size_t size_ = 0;
    int status_ = 0;   // when the body began
    bool began_ = false;
    bool holds_ = false;
    bool delivered_ = false;
    bool too_large_ = false;
    bool refused_ = false;
};

CurlExchange::CurlExchange(const std::string& upstream, CURL* easy, const CurlCallOptions& options, const Clock& clock)
    : parts_{std::make_unique<Parts>(upstream, easy, options, clock)} {}
CurlExchange::~CurlExchange() = default;

CURL* CurlExchange::easy() const noexcept { return parts_->easy(); }
resilience::CallOptions CurlExchange::call_options() const { return parts_->call_options(); }
void CurlExchange::begin(const resilience::Call& call) { parts_->begin(call); }
Result<CurlReply> CurlExchange::end(resilience::Call& call, CURLcode code) { return parts_->end(call, code); }
Result<CurlReply> CurlExchange::finish(Result<CurlReply> reply) { return parts_->finish(std::move(reply)); }

}   // namespace outrigger::middleware
