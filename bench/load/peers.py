# SPDX-License-Identifier: Apache-2.0
"""The other proxies, each set up to do what outrigger does, and the line-up of all contenders."""
import getpass
import json
import os

import processes
from contenders import Contender, Outrigger, OutriggerOutbound, Relay, first_line


class HAProxy(Contender):
    """httplog to a UDP sink, Prometheus exporter, retries, forwarded fields, a unique id."""
    kind = "haproxy"
    adds = ("x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-request-id")

    def version(self) -> str:
        return first_line(self.program(), "-v")

    def command(self):
        return [self.program(), "-db", "-f", self.write("haproxy.cfg", f"""
global
    nbthread 1
    maxconn 4096
    log 127.0.0.1:{self.bench.log_sink_port} format rfc5424 local0 info

defaults
    mode http
    log global
    option httplog
    option forwardfor
    option redispatch
    retries 3
    retry-on conn-failure empty-response
    http-reuse always
    timeout connect 1s
    timeout client 60s
    timeout server 60s
    timeout http-keep-alive 60s
    timeout http-request 10s
    unique-id-format %{{+X}}o\\ %ci:%cp_%fi:%fp_%Ts_%rt:%pid
    unique-id-header X-Request-Id

frontend metrics
    bind 127.0.0.1:{processes.free_port()}
    no log
    http-request use-service prometheus-exporter if {{ path /metrics }}

frontend inbound
    bind {self.target}
    http-request set-header X-Forwarded-Proto http
    http-request set-header X-Forwarded-Host %[req.hdr(Host)]
    default_backend app

backend app
    server app {self.origin_for("{}", "unix@{}")}
""")]


class Nginx(Contender):
    """Buffered JSON access log, forwarded and request-id fields, more kept connections than callers."""
    kind = "nginx"
    adds = ("x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-request-id")

    def version(self) -> str:
        return first_line(self.program(), "-v")

    def command(self):
        fields = {"@timestamp": "$time_iso8601", "method": "$request_method", "path": "$uri", "query": "$args",
                  "status": "$status", "bytes": "$body_bytes_sent", "duration": "$request_time",
                  "upstream_duration": "$upstream_response_time", "client": "$remote_addr", "agent": "$http_user_agent",
                  "request_id": "$request_id"}
        temporary = "\n".join(f"    {kind}_temp_path {self.folder}/{kind};"
                              for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        user = f"user {getpass.getuser()};" if os.geteuid() == 0 else ""
        return [self.program(), "-e", "stderr", "-c", self.write("nginx.conf", f"""
{user}
daemon off;
worker_processes 1;
pid {self.folder}/nginx.pid;
error_log stderr;
events {{ worker_connections 4096; }}
http {{
{temporary}
    log_format ecs escape=json '{json.dumps(fields)}';
    access_log {self.folder}/access.log ecs buffer=64k flush=200ms;
    keepalive_timeout 60s;
    keepalive_requests 1000000000;
    upstream app {{
        server {self.origin_for("{}", "unix:{}")};
        keepalive 512;
        keepalive_requests 1000000000;
    }}
    server {{
        listen {self.target} backlog=4096;
        location / {{
            proxy_pass http://app;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Forwarded-Host $http_host;
            proxy_set_header X-Request-Id $request_id;
        }}
    }}
}}
""")]


class H2o(Contender):
    """Access log to a file, forwarded fields. A kept connection that ended costs it a 502, so it keeps none long."""
    kind = "h2o"
    adds = ("x-forwarded-for", "x-forwarded-proto")

    def version(self) -> str:
        return first_line(self.program(), "--version")

    def command(self):
        host, port = self.target.split(":")
        user = f"user: {getpass.getuser()}" if os.geteuid() == 0 else ""
        return [self.program(), "-m", "worker", "-c", self.write("h2o.yaml", f"""
{user}
num-threads: 1
max-connections: 4096
pid-file: {self.folder}/h2o.pid
error-log: {self.folder}/error.log
access-log: {self.folder}/access.log
http1-request-timeout: 60
proxy.timeout.keepalive: 200
proxy.preserve-host: ON
hosts:
  default:
    listen: {{host: {host}, port: {port}}}
    paths:
      "/":
        proxy.reverse.url: "{self.origin_for("http://{}/", "http://[unix:{}]/")}"
""")]


# Name -> class and leg, in the order of the table.
LINE_UP = {kind.kind + suffix: (kind, leg) for suffix, leg, kinds in (
    ("", "tcp", (Relay, Outrigger, OutriggerOutbound, HAProxy, Nginx, H2o)),
    ("-unix", "unix", (Relay, Outrigger, HAProxy, Nginx))) for kind in kinds}
DEFAULT = ("relay", "outrigger", "outrigger-outbound", "haproxy", "nginx", "h2o", "relay-unix", "outrigger-unix")
