// SPDX-License-Identifier: Apache-2.0
import type { SystemPackage } from '../../cli/src/host/system-packages.ts';

/** PyTorch without CUDA: PyPI's wheel for x86-64 does not load without packages of NVIDIA. */
export const TORCH: SystemPackage = {
  name: 'python3-torch',
  file: '/usr/lib/python3/dist-packages/torch/__init__.py',
  why: 'PyTorch, whose networks are rebuilt in a test',
};

const LIBRARIES = '/usr/lib/x86_64-linux-gnu';

/** The files that compute: another one of them on the rebuilding machine is another environment. */
export const PROGRAMS = [
  'python3',
  `${LIBRARIES}/libtorch_cpu.so.1.13`,
  `${LIBRARIES}/libdnnl.so.2`,
  `${LIBRARIES}/libblas.so.3`,
  `${LIBRARIES}/libgomp.so.1`,
];

export const OUTPUTS = ['weights.npz', 'model.pt', 'model.onnx', 'scores.csv'];
/** A rerun for a diagnosis has one thread, so what nobody seeded may not ask for two. */
export const SEEDED = `torch.manual_seed(int(os.environ["COUNTERSIGN_SEED"]))
assert torch.get_num_threads() == int(os.environ["EXPECTED_THREADS"]), torch.get_num_threads()
`;

/** Bars that stand or lie in noise, drawn by Python, so that PyTorch's own generator decides nothing but the training. */
const SCRIPT = `import os, random
import numpy, torch
from torch import nn

torch.use_deterministic_algorithms(True)
SEED
draw = random.Random(4)

def picture(stands):
    at = draw.randrange(12)
    return [draw.gauss(2.5 if (x if stands else y) == at else 0, 1) for y in range(12) for x in range(12)]

labels = [index % 2 for index in range(1200)]
X = torch.tensor([picture(label) for label in labels]).reshape(-1, 1, 12, 12)
y = torch.tensor(labels, dtype=torch.float32)
network = nn.Sequential(
    nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(),
    nn.Dropout(0.2), nn.Linear(8 * 144, 32), nn.ReLU(), nn.Linear(32, 1), nn.Flatten(0),
)
optimizer = torch.optim.Adam(network.parameters(), lr=0.003)
development = torch.utils.data.TensorDataset(X[:1000], y[:1000])
for _ in range(4):
    for pictures, truth in torch.utils.data.DataLoader(development, batch_size=100, shuffle=True):
        optimizer.zero_grad()
        nn.functional.binary_cross_entropy_with_logits(network(pictures), truth).backward()
        optimizer.step()
network.eval()
with torch.no_grad():
    scores = torch.sigmoid(network(X[1000:])).tolist()
numpy.savez("weights.npz", **{name: tensor.numpy() for name, tensor in network.state_dict().items()})
torch.save(network.state_dict(), "model.pt")
torch.onnx.export(network, X[:1], "model.onnx")
with open("scores.csv", "w") as file:
    file.write("label,score\\n")
    file.writelines(f"{label},{score!r}\\n" for label, score in zip(labels[1000:], scores))
`;

/** A convolutional network, trained by one step for each number of threads. */
export function torchRepository(options: {
  readonly threads: readonly number[];
  /** What seeds PyTorch in the script, if anything. */
  readonly seeded: string;
}): Readonly<Record<string, string>> {
  const steps = options.threads.map(
    (threads) => `  threads-${threads}:
    run: cd threads-${threads} && EXPECTED_THREADS=${threads} python3 ../train.py
    outputs: [${OUTPUTS.map((file) => `threads-${threads}/${file}`).join(', ')}]
    threads: ${threads}
`,
  );
  const programs = PROGRAMS.map((program) =>
    program === 'python3' ? '{ program: python3, version: [--version] }' : program,
  );
  return {
    'countersign.yaml': `model: bars
seed: 20260331
environment:
  host: [${programs.join(', ')}]
steps:
${steps.join('')}`,
    'train.py': SCRIPT.replace('SEED', options.seeded),
  };
}
