// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace outrigger::logging {

// fields.txt: which fields a record may have, must have, and of which types.
class FieldList {
public:
    explicit FieldList(const std::string& path) {
        std::ifstream file{path};
        if (!file) std::abort();
        for (std::string line; std::getline(file, line);) {
            std::istringstream words{line};
            std::string name;
            std::string type;
            if (line.empty() || line[0] == '#' || !(words >> name)) continue;
            const bool required = name == "!";
            if (required) words >> name;
            words >> type;
            types_[name] = type;
            if (required) required_.insert(name);
        }
    }

    // What is wrong with a line, a sentence each.
    [[nodiscard]] std::vector<std::string> faults(const std::string& line) const {
        std::vector<std::string> faults;
        if (!line.ends_with("}}\n") || line.find('\n') != line.size() - 1) faults.push_back("it is no line that ends in }}");
        const auto record = nlohmann::ordered_json::parse(line, nullptr, false);
        if (!record.is_object()) return {"it is no JSON object"};
        check_order(record, faults);
        std::set<std::string> seen;
        walk(record, "", seen, faults);
        for (const std::string& name : required_)
            if (!seen.contains(name)) faults.push_back(name + " is missing");
        return faults;
    }

private:
    using Json = nlohmann::ordered_json;

    static void check_order(const Json& record, std::vector<std::string>& faults) {
        const std::vector<std::string> first{"@timestamp", "log.level", "message", "ecs.version"};
        auto member = record.begin();
        for (const std::string& name : first)
            if (member == record.end() || (member++).key() != name) return faults.push_back("it does not begin with " + name);
        if (std::prev(record.end()).key() != "event") faults.push_back("it does not end with event");
    }

    void walk(const Json& object, const std::string& path, std::set<std::string>& seen,
              std::vector<std::string>& faults) const {
        for (const auto& [name, value] : object.items()) {
            const std::string full = path.empty() ? name : path + "." + name;
            if (!path.empty() && name.find('.') != std::string::npos) faults.push_back(full + " has a dotted name inside");
            if (!seen.insert(full).second) faults.push_back(full + " stands there twice");
            if (value.is_object())
                walk(value, full, seen, faults);
            else
                check(full, value, faults);
        }
    }

    void check(const std::string& path, const Json& value, std::vector<std::string>& faults) const {
        const std::string known = path.starts_with("labels.") && path.find('.', 7) == std::string::npos ? "labels.*" : path;
        const auto found = types_.find(known);
        if (found == types_.end()) return faults.push_back(path + " is in no list");
        if (!is(found->second, value)) faults.push_back(path + " is no " + found->second + ": " + value.dump());
    }

    [[nodiscard]] static bool is(const std::string& type, const Json& value) {
        if (type == "string") return value.is_string();
        if (type == "integer") return value.is_number_integer() && value.get<double>() < 9.3e18;
        if (type == "boolean") return value.is_boolean();
        if (type == "scalar") return value.is_primitive();
        if (type == "ip") return value.is_string() && value.get<std::string>().find_first_not_of("0123456789abcdef.:") == std::string::npos;
        if (type == "date") return value.is_string() && value.get<std::string>().size() == 27 && value.get<std::string>().back() == 'Z';
        if (!type.starts_with('[') || !value.is_array()) return false;
        for (const Json& one : value)
            if (!is(type.substr(1, type.size() - 2), one)) return false;
        return true;
    }

    std::map<std::string, std::string> types_;
    std::set<std::string> required_;
};

}   // namespace outrigger::logging
