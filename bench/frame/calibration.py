"""Three loops that have nothing to do with the product, before and after: how far they differ says how noisy the machine was."""

import os
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

SECONDS = 0.5
NOISY = 0.15


class Calibration(NamedTuple):
    """Per second: rounds of a loop in Python, forced writes of 8 KB, round trips between two sockets of this machine."""

    loops: float
    fsyncs: float
    round_trips: float


def calibrate(folder: Path, seconds: float = SECONDS) -> Calibration:
    """In `folder`, because another disk may be another disk."""
    return Calibration(_rate(_loop, seconds), _fsyncs(folder, seconds), _round_trips(seconds))


def differences(before: Calibration, after: Calibration) -> dict[str, float]:
    """How far apart each of the three was, as a part of the first."""
    return {
        name: abs(after_ - before_) / before_
        for name, before_, after_ in zip(Calibration._fields, before, after, strict=True)
    }


def sentence(before: Calibration, after: Calibration) -> str:
    """For people, under the table."""
    apart = differences(before, after)
    told = ", ".join(
        f"{name.replace('_', ' ')} {getattr(before, name):,.0f}/s → {getattr(after, name):,.0f}/s" for name in apart
    )
    noisy = [name.replace("_", " ") for name, by in apart.items() if by > NOISY]
    return f"Calibration, before → after: {told}. " + (
        f"NOISY: {' and '.join(noisy)} moved by more than {NOISY:.0%}; trust ratios only." if noisy else "Quiet."
    )


def _rate(act: Callable[[], object], seconds: float) -> float:
    began = time.perf_counter()
    count = 0
    while (took := time.perf_counter() - began) < seconds:
        act()
        count += 1
    return count / took


def _loop() -> int:
    total = 0
    for number in range(10_000):
        total += number & 7
    return total


def _fsyncs(folder: Path, seconds: float) -> float:
    path = folder / "calibration"
    page = b"x" * 8192
    with path.open("wb", buffering=0) as file:

        def force() -> None:
            file.seek(0)
            file.write(page)
            os.fsync(file.fileno())

        try:
            return _rate(force, seconds)
        finally:
            path.unlink()


def _round_trips(seconds: float) -> float:
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname()) as near:
            far, _ = server.accept()
            for end in (near, far):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            echo = threading.Thread(target=_echo, args=(far,), daemon=True)
            echo.start()

            def trip() -> None:
                near.sendall(b"x" * 64)
                near.recv(64)

            rate = _rate(trip, seconds)
        echo.join(1)
    return rate


def _echo(end: socket.socket) -> None:
    with end:
        while said := end.recv(64):
            end.sendall(said)
