// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>

#include <outrigger/health/drivers.hpp>

#include "transfer.hpp"

namespace outrigger::health {
namespace {

constexpr std::size_t redirects_max = 21;   // as follow-redirects beneath axios
constexpr std::size_t body_max = std::size_t{1} << 20;   // what is beyond is not read

std::uint16_t port_of(std::string_view scheme) { return scheme == "https" ? 443 : scheme == "http" ? 80 : 0; }

struct Reply {
    std::string status_text;
    bool head_ended = false;
    std::string body;
    bool keep_body = false;
    std::size_t taken = 0;
};

// "HTTP/1.1 500 Internal Server Error"; of redirects the last one stays. An empty line ends the head; trailers may
// come after the body.
std::size_t take_header(char* line, std::size_t, std::size_t size, void* into) {
    auto& reply = *static_cast<Reply*>(into);
    std::string_view text{line, size};
    if (text == "\r\n" || text == "\n") reply.head_ended = true;
    if (!text.starts_with("HTTP/")) return size;
    reply.head_ended = false;
    text = text.substr(0, text.find_last_not_of("\r\n") + 1);
    const std::size_t status = std::min(text.find(' '), text.size());
    const std::size_t phrase = text.find(' ', std::min(status + 1, text.size()));
    reply.status_text = phrase == std::string_view::npos ? "" : text.substr(phrase + 1);
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
          origin_{Origin::of(url_, port_of)} {
        for (const std::uint16_t status : settings_.statuses)
            if (status < 100 || status > 599)
                throw std::invalid_argument("an http check knows statuses from 100 to 599");
    }

    Outcome run(const Probe& probe) {
        Reply reply{.keep_body = !settings_.contains.empty()};
        if (auto failed = get(probe, reply)) return *std::move(failed);
        if (reply.keep_body && reply.body.find(settings_.contains) == std::string::npos)
            return down("the body does not contain \"" + settings_.contains + "\"");
        return up();
    }

    // Nothing if it was answered well. Redirects are followed here: libcurl would look their names up itself, and wait
    // for a resolver that hangs.
    std::optional<Outcome> get(const Probe& probe, Reply& reply) {
        std::string url = url_;
        Origin origin = origin_;
        for (std::size_t redirects = 0;; ++redirects) {
            Transfer transfer;
            prepare(transfer, reply, url, origin);
            const CURLcode code = transfer.perform(probe, origin, *lookup_of(origin));
            const bool long_body = code == CURLE_WRITE_ERROR && reply.taken == body_max;
            const bool cut_body = code == CURLE_PARTIAL_FILE;
            if (code != CURLE_OK && !long_body && !cut_body) return transfer.failure(code, probe, origin);
            if (!reply.head_ended) return down("socket hang up");   // curl takes a cut head for a whole one
            const char* next = nullptr;
            transfer.read(CURLINFO_REDIRECT_URL, &next);
            if (!next) return judged(transfer, reply, cut_body ? transfer.failure(code, probe, origin) : up());
            if (redirects == redirects_max) return down("Maximum number of redirects exceeded");
            url = next;
            try {
                origin = Origin::of(url, port_of);
            } catch (const std::invalid_argument& refused) {
                return down(std::string{"redirected: "} + refused.what());
            }
            reply.body.clear();
            reply.taken = 0;
        }
    }

private:
    // `outcome`: of the body.
    [[nodiscard]] std::optional<Outcome> judged(const Transfer& transfer, const Reply& reply, Outcome outcome) const {
        long status = 0;
        transfer.read(CURLINFO_RESPONSE_CODE, &status);
        if (outcome.status == Status::up) {
            if (is_good(status)) return std::nullopt;
            outcome = down("Request failed with status code " + std::to_string(status));
        }
        outcome.details = {{"statusCode", std::int64_t{status}}, {"statusText", reply.status_text}};
        return outcome;
    }
    // One for each place, so that none is asked for again while it hangs.
    std::shared_ptr<Lookup> lookup_of(const Origin& origin) {
        const std::scoped_lock lock{mutex_};
        if (lookups_.size() > redirects_max + 1) lookups_.clear();   // redirects to ever new places
        std::shared_ptr<Lookup>& lookup = lookups_[{origin.host, origin.port}];
        if (!lookup) lookup = std::make_shared<Lookup>(origin.host, origin.port);
        return lookup;
    }
    void prepare(Transfer& transfer, Reply& reply, const std::string& url, const Origin& origin) const {
        transfer.set(CURLOPT_URL, url.c_str());
        transfer.set(CURLOPT_PROTOCOLS_STR, "http,https");
        if (!origin_.user.empty() && origin.host == origin_.host && origin.port == origin_.port) {
            transfer.set(CURLOPT_USERNAME, origin_.user.c_str());   // a redirect within one place keeps them
            transfer.set(CURLOPT_PASSWORD, origin_.password.c_str());
        }
        transfer.set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
        transfer.set(CURLOPT_USERAGENT, "outrigger-health");
        if (!settings_.ca_file.empty()) transfer.set(CURLOPT_CAINFO, settings_.ca_file.c_str());
        transfer.set(CURLOPT_HEADERFUNCTION, &take_header);
        transfer.set(CURLOPT_HEADERDATA, static_cast<void*>(&reply));
        transfer.set(CURLOPT_WRITEFUNCTION, &take_body);
        transfer.set(CURLOPT_WRITEDATA, static_cast<void*>(&reply));
    }
    [[nodiscard]] bool is_good(long status) const {
        const auto& good = settings_.statuses;
        if (good.empty()) return status >= 200 && status <= 299;
        return std::find(good.begin(), good.end(), status) != good.end();
    }

    std::string url_;
    HttpSettings settings_;
    Origin origin_;
    std::mutex mutex_;   // guards lookups_
    std::map<std::pair<std::string, std::uint16_t>, std::shared_ptr<Lookup>> lookups_;
};

// The value of a series without labels on a page of Prometheus' text format.
std::optional<double> figure_on(std::string_view page, std::string_view name) {
    while (!page.empty()) {
        const std::string_view line = page.substr(0, page.find('\n'));
        page.remove_prefix(std::min(line.size() + 1, page.size()));
        if (!line.starts_with(name) || line.size() == name.size() || line[name.size()] != ' ') continue;
        const std::string_view text = line.substr(name.size() + 1);
        double value = 0;
        if (std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc{}) return value;
    }
    return std::nullopt;
}

}   // namespace

Indicator http(std::string url, HttpSettings settings) {
    auto check = std::make_shared<HttpCheck>(std::move(url), std::move(settings));
    return {[check](const Probe& probe) { return check->run(probe); }};
}

Indicator memory_on_page(Bytes most, std::string url) {
    if (most.count() == 0) throw std::invalid_argument("a memory check needs a threshold above 0");
    auto check = std::make_shared<HttpCheck>(std::move(url), HttpSettings{});
    return {[check, most](const Probe& probe) {
        constexpr std::string_view name = "process_resident_memory_bytes";
        Reply reply{.keep_body = true};
        if (auto failed = check->get(probe, reply)) return *std::move(failed);
        const std::optional<double> used = figure_on(reply.body, name);
        if (!used) return down("the page does not tell " + std::string{name});
        return *used > static_cast<double>(most.count()) ? down("Used rss exceeded the set threshold") : up();
    }};
}

}   // namespace outrigger::health
