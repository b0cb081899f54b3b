// SPDX-License-Identifier: Apache-2.0
#include "sidecar/config/postgres_dsn.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "sidecar/config/url.hpp"

namespace outrigger::config {
namespace {

bool is_visible(std::string_view text, bool with_blanks) {
    return std::all_of(text.begin(), text.end(), [&](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte > 0x20 && byte != 0x7f) || (with_blanks && c == ' ');
    });
}

// The part after "postgres://", or nothing.
std::optional<std::string_view> after_scheme(std::string_view text) {
    for (const std::string_view scheme : {"postgres://", "postgresql://"})
        if (text.starts_with(scheme)) return text.substr(scheme.size());
    return std::nullopt;
}

// Where one keyword's value stands in the text.
struct Keyword {
    std::string_view name;
    std::size_t begin;
    std::size_t end;
};

class KeywordReader {
public:
    explicit KeywordReader(std::string_view text) : text_{text} {}

    // Nothing if the text is not what libpq calls a keyword/value connection string.
    std::optional<std::vector<Keyword>> read() {
        std::vector<Keyword> keywords;
        for (skip_blanks(); at_ < text_.size(); skip_blanks()) {
            const std::size_t start = at_;
            while (at_ < text_.size() && ((text_[at_] >= 'a' && text_[at_] <= 'z') || text_[at_] == '_'))
                ++at_;
            const std::string_view name = text_.substr(start, at_ - start);
            skip_blanks();
            if (name.empty() || at_ == text_.size() || text_[at_] != '=') return std::nullopt;
            ++at_;
            skip_blanks();
            const std::size_t begin = at_;
            if (!skip_value()) return std::nullopt;
            keywords.push_back({name, begin, at_});
        }
        return keywords;
    }

private:
    void skip_blanks() {
        while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    }
    // A word, or text in single quotes; a backslash takes the next character along. False: the quote never
    // closes.
    bool skip_value() {
        const bool quoted = at_ < text_.size() && text_[at_] == '\'';
        if (quoted) ++at_;
        for (; at_ < text_.size(); ++at_) {
            if (text_[at_] == '\\' && at_ + 1 < text_.size())
                ++at_;
            else if (quoted && text_[at_] == '\'')
                return ++at_, true;
            else if (!quoted && text_[at_] == ' ')
                return true;
        }
        return !quoted;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

}   // namespace

std::optional<PostgresDsn> PostgresDsn::parse(std::string_view text) {
    if (const auto rest = after_scheme(text)) {
        // One @ at most, and only before the path: so that it is beyond doubt where the password ends.
        const std::string_view place = rest->substr(0, rest->find('?'));
        const std::size_t at = place.rfind('@');
        const bool clear = at == std::string_view::npos || (place.find('@') == at && at < place.find('/'));
        return clear && is_visible(text, false) ? std::optional{PostgresDsn{std::string{text}}}
                                                : std::nullopt;
    }
    if (!is_visible(text, true)) return std::nullopt;
    const auto keywords = KeywordReader{text}.read();
    return keywords && !keywords->empty() ? std::optional{PostgresDsn{std::string{text}}} : std::nullopt;
}

std::string PostgresDsn::redacted() const {
    if (const auto rest = after_scheme(text)) {
        const std::size_t at = rest->substr(0, rest->find('?')).find('@');
        const std::size_t scheme = text.size() - rest->size();
        if (at == std::string_view::npos) return redact_query(text);
        return text.substr(0, scheme) + redact_userinfo(rest->substr(0, at)) + redact_query(rest->substr(at));
    }
    std::string out;
    std::size_t copied = 0;
    for (const Keyword& keyword : KeywordReader{text}.read().value_or(std::vector<Keyword>{})) {
        if (!names_secret(keyword.name)) continue;
        out.append(text, copied, keyword.begin - copied).append(redaction_mark);
        copied = keyword.end;
    }
    return out.append(text, copied);
}

}   // namespace outrigger::config
