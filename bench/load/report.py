# SPDX-License-Identifier: Apache-2.0
"""Medians and ratios of the raw records, as Markdown."""
import statistics

MISSING = "-"
BASELINES = ("relay", "haproxy", "nginx")


class Report:
    """`records`: one dict per run, with contender, round and workload; `properties`: contender -> measured once."""

    def __init__(self, names: list[str], records: list[dict], properties: dict[str, dict]):
        self.names, self.records, self.properties = names, records, properties

    def values(self, name: str, workload: str, field: str) -> dict[int, float]:
        """By round."""
        return {record["round"]: record[field] for record in self.records
                if record["contender"] == name and record["workload"] == workload}

    def median(self, name: str, workload: str, field: str, digits: int = 0) -> str:
        values = self.values(name, workload, field)
        return f"{statistics.median(values.values()):,.{digits}f}" if values else MISSING

    def ratio(self, name: str, baseline: str, workload: str, field: str) -> str:
        """The median of the rounds' ratios: what slows a whole round down cancels out."""
        mine, theirs = self.values(name, workload, field), self.values(baseline, workload, field)
        ratios = [mine[number] / theirs[number] for number in mine.keys() & theirs.keys() if theirs[number]]
        return f"{statistics.median(ratios):.2f}" if ratios else MISSING

    # ---- Tables

    def saturation(self, workload: str) -> str:
        header = ["", "requests/s", *(f"x {name}" for name in BASELINES), "p50/p99 us", "CPU us per request",
                  "user + system", "CPU x relay", "CPU x inbound", "CPU used: proxy, load"]
        return table(workload, header, [
            [name, self.median(name, workload, "requests_per_second"),
             *(self.ratio(name, baseline, workload, "requests_per_second") for baseline in BASELINES),
             *self.latencies_and_cpu(name, workload)] for name in self.names])

    def fixed_rate(self, workload: str) -> str:
        header = ["", "p50/p99 us", "CPU us per request", "user + system", "CPU x relay", "CPU x inbound",
                  "CPU used: proxy, load"]
        return table(workload, header, [
            [name, *self.latencies_and_cpu(name, workload)] for name in self.names])

    def latencies_and_cpu(self, name: str, workload: str) -> list[str]:
        pair = [self.median(name, workload, field) for field in ("p50_us", "p99_us")]
        if any(self.values(name, workload, "unsent").values()):
            pair.append("did not keep up")
        halves = [self.median(name, workload, field, 2) for field in ("user_us", "system_us")]
        return ["/".join(pair), self.median(name, workload, "cpu_us", 2), " + ".join(halves),
                *(self.ratio(name, baseline, workload, "cpu_us") for baseline in ("relay", "outrigger")),
                ", ".join(self.share(name, workload, field) for field in ("cpu_share", "load_cpu_share"))]

    def share(self, name: str, workload: str, field: str) -> str:
        values = self.values(name, workload, field)
        return f"{statistics.median(values.values()):.0%}" if values else MISSING

    def costs(self) -> str:
        columns = [("MiB resident at rest", "resident_kib", 1024, 1), ("MiB anonymous", "anonymous_kib", 1024, 1),
                   ("KiB per idle connection", "bytes_per_idle_connection", 1024, 2),
                   ("system calls per request", "system_calls", 1, 2),
                   ("user instructions per request", "user_instructions", 1, 0)]
        return table("", ["", *(column[0] for column in columns)], [
            [name, *(self.property(name, *column[1:]) for column in columns)] for name in self.names])

    def property(self, name: str, field: str, unit: float, digits: int) -> str:
        value = self.properties.get(name, {}).get(field)
        return MISSING if value is None else f"{value / unit:,.{digits}f}"

    def disturbance(self) -> float:
        """The most that anything else took of either CPU in any run."""
        return max((record["others_share"] for record in self.records), default=0.0)

    def text(self, workloads: list[tuple[str, bool]]) -> str:
        """`workloads`: name and whether it has a fixed rate."""
        parts = [(self.fixed_rate if fixed else self.saturation)(name) for name, fixed in workloads]
        return "\n\n".join([*parts, self.costs()])


def table(title: str, header: list[str], rows: list[list[str]]) -> str:
    header = [title or " ", *header[1:]]
    lines = [header, ["---", *("---:" for _ in header[1:])], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
