"""The sweeps of a store, driven one after the other in a thread, while this process launches the store's runs."""

import threading
import time
import traceback

from engine.launcher import Launcher
from engine.runs import StoreError
from engine.sweeps import sweep_store
from engine.sweeps.driver import Driver

POLL_SECONDS = 0.1
RETRY_SECONDS = 2.0  # a sweep whose store has a problem is left alone this long: to read it anew takes a moment


class Sweeps:
    """One per process, beside its launcher."""

    def __init__(self, launcher: Launcher, at_once: int = 1):
        self.trouble = ""  # one sentence about what went wrong last; empty when nothing is wrong
        self._launcher, self._store, self._at_once = launcher, launcher.store, at_once
        self._drivers: dict[str, Driver] = {}
        self._ended: set[str] = set()
        self._failed: dict[str, tuple[float, str]] = {}  # sweeps that are left alone for now: since when, and why
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="sweeps", daemon=True)

    def open(self) -> None:
        """Begin to drive."""
        self._thread.start()

    def close(self) -> None:
        """Stop driving; runs under way train on, and whoever comes next goes on."""
        self._closing.set()
        self._thread.join()
        for driver in self._drivers.values():
            driver.close()

    def _loop(self) -> None:
        while not self._closing.wait(POLL_SECONDS):
            try:
                if self._launcher.leads:
                    self.look()
            except Exception as error:  # without this thread every sweep would wait for ever, and nobody would know why
                told = f"The sweeps met an error and try again: {type(error).__name__}: {error}"
                if told != self.trouble:  # an error that lasts is met ten times a second
                    traceback.print_exc()
                self.trouble = told

    def look(self) -> None:
        """One look at every sweep that has not ended: the oldest that is not paused goes on; any can be stopped."""
        going, now = False, time.monotonic()
        self._failed = {name: told for name, told in self._failed.items() if now - told[0] < RETRY_SECONDS}
        done = self._ended | self._failed.keys()
        for name in sorted(name for name in sweep_store.sweeps(self._store) if name not in done):
            try:
                word = sweep_store.word(self._store, name)
                if word in sweep_store.ENDED:
                    self._forget(name)
                elif word == "stopping" or (not going if word == "running" else name in self._drivers):
                    self._drive(name)
                going |= word == "running"
            except StoreError as error:
                self._failed[name] = (now, f"The sweep {name} waits: {error}")
        self.trouble = " ".join(why for _, why in self._failed.values())

    def _drive(self, name: str) -> None:
        """One look at one sweep. What a driver was doing when the store failed is unknown, so a new one goes on."""
        try:
            if name not in self._drivers:
                self._drivers[name] = Driver(self._launcher, name, self._at_once)
            if self._drivers[name].advance():
                self._forget(name)
        except StoreError:
            if driver := self._drivers.pop(name, None):
                driver.close()
            raise

    def _forget(self, name: str) -> None:
        self._ended.add(name)
        if driver := self._drivers.pop(name, None):
            driver.close()
