"""The text of edge.service, from the template that travels with the hub."""

from edge.resources import data_dir


def unit(*, exec: str, memory_max_mib: int, cpu_weight: int) -> str:  # noqa: A002 - as systemd calls it
    """exec: path of the command `edge`."""
    text = (data_dir("packaging") / "edge.service").read_text(encoding="utf-8")
    for mark, value in (("@EXEC@", exec), ("@MEMORY_MAX_MIB@", memory_max_mib), ("@CPU_WEIGHT@", cpu_weight)):
        text = text.replace(mark, str(value))
    return text
