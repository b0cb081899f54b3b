# SPDX-License-Identifier: Apache-2.0
# The third-party packages that components may need, each said once: how CMake finds it, what is linked, what a static
# library's pkg-config file requires, and what Debian calls it. Nobody looks for one before a component needs it.
include_guard(GLOBAL)

# outrigger_third_party(NAME FIND <arguments of find_package> TARGET <target> [PKG_CONFIG <module> | LIBS <flags>]
#                       DEBIAN <package> [HEADERS_ONLY])     HEADERS_ONLY: nobody who links us needs it.
function(outrigger_third_party name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "HEADERS_ONLY" "TARGET;PKG_CONFIG;LIBS;DEBIAN" "FIND")
    list(JOIN arg_FIND " " find)
    foreach(field IN ITEMS TARGET PKG_CONFIG LIBS DEBIAN HEADERS_ONLY)
        set_property(GLOBAL PROPERTY OUTRIGGER_${field}_OF_${name} "${arg_${field}}")
    endforeach()
    set_property(GLOBAL PROPERTY OUTRIGGER_FIND_OF_${name} "${find}")
endfunction()

outrigger_third_party(CURL FIND CURL 7.87   # CURLOPT_PROTOCOLS_STR is 7.85, CURLOPT_QUICK_EXIT 7.87
                      TARGET CURL::libcurl PKG_CONFIG "libcurl >= 7.87" DEBIAN libcurl4-openssl-dev)
outrigger_third_party(nlohmann_json FIND nlohmann_json TARGET nlohmann_json::nlohmann_json HEADERS_ONLY
                      DEBIAN nlohmann-json3-dev)
outrigger_third_party(OpenSSL FIND OpenSSL TARGET OpenSSL::SSL PKG_CONFIG openssl DEBIAN libssl-dev)
outrigger_third_party(PostgreSQL FIND PostgreSQL TARGET PostgreSQL::PostgreSQL PKG_CONFIG libpq DEBIAN libpq-dev)
outrigger_third_party(prometheus-cpp FIND prometheus-cpp CONFIG
                      TARGET prometheus-cpp::core PKG_CONFIG prometheus-cpp-core DEBIAN prometheus-cpp-dev)
outrigger_third_party(SQLite3 FIND SQLite3 TARGET SQLite::SQLite3 PKG_CONFIG sqlite3 DEBIAN libsqlite3-dev)
outrigger_third_party(Threads FIND Threads TARGET Threads::Threads LIBS -pthread DEBIAN libc6-dev)
outrigger_third_party(ZLIB FIND ZLIB TARGET ZLIB::ZLIB PKG_CONFIG zlib DEBIAN zlib1g-dev)
