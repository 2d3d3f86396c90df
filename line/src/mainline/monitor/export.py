"""The verdict for Prometheus, as a file that node_exporter's textfile collector reads: for those who have Grafana."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from mainline.errors import ConfigError
from mainline.monitor.verdict import EXIT


def write(said: Mapping[str, Any], path: Path) -> None:
    """Write what `mainline monitor --json` says, whole or not at all.

    Raises:
        ConfigError: it cannot be written.
    """
    partial = path.with_name(f"{path.name}.partial")
    try:
        partial.write_bytes(text(said))
        partial.replace(path)
    except OSError as error:
        raise ConfigError(f"--prometheus {path}: cannot be written ({error.strerror})") from None


def text(said: Mapping[str, Any]) -> bytes:
    """The same as Prometheus reads it."""
    registry = CollectorRegistry()

    def gauge(name: str, about: str, *labels: str) -> Gauge:
        return Gauge(f"mainline_monitor_{name}", about, ["version", *labels], registry=registry)

    version, risk = said["version"], said["risk"] or {}
    verdict = gauge("alarm", "1 where a person or a robot should act.", "verdict")
    verdict.labels(version, said["verdict"]).set(EXIT[said["verdict"]] > 0)
    gauge("days_without_profile", "Up to yesterday.").labels(version).set(said["silent"])
    evidence = gauge("evidence", "Power of ten of the odds that this has moved too far.", "what")
    for name, powers in said["evidence"].items():
        known = [power for power in powers if power is not None]
        if known:
            evidence.labels(version, name).set(known[-1])
    signal = gauge("signal_evidence", "The same of one column, of the answers, or of the estimated risk.", "signal")
    for each in said["signals"]:
        if each["evidence"] is not None:
            signal.labels(version, each["name"]).set(each["evidence"])
    if risk.get("measured") is not None:
        gauge("risk_measured", "Mean error on the dev rows: share of wrong answers, or clipped squared error.").labels(
            version
        ).set(risk["measured"])
        gauge("risk_allowed", "The most that is no worse than allowed.").labels(version).set(risk["allowed"])
        if risk["weeks"]:
            gauge("risk", "The same of the labelled answers of the latest week.").labels(version).set(
                risk["weeks"][-1]["rate"]
            )
    return generate_latest(registry)
