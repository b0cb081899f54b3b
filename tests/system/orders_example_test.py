# SPDX-License-Identifier: Apache-2.0
"""The example service under load while its upstreams fail: what callers saw, the log, the metrics and health tell one
story, joined by request id. And: with nobody to ship to, with a full disk, and until its end in order.

OUTRIGGER_STORY_SECONDS: how long the load goes on at least (else one round of faults)."""
import json
import os
import pathlib
import re
import signal
import subprocess
import time
import unittest
from collections import Counter, defaultdict

import requirements
from app import App, answering, refusing_port
from example_case import example
from orders_case import CALLERS, OrdersCase, Readiness, Seen, Service
from program import PATIENCE, fetch, preloaded, program, until

REASONS = pathlib.Path(__file__).resolve().parents[2] / "docs" / "reference" / "reasons.md"
STATUS_OF = {word: int(status) for word, status in re.findall(r"^\| `(\w+)` \| (\d+) \|", REASONS.read_text(), re.MULTILINE)}
REFRESH = 0.9                # seconds that the orders service's checks are apart, at least
LEAST_SECONDS = float(os.environ.get("OUTRIGGER_STORY_SECONDS", 0))
NAMES = ("attempt-ended", "retry-scheduled", "retry-abandoned", "call-refused", "circuit-opened", "circuit-half-opened",
         "circuit-closed")


def field(record: dict, name: str, otherwise=None):
    for part in name.split("."):
        record = record.get(part) if isinstance(record, dict) else None
    return otherwise if record is None else record


class Story:
    """A log, taken apart."""

    def __init__(self, records: list[dict]):
        self.access = [one for one in records if field(one, "event.dataset") == "outrigger.access"]
        self.calls = [one for one in records if field(one, "event.dataset") == "outrigger.calls"]
        self.calls_of, self.attempts_of = defaultdict(list), Counter()
        for call in self.calls:
            self.calls_of[field(call, "http.request.id")].append(call)
        self.events = {name: [one for one in records if field(one, "event.action") == name] for name in NAMES}
        for ended in self.events["attempt-ended"]:
            self.attempts_of[field(ended, "http.request.id"), field(ended, "outrigger.upstream")] += 1
        self.placed = [one for one in records if one["message"] == "order placed"]
        self.checks = [one for one in records if field(one, "event.action") == "check-changed"]

    def count(self, event: str, *labels: str) -> Counter:
        return Counter(tuple(field(one, name, "") for name in labels) for one in self.events[event])


class StoryTest(OrdersCase):
    def test_callers_log_metrics_and_health_tell_the_same(self):
        orders = self.start_all(LOG_LEVEL="debug")
        readiness = Readiness(orders)
        self.addCleanup(readiness.stop)
        load = self.load(orders)
        end = time.monotonic() + LEAST_SECONDS
        self.answers(load, 30)
        self.go_wrong(orders)
        while time.monotonic() < end:
            self.go_wrong(orders)
        self.answers(load, len(load.seen) + 30)
        seen, page = load.stop(), orders.metrics()
        readiness.stop()
        for service in (orders, self.users, self.payments):              # then all they said is in their logs
            self.assertEqual(service.terminate(), 0)
        story = Story(orders.log())

        self.callers_and_access_lines_agree(seen, story, page)
        self.answers_follow_from_the_calls(seen, story)
        self.calls_and_metrics_agree(story, page)
        self.policies_and_metrics_agree(story, page)
        self.upstreams_heard_of_no_others(story)
        self.health_follows_the_circuit(story, readiness, page)
        self.everything_happened(seen, story)

    # ---- What goes wrong

    def go_wrong(self, orders: Service):
        """Payments die and come back; users answer 503 for a while; payments hang for a while."""
        self.payments.kill()
        until(lambda: orders.ready() == 503, "not ready while payments are gone")
        self.payments = self.start("payments", self.payments.port)
        self.recovered(orders)

        self.users.terminate()
        failing = App(answering(lambda connection, _: connection.reply(503)), self.users.port, heir=True)
        before = self.failures(orders, "users")
        until(lambda: self.failures(orders, "users") > before + 10, "users failing")
        failing.stop()
        self.users = self.start("users", self.users.port)
        self.recovered(orders)

        before = self.failures(orders, "payments")
        self.payments.process.send_signal(signal.SIGSTOP)
        until(lambda: self.failures(orders, "payments") > before + 3, "payments hanging")
        self.payments.process.send_signal(signal.SIGCONT)
        self.recovered(orders)

    @staticmethod
    def failures(orders: Service, upstream: str) -> float:
        return orders.metrics().sum("outrigger_attempts_total", upstream=upstream, outcome="failure")

    @staticmethod
    def recovered(orders: Service):
        until(lambda: orders.metrics().sum("outrigger_circuit_state", state="closed") == 2, "closed circuits")
        until(lambda: orders.ready() == 200, "readiness")

    # ---- What everybody says of it

    def callers_and_access_lines_agree(self, seen: list[Seen], story: Story, page):
        self.assert_whole(seen)
        self.assertEqual([one for one in seen if one.answered_id != one.id], [])
        told = Counter((field(line, "http.request.id"), field(line, "http.request.method"), field(line, "url.path"),
                        field(line, "http.response.status_code")) for line in story.access)
        self.assertEqual(told, Counter((one.id, one.method, one.path, one.status) for one in seen))
        routes = {"POST": "/orders", "GET": "/orders/{id}"}
        counted = {(labels["http_request_method"], labels["http_route"], int(labels["http_response_status_code"])): int(count)
                   for labels, count in page.series("http_server_request_duration_seconds_count")}
        self.assertEqual(counted, Counter((one.method, routes[one.method], one.status) for one in seen))
        self.assertEqual(page.sum("http_server_active_requests"), 0)

    def answers_follow_from_the_calls(self, seen: list[Seen], story: Story):
        """Each request's last call decides its answer, and orders that were placed are those that were answered so."""
        for one in seen:
            calls = story.calls_of[one.id]
            if one.method == "GET":
                self.assertEqual((len(calls), one.status), (0, 404) if one.path.endswith("/none") else (1, 200), one)
                continue
            self.assertEqual([field(call, "outrigger.upstream") for call in calls], ["users", "payments"][:len(calls)], one)
            last = calls[-1]
            status, reason = field(last, "http.response.status_code", 0), field(last, "outrigger.reason")
            expected = STATUS_OF[reason] if reason else 502 if status >= 500 else status
            self.assertEqual(one.status, expected, (one, last))
            if reason:
                self.assertIn(f'{field(last, "outrigger.upstream")}: {reason}'.encode(), one.body)
        placed = {field(line, "order.id"): field(line, "http.request.id") for line in story.placed}
        self.assertEqual(placed, {json.loads(one.body)["id"]: one.id for one in seen if one.status == 201})

    def calls_and_metrics_agree(self, story: Story, page):
        def ended(call):
            status, reason = field(call, "http.response.status_code"), field(call, "outrigger.reason")
            return (field(call, "outrigger.upstream"), str(status or ""), reason or (str(status) if status >= 400 else ""))
        counted = {(labels["upstream"], labels.get("http_response_status_code", ""), labels.get("error_type", "")): int(count)
                   for labels, count in page.series("http_client_request_duration_seconds_count")}
        self.assertEqual(counted, Counter(map(ended, story.calls)))
        self.assertEqual(page.sum("http_client_active_requests"), 0)
        told = {(field(call, "http.request.id"), field(call, "outrigger.upstream")): field(call, "outrigger.attempts")
                for call in story.calls}
        self.assertEqual({key: count for key, count in told.items() if count}, story.attempts_of)
        for upstream in ("users", "payments"):
            self.assertEqual(page.sum("outrigger_attempts_total", upstream=upstream),
                             sum(count for (_, called), count in told.items() if called == upstream))

    def policies_and_metrics_agree(self, story: Story, page):
        """Every event of a policy is one more in a counter, and one line."""
        def counted(metric, *labels):
            return {tuple(found[name] for name in labels): int(count) for found, count in page.series(metric) if count}
        for event, metric in (("retry-scheduled", "outrigger_retries_total"),
                              ("retry-abandoned", "outrigger_retry_abandoned_total"),
                              ("call-refused", "outrigger_refused_total")):
            self.assertEqual(story.count(event, "outrigger.upstream", "outrigger.reason"), counted(metric, "upstream", "reason"))
        became = {"circuit-opened": "open", "circuit-half-opened": "half_open", "circuit-closed": "closed"}
        lines = Counter((field(one, "outrigger.upstream"), to) for event, to in became.items() for one in story.events[event])
        self.assertEqual(lines, counted("outrigger_circuit_transitions_total", "upstream", "to"))

    def upstreams_heard_of_no_others(self, story: Story):
        """What users answered is what was counted as answered; lines of a service that was killed may be lost."""
        succeeded = Counter(field(one, "http.request.id") for one in story.events["attempt-ended"]
                            if field(one, "outrigger.upstream") == "users" and one["message"].endswith("success"))
        heard = Counter(field(line, "http.request.id") for line in Story(self.users.log()).access)
        for id_, count in succeeded.items():
            self.assertLessEqual(count, heard[id_], id_)
        for log, upstream in ((self.users.log(), "users"), (self.payments.log(), "payments")):
            for id_, count in Counter(field(line, "http.request.id") for line in Story(log).access).items():
                self.assertLessEqual(count, story.attempts_of[id_, upstream], id_)

    def health_follows_the_circuit(self, story: Story, readiness: Readiness, page):
        told = Counter((field(one, "outrigger.check"), field(one, "outrigger.to")) for one in story.checks)
        self.assertEqual(told, {(labels["check"], labels["to"]): int(count)
                                for labels, count in page.series("outrigger_health_changes_total")})
        payments = [one for one in story.checks if field(one, "outrigger.check") == "payments"]
        statuses = [503 if field(one, "outrigger.to") == "down" else 200 for one in payments]
        changes = [status for at, status in enumerate(statuses) if [status] != statuses[at - 1:at]]
        if readiness.longest_gap < REFRESH:
            self.assertEqual(readiness.history, changes)
        else:                                     # a machine so busy that a change may have come and gone between two looks
            self.assertIn(503, readiness.history)
            self.assertEqual(readiness.history[-1], changes[-1])
        opened = [one for one in story.events["circuit-opened"] if field(one, "outrigger.upstream") == "payments"]
        for one in payments:
            if field(one, "outrigger.to") == "down":
                self.assertIn("the circuit is open", one["message"])
                self.assertTrue(any(event["@timestamp"] <= one["@timestamp"] for event in opened), one)
        self.assertEqual(page.value("outrigger_health_check_up", check="payments"), 1)

    def everything_happened(self, seen: list[Seen], story: Story):
        """Else the rest would prove little."""
        statuses = {one.status for one in seen}
        self.assertLessEqual({200, 201, 404, 502, 503}, statuses)
        reasons = {field(call, "outrigger.reason") for call in story.calls}
        self.assertLessEqual({"connect_failed", "circuit_open"}, reasons)
        self.assertTrue({"attempt_timeout", "timeout"} & {field(one, "outrigger.reason")
                                                         for one in story.events["attempt-ended"]})
        self.assertTrue(all(story.events.values()), {name: len(lines) for name, lines in story.events.items()})


class EndTest(OrdersCase):
    def test_until_its_end_no_caller_sees_a_cut_answer(self):
        """Callers do as a load balancer does: no new calls once it is not ready; those under way are answered."""
        orders = self.start_all(DRAIN_SECONDS="5")            # a busy machine does all below meanwhile
        ready = {"yes": True}
        load = self.load(orders, callers=6, pause=0, go_on=lambda: ready["yes"])
        self.answers(load, 100)
        # Held by payments when the signal comes, and answered during the drain.
        self.payments.process.send_signal(signal.SIGSTOP)
        until(lambda: orders.metrics().sum("http_client_active_requests", upstream="payments") > 0, "calls under way")
        orders.process.send_signal(signal.SIGTERM)
        until(lambda: orders.ready() == 503, "not ready")
        before = len(load.seen)
        self.payments.process.send_signal(signal.SIGCONT)
        self.answers(load, before + 8)                                   # it serves while callers still come
        ready["yes"] = False
        self.assertEqual(orders.process.wait(PATIENCE), 0)
        seen = load.stop()
        self.assert_whole(seen)
        records = orders.log()
        self.assertEqual(Counter(field(line, "http.request.id") for line in Story(records).access),
                         Counter(one.id for one in seen))
        self.assertEqual([field(one, "event.action") for one in records if field(one, "outrigger.cause") or
                          field(one, "outrigger.cut") is not None or field(one, "event.action") == "shutdown-ended"],
                         ["shutdown-began", "drain-ended", "shutdown-ended"])
        self.assertEqual(field(records[-1], "event.action"), "shutdown-ended")


class LogTest(OrdersCase):
    def test_with_nobody_to_ship_to_callers_notice_nothing_and_the_spool_keeps_all(self):
        spool = self.folder / "spool"
        orders = self.start_all(LOG_TO=f"logstash+http://127.0.0.1:{refusing_port(self)}", LOG_SPOOL=str(spool))
        load = self.load(orders)
        self.answers(load, 60)
        seen = load.stop()
        self.assert_whole(seen)
        self.assertLessEqual({201, 404}, {one.status for one in seen if one.method == "POST"})
        self.assertEqual(orders.terminate(), 0)
        self.assertEqual(orders.log(), [])
        kept = [json.loads(line) for line in self.spool("export", spool).splitlines()]
        self.assertEqual(Counter(field(line, "http.request.id") for line in Story(kept).access),
                         Counter(one.id for one in seen))
        self.assertEqual(len(Story(kept).calls), sum(len(Story(kept).calls_of[one.id]) for one in seen))
        self.assertIn("all is well", self.spool("verify", spool))

    def on_a_disk(self, written=lambda: True, **environment):
        """What callers saw with a full disk below `disk` for a while: before, until there was room again, after that."""
        now, disk = self.folder / "now", self.folder / "disk"
        disk.mkdir()
        orders = self.start_all(FAULTY_DISK=str(disk), FAULTY_DISK_NOW=str(now),
                                LD_PRELOAD=preloaded(example("orders"), os.environ["OUTRIGGER_FAULTY_DISK"]), **environment)
        load = self.load(orders)
        self.answers(load, 30)
        until(written, "what was told of them is on the disk")
        before = len(load.seen)
        now.write_text("ENOSPC")
        self.answers(load, before + 40)
        now.unlink()
        after = len(load.seen)
        self.answers(load, after + 60)
        seen = load.stop()
        self.assert_whole(seen)
        self.assertLessEqual({201, 404}, {one.status for one in seen if one.method == "POST"})
        self.assertEqual(orders.terminate(), 0)
        return seen, after

    def test_a_full_disk_under_the_log_file_costs_lines_and_no_answers(self):
        file = self.folder / "disk" / "orders.log"

        def told() -> Counter:
            records = [json.loads(line) for line in file.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]
            return Counter(field(line, "http.request.id") for line in Story(records).access)
        seen, after = self.on_a_disk(lambda: told().total() >= 30, LOG_FILE=str(file))
        wanted = Counter(one.id for one in seen)
        self.assertEqual(told() - wanted, Counter())                      # none twice
        lost = wanted - told()
        self.assertTrue(lost)
        # Requests that were under way may have been told of before there was room.
        self.assertLessEqual(set(lost), {one.id for one in seen[:after + 5 * CALLERS]})
        self.assertGreaterEqual(len(seen) - len(lost), 30 + 60 - 5 * CALLERS)

    def test_a_full_disk_under_the_spool_costs_nothing(self):
        spool = self.folder / "disk" / "spool"
        seen, _ = self.on_a_disk(LOG_TO=f"logstash+http://127.0.0.1:{refusing_port(self)}", LOG_SPOOL=str(spool))
        kept = [json.loads(line) for line in self.spool("export", spool).splitlines()]
        self.assertEqual(Counter(field(line, "http.request.id") for line in Story(kept).access),
                         Counter(one.id for one in seen))
        self.assertIn("all is well", self.spool("verify", spool))

    def spool(self, command: str, folder: pathlib.Path) -> str:
        done = subprocess.run([program(), "spool", command, str(folder)], capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout


class AnswersTest(OrdersCase):
    @staticmethod
    def post(orders: Service, user="1", total="12.50", **headers):
        return fetch(orders.address, "POST", "/orders", f"user={user}&total={total}",
                     {"Content-Type": "application/x-www-form-urlencoded", **headers})

    def test_whoever_repeats_an_order_is_charged_once(self):
        orders = self.start_all()
        first, again = (self.post(orders, **{"Idempotency-Key": "k-1"}) for _ in range(2))
        self.assertEqual((first.status, again.status, again.body), (201, 201, first.body))
        self.assertNotEqual(self.post(orders).body, first.body)
        self.assertEqual(self.payments.metrics().sum("charges_total", outcome="charged"), 2)

    def test_what_is_no_number_reaches_nobody_and_pages_have_a_port_of_their_own(self):
        orders = self.start_all()
        for user, total in (("..", "1"), ("1", "."), ("", "1"), ("1", "1.2.3")):
            self.assertEqual(self.post(orders, user, total).status, 400, (user, total))
        for page in ("/metrics", "/health", "/health/live"):
            self.assertEqual((fetch(orders.address, "GET", page).status, fetch(orders.pages, "GET", page).status), (404, 200))

    def test_only_users_word_makes_it_no_such_user(self):
        users = App(answering(lambda connection, _: connection.reply(429)))
        self.addCleanup(users.stop)
        orders = self.start("orders", USERS=f"http://127.0.0.1:{users.port}")
        answer = self.post(orders)
        self.assertEqual((answer.status, answer.body), (502, b'{"error":"users answered 429"}\n'))


if __name__ == "__main__":
    if LEAST_SECONDS:
        unittest.defaultTestLoader.testNamePatterns = ["*StoryTest*"]
    requirements.main()
