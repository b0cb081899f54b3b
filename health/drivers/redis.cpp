// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <utility>

#include <outrigger/health/drivers.hpp>

#include "transfer.hpp"

namespace outrigger::health {
namespace {

constexpr std::size_t line_max = 512;   // of an answer; PONG and errors are shorter

std::uint16_t port_of(std::string_view scheme) { return scheme == "redis" || scheme == "rediss" ? 6379 : 0; }

// The command as RESP: *2\r\n$4\r\nAUTH\r\n...
std::string command_text(const std::vector<std::string>& words) {
    std::string text = '*' + std::to_string(words.size()) + "\r\n";
    for (const std::string& word : words) text += '$' + std::to_string(word.size()) + "\r\n" + word + "\r\n";
    return text;
}

class Conversation {
public:
    Conversation(Transfer& transfer, const Probe& probe) : transfer_{transfer}, probe_{probe} {}

    // Up if the answer is the expected line.
    Outcome ask(const std::vector<std::string>& words, std::string_view expected) {
        if (!transfer_.send(command_text(words), probe_)) return broken();
        std::size_t end;
        while ((end = received_.find("\r\n")) == std::string::npos) {
            if (received_.size() > line_max) return unexpected(received_);
            std::array<char, line_max> chunk;
            const std::size_t size = transfer_.receive(chunk.data(), chunk.size(), probe_);
            if (size == 0) return broken();
            received_.append(chunk.data(), size);
            if (std::string_view{"+-"}.find(received_.front()) == std::string_view::npos)
                return unexpected(received_);
        }
        const std::string line = received_.substr(0, end);
        received_.erase(0, end + 2);
        if (line.front() == '-') return down(line.substr(1));   // NOAUTH, WRONGPASS, LOADING ...
        return line == expected ? up() : unexpected(line);
    }

private:
    Outcome broken() const {
        const bool late = probe_.stopped() || probe_.left() == Duration::zero();
        return late ? probe_.timed_out() : down("the connection was closed");
    }
    static Outcome unexpected(std::string_view text) {
        return down("no answer of Redis: " +
                    std::string{text.substr(0, std::min<std::size_t>(text.find_first_of("\r\n"), 60))});
    }

    Transfer& transfer_;
    const Probe& probe_;
    std::string received_;
};

class RedisCheck {
public:
    RedisCheck(const std::string& url, RedisSettings settings)
        : settings_{std::move(settings)},
          origin_{Origin::of(url, port_of)},
          lookup_{origin_.host, origin_.port} {}

    Outcome run(const Probe& probe) {
        Transfer transfer;
        const bool v6 = origin_.host.find(':') != std::string::npos;
        const std::string url = std::string{origin_.scheme == "rediss" ? "https://" : "http://"} +
                                (v6 ? '[' + origin_.host + ']' : origin_.host) + ':' +
                                std::to_string(origin_.port);
        transfer.set(CURLOPT_URL, url.c_str());
        transfer.set(CURLOPT_CONNECT_ONLY,
                     1L);   // the connection, with TLS for https, and nothing sent on it
        transfer.set(CURLOPT_SSL_ENABLE_ALPN, 0L);
        if (!settings_.ca_file.empty()) transfer.set(CURLOPT_CAINFO, settings_.ca_file.c_str());
        const CURLcode code = transfer.perform(probe, origin_, lookup_);
        if (code != CURLE_OK) return transfer.failure(code, probe, origin_);

        Conversation redis{transfer, probe};
        if (!origin_.password.empty()) {
            std::vector<std::string> words{"AUTH"};
            if (!origin_.user.empty()) words.push_back(origin_.user);
            words.push_back(origin_.password);
            Outcome outcome = redis.ask(words, "+OK");
            if (outcome.status != Status::up) return outcome;
        }
        return redis.ask({"PING"}, "+PONG");
    }

private:
    RedisSettings settings_;
    Origin origin_;
    Lookup lookup_;
};

}   // namespace

Indicator redis(std::string url, RedisSettings settings) {
    auto check = std::make_shared<RedisCheck>(url, std::move(settings));
    return {[check](const Probe& probe) { return check->run(probe); }, true};
}

}   // namespace outrigger::health
