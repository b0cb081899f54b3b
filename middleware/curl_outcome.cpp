// SPDX-License-Identifier: Apache-2.0
#include "curl_outcome.hpp"

namespace outrigger::middleware {
namespace {

template <class Value>
Value info(CURL* easy, CURLINFO what, Value otherwise) noexcept {
    Value value = otherwise;
    return ::curl_easy_getinfo(easy, what, &value) == CURLE_OK ? value : otherwise;
}

std::string_view text(const char* from) noexcept { return from ? std::string_view{from} : std::string_view{}; }

}   // namespace

bool CurlOutcome::replied() const noexcept {
    return (code_ == CURLE_OK || code_ == CURLE_HTTP_RETURNED_ERROR) && status() != 0;
}

int CurlOutcome::status() const noexcept {
    const long status = info(easy_, CURLINFO_RESPONSE_CODE, 0L);
    return status >= 200 && status <= 999 ? static_cast<int>(status) : 0;
}

std::string_view CurlOutcome::retry_after() const noexcept {
    curl_header* field = nullptr;
    const CURLHcode code = ::curl_easy_header(easy_, "Retry-After", 0, CURLH_HEADER, -1, &field);
    return code == CURLHE_OK ? text(field->value) : std::string_view{};
}

std::string_view CurlOutcome::method() const noexcept { return text(info<char*>(easy_, CURLINFO_EFFECTIVE_METHOD, nullptr)); }
std::string_view CurlOutcome::url() const noexcept { return text(info<char*>(easy_, CURLINFO_EFFECTIVE_URL, nullptr)); }

std::uint64_t CurlOutcome::uploaded() const noexcept {
    const auto size = info<curl_off_t>(easy_, CURLINFO_SIZE_UPLOAD_T, 0);
    return size > 0 ? static_cast<std::uint64_t>(size) : 0;
}

bool CurlOutcome::redirected() const noexcept { return info(easy_, CURLINFO_REDIRECT_COUNT, 0L) > 0; }

// libcurl is ready to send when the connection stands, TLS included.
bool CurlOutcome::sent() const noexcept {
    return redirected() || info<curl_off_t>(easy_, CURLINFO_PRETRANSFER_TIME_T, 0) > 0;
}

CurlOutcome::Kind CurlOutcome::kind() const noexcept {
    switch (code_) {
        case CURLE_COULDNT_RESOLVE_HOST:
        case CURLE_COULDNT_RESOLVE_PROXY: return Kind::name;
        case CURLE_COULDNT_CONNECT:
        case CURLE_PROXY:
        case CURLE_INTERFACE_FAILED: return Kind::connect;
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_ISSUER_ERROR:
        case CURLE_SSL_INVALIDCERTSTATUS:
        case CURLE_SSL_PINNEDPUBKEYNOTMATCH: return Kind::tls;
        case CURLE_OPERATION_TIMEDOUT: return sent() ? Kind::late : Kind::connect;
        case CURLE_GOT_NOTHING:
        case CURLE_SEND_ERROR:
        case CURLE_SEND_FAIL_REWIND:
        case CURLE_RECV_ERROR:
        case CURLE_PARTIAL_FILE:
        case CURLE_HTTP2:
        case CURLE_HTTP2_STREAM:
        case CURLE_HTTP3: return Kind::cut;
        case CURLE_ABORTED_BY_CALLBACK: return Kind::stopped;
        case CURLE_WEIRD_SERVER_REPLY:
        case CURLE_BAD_CONTENT_ENCODING:
        case CURLE_TOO_MANY_REDIRECTS: return Kind::protocol;
        // HTTP/0.9, or what is no HTTP at all; else a scheme that libcurl does not know.
        case CURLE_UNSUPPORTED_PROTOCOL: return sent() ? Kind::protocol : Kind::local;
        default: return status() != 0 ? Kind::protocol : Kind::local;
    }
}

Fault CurlOutcome::fault(bool late) const noexcept {
    const Kind what = kind();
    // What a deadline cut is told apart by whoever knows whose it was.
    if (late && what != Kind::local) return {Reason::attempt_timeout, "no whole reply came in time"};
    switch (what) {
        case Kind::name: return {Reason::dns_failed, "the name could not be resolved"};
        case Kind::connect: return {Reason::connect_failed, "no connection could be made"};
        case Kind::tls: return {Reason::upstream_tls_failed, "the TLS handshake failed"};
        case Kind::cut: return {Reason::upstream_reset, "the connection ended before the reply was whole"};
        case Kind::late: return {Reason::attempt_timeout, "no whole reply came in time"};
        case Kind::protocol: return {Reason::upstream_protocol_error, "the reply is not well-formed"};
        case Kind::stopped: return {Reason::caller_left, "the transfer was stopped"};
        case Kind::local: return {Reason::bad_request, "libcurl cannot make the request"};
    }
    return {Reason::call_failed};
}

resilience::Assessment CurlOutcome::meaning() const noexcept {
    using resilience::Retryable;
    using resilience::Verdict;
    switch (kind()) {
        case Kind::stopped:
        case Kind::local: return {Verdict::neutral, Retryable::no};
        case Kind::name:
        case Kind::connect:
        case Kind::tls: return {Verdict::failure, redirected() ? Retryable::if_safe : Retryable::always};
        case Kind::cut:
        case Kind::late:
        case Kind::protocol: break;
    }
    // From the status line on the request is known to have been seen, and perhaps done.
    return {Verdict::failure, status() != 0 || code_ == CURLE_TOO_MANY_REDIRECTS ? Retryable::no : Retryable::if_safe};
}

}   // namespace outrigger::middleware
