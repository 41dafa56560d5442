// SPDX-License-Identifier: Apache-2.0
import type { DivergenceCause } from '../src/rebuild/diagnosis/likely-cause.ts';
import { NUMPY_LOCK } from './example-repository.ts';

/** A pipeline of one step that is not deterministic, by code that is written like this every day. */
export interface DivergentPipeline {
  readonly cause: DivergenceCause;
  readonly what: string;
  /** Where it was recorded, when that was not here and now. */
  readonly recorded?: 'on an older processor' | 'on another day';
  readonly files: Readonly<Record<string, string>>;
}

/** mpmath 1.3.0 of PyPI: pure Python, so its environment is built in seconds. */
const MPMATH_LOCK = `mpmath==1.3.0 --hash=sha256:a0b2b9fe80bbcd81a6647ff13108738cfb482d481d826cc0e02f5b35e5c88d2c
`;

function pipeline(options: {
  readonly outputs: string;
  readonly script: string;
  readonly lock?: string;
}): Readonly<Record<string, string>> {
  const environment =
    options.lock === undefined ? '' : 'environment: { python: requirements.lock }\n';
  return {
    'countersign.yaml': `model: divergent
seed: 7
${environment}steps:
  train: { run: python3 train.py, outputs: [${options.outputs}] }
`,
    'train.py': options.script,
    'write_onnx.py': WRITE_ONNX,
    ...(options.lock === undefined ? {} : { 'requirements.lock': options.lock }),
  };
}

/** A model y = Gemm(x, W, b) in the wire format of Protocol Buffers, so that no package is needed to write it. */
const WRITE_ONNX = `import struct

def varint(value):
    out = b""
    while True:
        byte, value = value & 127, value >> 7
        out += bytes([byte | (128 if value else 0)])
        if not value:
            return out

def number(field, value): return varint(field << 3) + varint(value)
def block(field, data):
    data = data.encode() if isinstance(data, str) else data
    return varint(field << 3 | 2) + varint(len(data)) + data

def tensor(name, rows, columns, values):
    dims = number(1, rows) + (number(1, columns) if columns else b"")
    return dims + number(2, 1) + block(8, name) + block(9, struct.pack(f"<{len(values)}f", *values))

def value_info(name, columns):
    shape = block(1, block(1, number(1, 1)) + block(1, number(1, columns)))
    return block(1, name) + block(2, block(1, number(1, 1) + block(2, shape)))

def model(weights, *, layer="dense", metadata=()):
    names = {part: f"{layer}/{part}" for part in ("W", "b", "out")}
    node = block(1, "x") + block(1, names["W"]) + block(1, names["b"]) + block(2, names["out"]) + block(3, layer) + block(4, "Gemm")
    squash = block(1, names["out"]) + block(2, "score") + block(3, f"{layer}_sigmoid") + block(4, "Sigmoid")
    graph = block(1, node) + block(1, squash) + block(2, "model")
    graph += block(5, tensor(names["W"], len(weights), 1, weights)) + block(5, tensor(names["b"], 1, 0, [0.5]))
    graph += block(11, value_info("x", len(weights))) + block(12, value_info("score", 1))
    entries = b"".join(block(14, block(1, key) + block(2, value)) for key, value in metadata)
    return number(1, 8) + block(2, "toy") + block(7, graph) + block(8, block(1, "") + number(2, 13)) + entries
`;

export const DIVERGENT: readonly DivergentPipeline[] = [
  {
    cause: 'threads',
    what: 'partial sums added in the order in which threads finish',
    files: pipeline({
      outputs: 'statistics.json',
      script: `import hashlib, json, math
from concurrent.futures import ThreadPoolExecutor, as_completed

def part(index):
    digest = hashlib.sha256(bytes([index % 251]) * (200_000 + 40_000 * (index * 7919 % 13))).digest()
    return math.sqrt(int.from_bytes(digest[:6], "big")) * 10.0 ** (index % 7 - 3)

with ThreadPoolExecutor(8) as pool:
    total, course = 0.0, []
    for done in as_completed([pool.submit(part, index) for index in range(300)]):
        total += done.result()
        course.append(total)
json.dump({"loss": total, "course": course}, open("statistics.json", "w"))
`,
    }),
  },
  {
    cause: 'seed',
    what: 'weights drawn from a generator that nobody seeded',
    files: pipeline({
      outputs: 'model.onnx',
      lock: NUMPY_LOCK,
      script: `import numpy as np
from write_onnx import model
weights = np.random.default_rng().normal(size=12)
open("model.onnx", "wb").write(model([float(w) for w in weights]))
`,
    }),
  },
  {
    cause: 'timestamp',
    what: 'the time of training in the metadata of the model and in a report',
    files: pipeline({
      outputs: 'model.onnx, report.json',
      script: `import datetime, json
from write_onnx import model
trained = datetime.datetime.now(datetime.timezone.utc).isoformat()
open("model.onnx", "wb").write(model([0.25, -1.5, 3.0], metadata=[("trained_at", trained), ("author", "Ada")]))
json.dump({"trained": trained, "rows": 500}, open("report.json", "w"))
`,
    }),
  },
  {
    cause: 'name-counter',
    what: 'layers named by a number that is drawn anew in each process',
    files: pipeline({
      outputs: 'model.onnx',
      script: `import uuid
from write_onnx import model

class Layer:
    def __init__(self, kind):
        self.name = f"{kind}_{uuid.uuid4().hex[:12]}"

open("model.onnx", "wb").write(model([0.25, -1.5, 3.0], layer=Layer("dense").name))
`,
    }),
  },
  {
    cause: 'dictionary-order',
    what: 'a vocabulary written in the order of a set of objects',
    files: pipeline({
      outputs: 'vocabulary.csv',
      script: `class Token:
    def __init__(self, text, count):
        self.text, self.count = text, count

tokens = {Token(f"word{index}", index * index % 97) for index in range(6000)}
with open("vocabulary.csv", "w") as file:
    file.write("token,count\\n")
    for token in tokens:
        file.write(f"{token.text},{token.count}\\n")
`,
    }),
  },
  {
    cause: 'instruction-set',
    recorded: 'on an older processor',
    what: 'the fastest kernels of the machine chosen by the script, over the pinned ones',
    files: pipeline({
      outputs: 'weights.npy',
      lock: NUMPY_LOCK,
      script: `import os
flags = open("/proc/cpuinfo").read()
os.environ["OPENBLAS_CORETYPE"] = "Haswell" if "avx2" in flags else "Prescott"
import numpy as np
x = np.random.default_rng(3).normal(size=(400, 60))
y = x @ np.arange(60) + np.sin(x).sum(axis=1)
np.save("weights.npy", np.linalg.solve(x.T @ x + 0.1 * np.eye(60), x.T @ y))
`,
    }),
  },
  {
    cause: 'timestamp',
    recorded: 'on another day',
    what: 'an age in days as of today',
    files: pipeline({
      outputs: 'ages.csv',
      script: `import datetime
with open("ages.csv", "w") as file:
    file.write("id,days\\n")
    for row in range(50):
        opened = datetime.date(2020, 1, 1) + datetime.timedelta(days=31 * row)
        file.write(f"{row},{(datetime.date.today() - opened).days}\\n")
`,
    }),
  },
  {
    cause: 'changed-wheel',
    what: 'a package of the reused environment replaced by another build of it',
    files: pipeline({
      outputs: 'table.csv',
      lock: MPMATH_LOCK,
      script: `import mpmath
with open("table.csv", "w") as file:
    file.write("n,gamma\\n")
    for n in range(1, 20):
        file.write(f"{n},{float(mpmath.gamma(n + 0.5))!r}\\n")
`,
    }),
  },
];
