# SPDX-License-Identifier: Apache-2.0
"""What the app receives, and what of it comes back: the fields that a proxy adds, continues and removes."""
import json
import re

import requirements
from app import App, Mirror, answering
from caller import Caller, get, post
from system_case import SystemTest

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"


class ForwardingTest(SystemTest):
    def setUp(self):
        self.mirror = Mirror()
        self.app = App(answering(self.mirror))
        self.addCleanup(self.app.stop)
        self.proxy = self.sidecar(self.app)

    def received(self, *fields: str, path: str = "/"):
        """What the app got for a GET with these fields."""
        with Caller(self.proxy.address) as caller:
            self.assertEqual(caller.ask(get(path, *fields)).status, 200)
        return self.mirror.requests[-1]

    def test_the_request_line_and_host_are_the_callers(self):
        request = self.received(path="/a%20b/../c?x=1&y=%2F;z")
        self.assertEqual((request.method, request.target), ("GET", "/a%20b/../c?x=1&y=%2F;z"))
        self.assertEqual(request.version, "HTTP/1.1")
        self.assertEqual(request.headers["Host"], "shop.test")

    def test_a_target_in_absolute_form_reaches_the_app(self):
        with Caller(self.proxy.address) as caller:
            reply = caller.ask(b"GET http://shop.test/abs?q=1 HTTP/1.1\r\nHost: shop.test\r\n\r\n")
        self.assertEqual(reply.status, 200)
        self.assertIn(self.mirror.requests[-1].target, ("/abs?q=1", "http://shop.test/abs?q=1"))

    def test_options_with_an_asterisk_reaches_the_app(self):
        with Caller(self.proxy.address) as caller:
            self.assertEqual(caller.ask(b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").status, 200)
        self.assertEqual(self.mirror.requests[-1].target, "*")

    def test_the_caller_is_named(self):
        request = self.received()
        self.assertEqual(request.headers["X-Forwarded-For"], "127.0.0.1")
        self.assertEqual(request.headers["X-Forwarded-Proto"], "http")
        self.assertEqual(request.headers["X-Forwarded-Host"], "shop.test")

    def test_the_list_of_callers_is_appended_to(self):
        request = self.received("X-Forwarded-For: 203.0.113.7, 10.0.0.1", "x-forwarded-for: 10.0.0.2")
        self.assertEqual(request.headers["X-Forwarded-For"], "203.0.113.7, 10.0.0.1, 10.0.0.2, 127.0.0.1")

    def test_what_an_earlier_proxy_said_is_kept(self):
        request = self.received("X-Forwarded-Proto: https", "X-Forwarded-Host: shop.example")
        self.assertEqual(request.headers["X-Forwarded-Proto"], "https")
        self.assertEqual(request.headers["X-Forwarded-Host"], "shop.example")

    def test_a_request_id_is_made_where_there_is_none(self):
        ids = {self.received().headers["X-Request-Id"] for _ in range(3)}
        self.assertEqual(len(ids), 3)
        logged = [line["http"]["request"]["id"] for line in self.proxy.access_lines(3)]
        self.assertEqual(set(logged), ids)

    def test_a_callers_request_id_is_kept_and_logged(self):
        self.assertEqual(self.received("X-Request-Id: abc-123/4").headers["X-Request-Id"], "abc-123/4")
        self.assertEqual(self.proxy.access_lines(1)[0]["http"]["request"]["id"], "abc-123/4")

    def test_an_unusable_request_id_is_replaced(self):
        for bad in ("", "x" * 200, "two words"):
            with self.subTest(bad):
                found = self.received(f"X-Request-Id: {bad}").headers["X-Request-Id"]
                self.assertNotEqual(found, bad)
                self.assertRegex(found, r"^[!-~]{1,128}$")

    def test_a_trace_is_continued_with_a_new_span(self):
        parent = self.received(f"traceparent: 00-{TRACE}-{SPAN}-00", "tracestate: a=1,b=2").headers
        match = re.fullmatch(rf"00-{TRACE}-([0-9a-f]{{16}})-00", parent["traceparent"])
        self.assertTrue(match, parent["traceparent"])
        self.assertNotEqual(match[1], SPAN)
        self.assertEqual(parent["tracestate"], "a=1,b=2")
        line = self.proxy.access_lines(1)[0]
        self.assertEqual((line["trace"]["id"], line["span"]["id"]), (TRACE, match[1]))

    def test_a_trace_is_begun_where_there_is_none(self):
        self.assertRegex(self.received().headers["traceparent"], r"^00-[0-9a-f]{32}-[0-9a-f]{16}-01$")

    def test_a_broken_trace_is_replaced(self):
        zeros = "0" * 32
        for bad in (f"00-{zeros}-{SPAN}-01", f"00-{TRACE}-{'0' * 16}-01", f"ff-{TRACE}-{SPAN}-01", "",
                    f"00-{TRACE.upper()}-{SPAN}-01", f"00-{TRACE}-{SPAN}-01-more", "garbage"):
            with self.subTest(bad):
                found = self.received(f"traceparent: {bad}").headers["traceparent"]
                self.assertRegex(found, r"^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")
                self.assertNotIn(found[3:35], (TRACE, zeros))

    def test_two_traceparents_do_not_both_arrive(self):
        found = self.received(f"traceparent: 00-{TRACE}-{SPAN}-01", f"traceparent: 00-{'a' * 32}-{SPAN}-01")
        self.assertEqual(len(found.headers.all("traceparent")), 1)

    def test_fields_for_this_hop_only_stay_here(self):
        request = self.received("Connection: X-Mine, keep-alive , x-other", "X-Mine: 1", "X-Other: 2",
                                "X-Stays: 3", "Keep-Alive: timeout=5", "TE: trailers",
                                "Proxy-Connection: keep-alive", "Upgrade: h2c")
        for gone in ("X-Mine", "X-Other", "Keep-Alive", "Proxy-Connection", "Upgrade"):
            self.assertEqual(request.headers.all(gone), [], gone)
        self.assertEqual(request.headers["X-Stays"], "3")
        self.assertNotIn("x-mine", (request.headers["Connection"] or "").lower())

    def test_connection_cannot_remove_what_the_proxy_says(self):
        named = "X-Forwarded-For, Host, X-Request-Id, traceparent, Content-Length"
        request = self.received(f"Connection: {named}")
        self.assertEqual(request.headers["Host"], "shop.test")
        self.assertTrue(request.headers["X-Forwarded-For"].endswith("127.0.0.1"))
        self.assertIsNotNone(request.headers["X-Request-Id"])
        self.assertIsNotNone(request.headers["traceparent"])

    def test_all_other_fields_pass_unchanged_and_in_order(self):
        fields = ["Accept: a/b", "Cookie: a=1; b=2", "X-Twice: 1", "X-Twice: 2", "X-Empty:",
                  "Authorization: Bearer x", "X-Latin: caf\xe9", "Idempotency-Key: k"]
        request = self.received(*fields)
        names = {field.split(":")[0] for field in fields}
        found = [f"{name}: {value}".rstrip() for name, value in request.headers if name in names]
        self.assertEqual(found, fields)

    def test_a_body_keeps_its_framing_fields_to_itself(self):
        with Caller(self.proxy.address) as caller:
            caller.ask(post("/", b"abc", "Content-Type: text/plain"), "POST")
        request = self.mirror.requests[-1]
        self.assertEqual((request.body, request.headers["Content-Length"]), (b"abc", "3"))
        self.assertIsNone(request.headers["Transfer-Encoding"])


class RepliesTest(SystemTest):
    def reply(self, *fields: str):
        app = App(answering(lambda connection, _: connection.reply(200, b"body", *fields)))
        self.addCleanup(app.stop)
        self.proxy = self.sidecar(app)
        with Caller(self.proxy.address) as caller:
            return caller.ask(get("/", "X-Request-Id: r-1"))

    def test_fields_for_the_apps_hop_only_stay_there(self):
        reply = self.reply("Connection: X-Mine", "X-Mine: 1", "Keep-Alive: timeout=5", "Upgrade: h2c",
                           "X-Stays: 2")
        for gone in ("X-Mine", "Keep-Alive", "Upgrade"):
            self.assertEqual(reply.headers.all(gone), [], gone)
        self.assertEqual(reply.headers["X-Stays"], "2")

    def test_the_apps_own_fields_pass(self):
        reply = self.reply("Server: shop/1", "Date: Thu, 01 Jan 1970 00:00:00 GMT", "Vary: a", "Vary: b")
        self.assertEqual(reply.headers["Server"], "shop/1")
        self.assertEqual(reply.headers["Date"], "Thu, 01 Jan 1970 00:00:00 GMT")
        self.assertEqual(reply.headers.all("Vary"), ["a", "b"])

    def test_our_own_answer_tells_the_request_id(self):
        app = App(lambda connection: None)
        app.stop()
        proxy = self.sidecar(app)
        with Caller(proxy.address) as caller:
            reply = caller.ask(get("/", "X-Request-Id: r-2"))
        self.assertEqual((reply.status, reply.headers["X-Request-Id"]), (502, "r-2"))
        self.assertEqual(json.loads(reply.body)["request_id"], "r-2")


if __name__ == "__main__":
    requirements.main()
