// SPDX-License-Identifier: Apache-2.0
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { git } from '../src/source/git.ts';

/** Hashes of numpy 2.4.6's Linux wheels for CPython 3.11 on PyPI, x86-64 and aarch64. */
export const NUMPY_LOCK = `numpy==2.4.6 \\
    --hash=sha256:89cd468399cfd2504718f0ba50e410dca55a170b61a02ad92bb18c8a65186e93 \\
    --hash=sha256:0ab0a9c4ffb1a6d95ef519fe4247dba8eb6b18ad93999f76b7f657039acabd47
`;

/** A pipeline whose training does what differs between CPUs and threads: BLAS, LAPACK, exp, hashing, time, locale. */
export const EXAMPLE: Readonly<Record<string, string>> = {
  'requirements.lock': NUMPY_LOCK,
  'countersign.yaml': `model: toy
seed: 11
environment: { python: requirements.lock }
data:
  loans:
    from: { step: extract }
    roles: { label: bad, id: id, protected: [{ name: sex, column: sex }] }
    exclusions: [{ column: sex, reason: prohibited basis }]
    quality: [{ check: not_missing, column: amount }]
    splits:
      seed: 3
      stratify: [bad]
      development: { fraction: 0.6 }
      holdout: { fraction: 0.2, sealed: true }
      stream: { fraction: 0.2 }
steps:
  train:
    run: python src/train.py
    inputs: [loans.development]
    outputs: [model.bin, scores/oof.csv]
    params: { l2: 0.1, rounds: 20 }
  extract:
    run: python src/extract.py
    network: true
    outputs: [loans.csv]
papers: { dataset-datasheet: evidence/datasheet.md }
`,
  'evidence/datasheet.md': '# Where the rows come from\n',
  'src/extract.py': `import random
random.seed(5)
with open("loans.csv", "w") as f:
    f.write("id,amount,age,sex,bad\\n")
    for i in range(500):
        amount = random.randint(100, 9999); age = random.randint(18, 80)
        f.write(f"{i},{amount},{age},{random.choice('mf')},{int(random.random() < amount / 15000)}\\n")
`,
  'src/train.py': `import csv, json, os, time, locale
import numpy as np
params = json.load(open("params.json"))
rows = list(csv.DictReader(open("loans.development.csv")))
assert "sex" not in rows[0]
X = np.array([[float(r["amount"]) / 1000, float(r["age"]) / 10, 1.0] for r in rows])
X = np.hstack([X, np.exp(-X), np.log1p(X), X @ np.random.default_rng(int(os.environ["COUNTERSIGN_SEED"])).normal(size=(3, 40))])
y = np.array([float(r["bad"]) for r in rows])
w = np.zeros(X.shape[1])
for _ in range(params["rounds"]):
    p = 1 / (1 + np.exp(-(X @ w)))
    g = X.T @ (p - y) / len(y) + params["l2"] * w
    H = (X.T * (p * (1 - p))) @ X / len(y) + params["l2"] * np.eye(X.shape[1])
    w = w - np.linalg.solve(H, g)
note = f"{sorted({'b', 'a', 'c'})} {list({'x', 'y', 'z'})} {time.tzname} {os.environ['SOURCE_DATE_EPOCH']} {locale.setlocale(locale.LC_ALL, '')}"
open("model.bin", "wb").write(w.tobytes() + note.encode())
p = 1 / (1 + np.exp(-(X @ w)))
with open("scores/oof.csv", "w") as f:
    f.write("id,score\\n")
    for r, s in zip(rows, p):
        f.write(f"{r['id']},{s!r}\\n")
json.dump({"trials": [{"params": {"l2": 0.1}, "metrics": {"loss": float(np.mean((p - y) ** 2))}, "selected": True}]}, open("evidence/trials.json", "w"))
print("trained on", len(rows), "rows")
`,
};

/** Writes files and commits them under a fixed author and time. */
export async function commitRepository(
  directory: string,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text);
  }
  await git(directory, ['init', '--quiet', '--template=']);
  await git(directory, ['add', '--all']);
  const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com'];
  const date = '2026-03-31T10:00:00Z';
  await git(directory, [...who, 'commit', '--quiet', '--message', 'model'], {
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_DATE: date,
  });
}
