"""Devices that change by the clock. No locks."""

import heapq
from collections.abc import Iterator, Mapping

from edge.home.mirrored import Device

_SLACK = 64
"""So many void moments are not worth clearing up."""


class Due:
    """When to look at which device again. A moment that is not its device's `queued_ms` any more is void.

    devices: all there are, by key.
    """

    def __init__(self, devices: Mapping[str, Device]) -> None:
        self._devices = devices
        self._heap: list[tuple[int, str]] = []

    def __bool__(self) -> bool:
        return bool(self._heap)

    def watch(self, key: str, device: Device) -> None:
        """See to it that the device is looked at when it is due; one that has become due later is looked at twice."""
        due, queued = device.due_ms, device.queued_ms
        if due is None or (queued is not None and queued <= due):
            return
        device.queued_ms = due
        heapq.heappush(self._heap, (due, key))
        if len(self._heap) > 2 * len(self._devices) + _SLACK:
            self._heap = [(d.queued_ms, k) for k, d in self._devices.items() if d.queued_ms is not None]
            heapq.heapify(self._heap)

    def passed(self, steady_ms: int) -> Iterator[Device]:
        """Devices whose moment has come; whoever takes them settles them."""
        while self._heap and self._heap[0][0] <= steady_ms:
            at, key = heapq.heappop(self._heap)
            device = self._devices.get(key)
            if device is None or device.queued_ms != at:
                continue
            device.queued_ms = None
            yield device
            self.watch(key, device)
