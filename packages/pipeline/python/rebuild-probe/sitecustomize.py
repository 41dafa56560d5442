# SPDX-License-Identifier: Apache-2.0
"""Pins single sources of variation inside a rerun of a step, so that the one that changes its bytes can be told.

Imported by Python itself before the step's script, from PYTHONPATH. COUNTERSIGN_PROBE holds a JSON object:
  time     seconds since 1970 that the clock starts at; each reading of it is one microsecond later
  entropy  true: os.urandom, every generator that is seeded from it and PyTorch's give one fixed stream
  order    true: directories are listed sorted
  cpus     number of processors that the program is told of; with 1, pools of threads and processes have one worker
  lock     variables that the program can neither set nor delete, in its own environment or a child's
What is reached through C alone (std::random_device outside of PyTorch, numpy.datetime64('now'), bare threads) is not pinned.
"""
import json
import os

pins = json.loads(os.environ.get("COUNTERSIGN_PROBE", "{}"))


def pin_variables(locked):
    from collections.abc import MutableMapping

    environ = type(os.environ)
    plain_set, plain_delete = environ.__setitem__, environ.__delitem__
    os.environ.update(locked)

    def set_item(self, key, value):
        plain_set(self, key, locked.get(key, value) if self is os.environ else value)

    def delete_item(self, key):
        if not (self is os.environ and key in locked):
            plain_delete(self, key)

    environ.__setitem__, environ.__delitem__ = set_item, delete_item
    plain_put, plain_unset = os.putenv, os.unsetenv
    as_text = os.fsdecode
    os.putenv = lambda key, value: plain_put(key, locked.get(as_text(key), value))
    os.unsetenv = lambda key: None if as_text(key) in locked else plain_unset(key)
    import subprocess

    plain_init = subprocess.Popen.__init__

    def start(self, *args, **kwargs):
        if kwargs.get("env") is not None:
            kwargs["env"] = {**kwargs["env"], **locked}
        return plain_init(self, *args, **kwargs)

    subprocess.Popen.__init__ = start
    assert issubclass(environ, MutableMapping)


def pin_time(start):
    import datetime
    import time

    ticks = [0]

    def now_ns():
        ticks[0] += 1
        return int(start * 1_000_000) * 1000 + ticks[0] * 1000

    def now():
        return now_ns() / 1e9

    plain = {name: getattr(time, name) for name in ("localtime", "gmtime", "ctime", "strftime", "asctime")}
    plain_gettime = time.clock_gettime
    time.time, time.time_ns = now, now_ns
    time.perf_counter, time.perf_counter_ns = now, now_ns
    time.process_time, time.process_time_ns = now, now_ns
    time.thread_time, time.thread_time_ns = now, now_ns
    time.clock_gettime = lambda clock: now() if clock == time.CLOCK_REALTIME else plain_gettime(clock)
    time.localtime = lambda seconds=None: plain["localtime"](now() if seconds is None else seconds)
    time.gmtime = lambda seconds=None: plain["gmtime"](now() if seconds is None else seconds)
    time.ctime = lambda seconds=None: plain["ctime"](now() if seconds is None else seconds)
    time.strftime = lambda form, moment=None: plain["strftime"](form, time.localtime() if moment is None else moment)
    time.asctime = lambda moment=None: plain["asctime"](time.localtime() if moment is None else moment)
    real_datetime, real_date = datetime.datetime, datetime.date

    class AsDatetime(type):
        def __instancecheck__(cls, value):
            return isinstance(value, real_datetime)

        def __subclasscheck__(cls, other):
            return issubclass(other, real_datetime)

    class AsDate(type):
        def __instancecheck__(cls, value):
            return isinstance(value, real_date)

        def __subclasscheck__(cls, other):
            return issubclass(other, real_date)

    class PinnedDatetime(real_datetime, metaclass=AsDatetime):
        @classmethod
        def now(cls, tz=None):
            return cls.fromtimestamp(now(), tz)

        @classmethod
        def utcnow(cls):
            return cls.fromtimestamp(now(), datetime.timezone.utc).replace(tzinfo=None)

        @classmethod
        def today(cls):
            return cls.now()

    class PinnedDate(real_date, metaclass=AsDate):
        @classmethod
        def today(cls):
            return cls.fromtimestamp(now())

    for name, pinned in (("datetime", PinnedDatetime), ("date", PinnedDate)):
        pinned.__module__, pinned.__name__, pinned.__qualname__ = "datetime", name, name
        setattr(datetime, name, pinned)


def pin_entropy():
    import hashlib

    drawn = [0]

    def stream(size):
        blocks = []
        while 32 * len(blocks) < size:
            drawn[0] += 1
            blocks.append(hashlib.sha256(b"countersign/probe/%d" % drawn[0]).digest())
        return b"".join(blocks)[:size]

    os.urandom = stream
    os.getrandom = lambda size, flags=0: stream(size)
    import random

    random._urandom = stream
    plain_seed = random.Random.seed

    def seed(self, a=None, version=2):
        return plain_seed(self, int.from_bytes(stream(16), "big") if a is None else a, version)

    random.Random.seed = seed
    random.seed = random._inst.seed
    random.seed()
    import uuid

    uuid._generate_time_safe = uuid._UuidCreate = None
    uuid.getnode = lambda: 0x020000000001
    pin_torch(lambda: int.from_bytes(stream(8), "big"))


def pin_torch(draw):
    """PyTorch seeds its generator from std::random_device, which no variable reaches, so it is seeded when imported."""
    import sys

    class Seeding:
        def find_spec(self, name, path=None, target=None):
            if name != "torch":
                return None
            others = (finder.find_spec(name, path, target) for finder in sys.meta_path if finder is not self)
            spec = next((found for found in others if found is not None), None)
            if spec is not None and spec.loader is not None:
                spec.loader.exec_module = seeded(spec.loader.exec_module)
            return spec

    def seeded(plain_exec):
        def exec_module(module):
            plain_exec(module)

            def seed():
                drawn = draw()
                module.manual_seed(drawn)
                return drawn

            module.seed = module.random.seed = seed
            seed()

        return exec_module

    sys.meta_path.insert(0, Seeding())


def pin_order():
    plain_list, plain_scan = os.listdir, os.scandir
    os.listdir = lambda path=".": sorted(plain_list(path))

    class Sorted:
        def __init__(self, path="."):
            with plain_scan(path) as entries:
                self.entries = iter(sorted(entries, key=lambda entry: entry.name))

        def __iter__(self):
            return self

        def __next__(self):
            return next(self.entries)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.close()

        def close(self):
            self.entries = iter(())

    os.scandir = Sorted


def pin_cpus(count):
    os.cpu_count = lambda: count
    os.sched_getaffinity = lambda pid: set(range(count))
    if hasattr(os, "process_cpu_count"):
        os.process_cpu_count = lambda: count
    import multiprocessing

    multiprocessing.cpu_count = lambda: count
    if count != 1:
        return
    import concurrent.futures
    import multiprocessing.pool

    for pool, name, at in (
        (concurrent.futures.ThreadPoolExecutor, "max_workers", 0),
        (concurrent.futures.ProcessPoolExecutor, "max_workers", 0),
        (multiprocessing.pool.Pool, "processes", 0),
        (multiprocessing.pool.ThreadPool, "processes", 0),
    ):
        pool.__init__ = with_one_worker(pool.__init__, name, at)


def with_one_worker(plain, name, at):
    def start(self, *args, **kwargs):
        given = list(args)
        if len(given) > at:
            given[at] = 1
        else:
            kwargs[name] = 1
        return plain(self, *given, **kwargs)

    return start


# Variables first: what is imported below must not see one that the program could still change.
if pins.get("lock"):
    pin_variables(pins["lock"])
if pins.get("entropy"):
    pin_entropy()
if pins.get("order"):
    pin_order()
if pins.get("cpus"):
    pin_cpus(pins["cpus"])
if "time" in pins:
    pin_time(pins["time"])
