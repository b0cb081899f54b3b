// SPDX-License-Identifier: Apache-2.0
// The functions of libcurl that the program calls, under their own names, so that the components are the same for
// everybody. They are hidden: nothing outside the program binds to them. One that is missing here is found by the
// linker in libcurl itself, which the program then needs from its start: tests/system/libraries_test.py looks.
#include <curl/curl.h>

#include <cstdarg>

#include "sidecar/libraries/loaded.hpp"

namespace outrigger::libraries {

const Library& libcurl() {
    static const Library library{OUTRIGGER_LIBCURL, OUTRIGGER_LIBCURL_PACKAGE, "curl_easy_header"};
    return library;
}

namespace {

template <auto* function, class... Arguments>
auto curl(const char* name, Arguments... arguments) {
    return pass_on<function>(libcurl, name, arguments...);
}

// By the ranges of libcurl's numbers, an option's argument is a long, a curl_off_t, or a pointer to whatever.
template <auto* function, class Handle, class Option>
auto set_option(const char* name, Handle* handle, Option option, std::va_list& value) {
    constexpr int range = CURLOPTTYPE_OBJECTPOINT - CURLOPTTYPE_LONG;
    const int type = static_cast<int>(option) / range * range;
    if (type == CURLOPTTYPE_LONG) return curl<function>(name, handle, option, va_arg(value, long));
    if (type == CURLOPTTYPE_OFF_T) return curl<function>(name, handle, option, va_arg(value, curl_off_t));
    return curl<function>(name, handle, option, va_arg(value, void*));
}

}   // namespace
}   // namespace outrigger::libraries

using outrigger::libraries::curl;
using outrigger::libraries::set_option;

// Formally, va_start() may not be given an enum; compilers only look where it lies, and libcurl does the same.
#pragma GCC diagnostic ignored "-Wvarargs"

extern "C" {

void curl_free(void* freed) { curl<&curl_free>(__func__, freed); }
time_t curl_getdate(const char* text, const time_t* unused) { return curl<&curl_getdate>(__func__, text, unused); }

curl_slist* curl_slist_append(curl_slist* list, const char* text) {
    return curl<&curl_slist_append>(__func__, list, text);
}
void curl_slist_free_all(curl_slist* list) { curl<&curl_slist_free_all>(__func__, list); }

CURLU* curl_url(void) { return curl<&curl_url>(__func__); }
void curl_url_cleanup(CURLU* url) { curl<&curl_url_cleanup>(__func__, url); }
CURLUcode curl_url_get(CURLU* url, CURLUPart what, char** part, unsigned flags) {
    return curl<&curl_url_get>(__func__, url, what, part, flags);
}
CURLUcode curl_url_set(CURLU* url, CURLUPart what, const char* part, unsigned flags) {
    return curl<&curl_url_set>(__func__, url, what, part, flags);
}

CURL* curl_easy_init(void) { return curl<&curl_easy_init>(__func__); }
void curl_easy_cleanup(CURL* easy) { curl<&curl_easy_cleanup>(__func__, easy); }
void curl_easy_reset(CURL* easy) { curl<&curl_easy_reset>(__func__, easy); }
CURLcode curl_easy_perform(CURL* easy) { return curl<&curl_easy_perform>(__func__, easy); }
const char* curl_easy_strerror(CURLcode code) { return curl<&curl_easy_strerror>(__func__, code); }
CURLHcode curl_easy_header(CURL* easy, const char* name, size_t index, unsigned origin, int request,
                           curl_header** found) {
    return curl<&curl_easy_header>(__func__, easy, name, index, origin, request, found);
}
CURLcode curl_easy_recv(CURL* easy, void* buffer, size_t size, size_t* received) {
    return curl<&curl_easy_recv>(__func__, easy, buffer, size, received);
}
CURLcode curl_easy_send(CURL* easy, const void* buffer, size_t size, size_t* sent) {
    return curl<&curl_easy_send>(__func__, easy, buffer, size, sent);
}
CURLcode curl_easy_setopt(CURL* easy, CURLoption option, ...) {
    std::va_list value;
    va_start(value, option);
    const CURLcode code = set_option<&curl_easy_setopt>(__func__, easy, option, value);
    va_end(value);
    return code;
}
CURLcode curl_easy_getinfo(CURL* easy, CURLINFO what, ...) {
    std::va_list value;
    va_start(value, what);
    const CURLcode code = curl<&curl_easy_getinfo>(__func__, easy, what, va_arg(value, void*));
    va_end(value);
    return code;
}

CURLM* curl_multi_init(void) { return curl<&curl_multi_init>(__func__); }
CURLMcode curl_multi_cleanup(CURLM* multi) { return curl<&curl_multi_cleanup>(__func__, multi); }
CURLMcode curl_multi_add_handle(CURLM* multi, CURL* easy) {
    return curl<&curl_multi_add_handle>(__func__, multi, easy);
}
CURLMcode curl_multi_remove_handle(CURLM* multi, CURL* easy) {
    return curl<&curl_multi_remove_handle>(__func__, multi, easy);
}
CURLMcode curl_multi_perform(CURLM* multi, int* running) { return curl<&curl_multi_perform>(__func__, multi, running); }
CURLMcode curl_multi_poll(CURLM* multi, curl_waitfd* extra, unsigned extra_count, int milliseconds, int* ready) {
    return curl<&curl_multi_poll>(__func__, multi, extra, extra_count, milliseconds, ready);
}
CURLMcode curl_multi_wakeup(CURLM* multi) { return curl<&curl_multi_wakeup>(__func__, multi); }
CURLMsg* curl_multi_info_read(CURLM* multi, int* left) { return curl<&curl_multi_info_read>(__func__, multi, left); }
CURLMcode curl_multi_setopt(CURLM* multi, CURLMoption option, ...) {
    std::va_list value;
    va_start(value, option);
    const CURLMcode code = set_option<&curl_multi_setopt>(__func__, multi, option, value);
    va_end(value);
    return code;
}

}   // extern "C"
