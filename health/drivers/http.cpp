// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <stdexcept>
#include <utility>

#include <outrigger/health/drivers.hpp>

#include "transfer.hpp"

namespace outrigger::health {
namespace {

constexpr std::size_t body_max = std::size_t{1} << 20;   // what is beyond is not read

std::uint16_t port_of(std::string_view scheme) { return scheme == "https" ? 443 : scheme == "http" ? 80 : 0; }

struct Reply {
    std::string status_text;
    std::string body;
    bool keep_body = false;
    std::size_t taken = 0;
};

// "HTTP/1.1 500 Internal Server Error"; of redirects the last one stays.
std::size_t take_header(char* line, std::size_t, std::size_t size, void* reply) {
    std::string_view text{line, size};
    if (!text.starts_with("HTTP/")) return size;
    text = text.substr(0, text.find_last_not_of("\r\n") + 1);
    const std::size_t status = std::min(text.find(' '), text.size());
    const std::size_t phrase = text.find(' ', std::min(status + 1, text.size()));
    static_cast<Reply*>(reply)->status_text = phrase == std::string_view::npos ? "" : text.substr(phrase + 1);
    return size;
}

std::size_t take_body(char* data, std::size_t, std::size_t size, void* into) {
    auto& reply = *static_cast<Reply*>(into);
    const std::size_t room = std::min(size, body_max - reply.taken);
    if (reply.keep_body) reply.body.append(data, room);
    reply.taken += room;
    return room;   // less than it offers ends the transfer
}

class HttpCheck {
public:
    HttpCheck(std::string url, HttpSettings settings)
        : url_{std::move(url)},
          settings_{std::move(settings)},
          origin_{Origin::of(url_, port_of)},
          lookup_{origin_.host, origin_.port} {
        for (const std::uint16_t status : settings_.statuses)
            if (status < 100 || status > 599)
                throw std::invalid_argument("an http check knows statuses from 100 to 599");
    }

    Outcome run(const Probe& probe) {
        Transfer transfer;
        Reply reply{.keep_body = !settings_.contains.empty()};
        prepare(transfer, reply);
        const CURLcode code = transfer.perform(probe, origin_, lookup_);
        const bool long_body = code == CURLE_WRITE_ERROR && reply.taken == body_max;
        if (code != CURLE_OK && !long_body) return transfer.failure(code, probe, origin_);
        long status = 0;
        transfer.read(CURLINFO_RESPONSE_CODE, &status);
        return judged(status, reply);
    }

private:
    void prepare(Transfer& transfer, Reply& reply) const {
        transfer.set(CURLOPT_URL, url_.c_str());
        transfer.set(CURLOPT_PROTOCOLS_STR, "http,https");
        transfer.set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
        transfer.set(CURLOPT_FOLLOWLOCATION, 1L);
        transfer.set(CURLOPT_MAXREDIRS, 5L);   // as follow-redirects beneath axios
        transfer.set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
        transfer.set(CURLOPT_USERAGENT, "outrigger-health");
        if (!settings_.ca_file.empty()) transfer.set(CURLOPT_CAINFO, settings_.ca_file.c_str());
        transfer.set(CURLOPT_HEADERFUNCTION, &take_header);
        transfer.set(CURLOPT_HEADERDATA, static_cast<void*>(&reply));
        transfer.set(CURLOPT_WRITEFUNCTION, &take_body);
        transfer.set(CURLOPT_WRITEDATA, static_cast<void*>(&reply));
    }
    [[nodiscard]] Outcome judged(long status, const Reply& reply) const {
        const auto& good = settings_.statuses;
        const bool expected = good.empty() ? status >= 200 && status <= 299
                                           : std::find(good.begin(), good.end(), status) != good.end();
        if (!expected) {
            Outcome outcome = down("Request failed with status code " + std::to_string(status));
            outcome.details = {{"statusCode", std::int64_t{status}}, {"statusText", reply.status_text}};
            return outcome;
        }
        if (reply.keep_body && reply.body.find(settings_.contains) == std::string::npos)
            return down("the body does not contain \"" + settings_.contains + "\"");
        return up();
    }

    std::string url_;
    HttpSettings settings_;
    Origin origin_;
    Lookup lookup_;
};

}   // namespace

Indicator http(std::string url, HttpSettings settings) {
    auto check = std::make_shared<HttpCheck>(std::move(url), std::move(settings));
    return {[check](const Probe& probe) { return check->run(probe); }};
}

}   // namespace outrigger::health
