// SPDX-License-Identifier: Apache-2.0
#include "transfer.hpp"

#include <poll.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <new>
#include <stdexcept>

namespace outrigger::health {
namespace {

struct FreeUrl {
    void operator()(CURLU* url) const noexcept { curl_url_cleanup(url); }
};

std::string part(CURLU* url, CURLUPart which, unsigned flags) {
    char* text = nullptr;
    if (curl_url_get(url, which, &text, flags) != CURLUE_OK) return {};
    std::string value{text};
    curl_free(text);
    return value;
}

// host:port:address,address for CURLOPT_RESOLVE
std::string resolved(const Origin& origin, const std::vector<FoundAddress>& addresses) {
    std::string text = origin.host + ':' + std::to_string(origin.port) + ':';
    for (const FoundAddress& address : addresses) {
        if (text.back() != ':') text += ',';
        const std::string host = address.host();
        text += host.find(':') == std::string::npos ? host : '[' + host + ']';
    }
    return text;
}

}   // namespace

Origin Origin::of(const std::string& url, std::uint16_t (*port_of)(std::string_view)) {
    const std::unique_ptr<CURLU, FreeUrl> parsed{curl_url()};
    if (!parsed) throw std::bad_alloc{};
    if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
        throw std::invalid_argument("a check needs a URL with a scheme and a host");
    Origin origin{.scheme = part(parsed.get(), CURLUPART_SCHEME, 0),
                  .user = part(parsed.get(), CURLUPART_USER, CURLU_URLDECODE),
                  .password = part(parsed.get(), CURLUPART_PASSWORD, CURLU_URLDECODE),
                  .host = part(parsed.get(), CURLUPART_HOST, 0)};
    origin.port = port_of(origin.scheme);
    if (origin.port == 0)
        throw std::invalid_argument("a check of this kind does not know the scheme " + origin.scheme + "://");
    const std::string port = part(parsed.get(), CURLUPART_PORT, 0);
    if (!port.empty())
        origin.port = static_cast<std::uint16_t>(std::stoul(port));   // curl has checked its range
    if (origin.port == 0 || origin.host.empty())
        throw std::invalid_argument("a check needs a URL with a host and a port above 0");
    if (origin.host.front() == '[') origin.host = origin.host.substr(1, origin.host.size() - 2);
    return origin;
}

Transfer::Transfer() {
    easy_.reset(curl_easy_init());   // first: it makes libcurl ready, whichever thread comes first
    multi_.reset(curl_multi_init());
    if (!multi_ || !easy_) throw std::bad_alloc{};
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_ERRORBUFFER, text_);
    set(CURLOPT_PROXY, "");   // a check is about what answers there, not about a proxy of the environment
    set(CURLOPT_FRESH_CONNECT, 1L);
}

CURLcode Transfer::perform(const Probe& probe, const Origin& origin, Lookup& lookup) {
    const Lookup::Answer answer = lookup.ask(probe);
    if (answer.addresses.empty()) {
        lookup_failure_ = answer.failure;
        return CURLE_COULDNT_RESOLVE_HOST;
    }
    first_ = answer.addresses.front();
    if (first_.host() != origin.host) {   // a name
        addresses_.reset(curl_slist_append(nullptr, resolved(origin, answer.addresses).c_str()));
        set(CURLOPT_RESOLVE, addresses_.get());
    }
    set(CURLOPT_TIMEOUT_MS, std::max(1L, static_cast<long>(probe.left_milliseconds())));
    if (curl_multi_add_handle(multi_.get(), easy_.get()) != CURLM_OK) return CURLE_OUT_OF_MEMORY;
    for (int running = 1;;) {
        if (curl_multi_perform(multi_.get(), &running) != CURLM_OK) return CURLE_OUT_OF_MEMORY;
        if (running == 0) break;
        if (probe.stopped() || probe.left() == Duration::zero()) return CURLE_OPERATION_TIMEDOUT;
        curl_waitfd stop{probe.stop_fd(), CURL_WAIT_POLLIN, 0};
        if (curl_multi_poll(multi_.get(), &stop, probe.stop_fd() >= 0 ? 1 : 0, probe.left_milliseconds(),
                            nullptr) != CURLM_OK)
            return CURLE_OUT_OF_MEMORY;
    }
    int left = 0;
    const CURLMsg* message = curl_multi_info_read(multi_.get(), &left);
    return message && message->msg == CURLMSG_DONE ? message->data.result : CURLE_OPERATION_TIMEDOUT;
}

Outcome Transfer::failure(CURLcode code, const Probe& probe, const Origin& origin) const {
    long error = 0;
    read(CURLINFO_OS_ERRNO, &error);
    const char* name = error == 0 ? nullptr : ::strerrorname_np(static_cast<int>(error));
    switch (static_cast<int>(code)) {
        case CURLE_OPERATION_TIMEDOUT: return probe.timed_out();
        case CURLE_COULDNT_RESOLVE_HOST:
            return lookup_failure_.message.empty() ? down("getaddrinfo ENOTFOUND " + origin.host)
                                                   : lookup_failure_;
        case CURLE_COULDNT_CONNECT:
            return down(std::string{"connect "} + (name ? name : "failed") + " " + first_.text());
        case CURLE_GOT_NOTHING: return down("socket hang up");
        case CURLE_PARTIAL_FILE: return down("stream has been aborted");
        case CURLE_TOO_MANY_REDIRECTS: return down("Maximum number of redirects exceeded");
        case CURLE_UNSUPPORTED_PROTOCOL:   // also of a redirect to ftp:, which curl explains itself
            if (!std::string_view{text_}.starts_with("Received HTTP/0.9")) break;
            return down("Parse Error: Expected HTTP/, RTSP/ or ICE/");
        case CURLE_RECV_ERROR:
        case CURLE_SEND_ERROR:
            if (name) return down(std::string{code == CURLE_RECV_ERROR ? "read " : "write "} + name);
            break;
        default: break;
    }
    return down(text_[0] != '\0' ? text_ : curl_easy_strerror(code));
}

bool Transfer::wait(short events, const Probe& probe) const {
    curl_socket_t socket = CURL_SOCKET_BAD;
    read(CURLINFO_ACTIVESOCKET, &socket);
    return socket != CURL_SOCKET_BAD && probe.wait(socket, events) == Probe::Ready::ready;
}

bool Transfer::send(std::string_view data, const Probe& probe) {
    while (!data.empty()) {
        std::size_t sent = 0;
        const CURLcode code = curl_easy_send(easy_.get(), data.data(), data.size(), &sent);
        if (code == CURLE_OK)
            data.remove_prefix(sent);
        else if (code != CURLE_AGAIN || !wait(POLLOUT, probe))
            return false;
    }
    return true;
}

std::size_t Transfer::receive(char* buffer, std::size_t size, const Probe& probe) {
    for (;;) {
        std::size_t received = 0;
        const CURLcode code = curl_easy_recv(easy_.get(), buffer, size, &received);
        if (code == CURLE_OK) return received;
        if (code != CURLE_AGAIN || !wait(POLLIN, probe)) return 0;
    }
}

}   // namespace outrigger::health
