// SPDX-License-Identifier: Apache-2.0
import { Worker } from 'node:worker_threads';
import type { TreeStore } from './tree-file.ts';
import type { ThreadOutcome } from './tree-thread.ts';

/** Threads that hash and copy: `crypto` hashes on the thread that calls it, so that one thread is one core. */
export interface TreeThreads {
  /** Outcomes in the order of the paths; fewer than the paths when one of them failed, which is then the last. */
  read(paths: readonly string[]): Promise<readonly ThreadOutcome[]>;
  /** Lists under way and waiting. */
  readonly waiting: number;
  /** What is under way is given up: staged files stay for the sweep. */
  close(): Promise<void>;
}

interface Task {
  readonly paths: readonly string[];
  readonly resolve: (outcomes: readonly ThreadOutcome[]) => void;
  readonly reject: (cause: unknown) => void;
}

/** Emitted code has another extension than the source. */
const THREAD = new URL(
  import.meta.url.endsWith('.ts') ? './tree-thread.ts' : './tree-thread.js',
  import.meta.url,
);

/** Starts so many threads, each when it is first needed. */
export function startTreeThreads(store: TreeStore, threadsMax: number): TreeThreads {
  const idle: Worker[] = [];
  const all: Worker[] = [];
  const queue: Task[] = [];
  const running = new Map<Worker, Task>();

  const next = (worker: Worker): void => {
    const task = queue.shift();
    if (task === undefined) {
      idle.push(worker);
      return;
    }
    running.set(worker, task);
    worker.postMessage(task.paths);
  };
  const start = (): Worker => {
    const worker = new Worker(THREAD, { workerData: store });
    worker.on('message', (outcomes: readonly ThreadOutcome[]) => {
      running.get(worker)?.resolve(outcomes);
      running.delete(worker);
      next(worker);
    });
    worker.on('error', (cause) => {
      running.get(worker)?.reject(cause);
      running.delete(worker);
    });
    all.push(worker);
    return worker;
  };

  return {
    get waiting() {
      return queue.length + running.size;
    },
    read: (paths) =>
      new Promise((resolve, reject) => {
        queue.push({ paths, resolve, reject });
        const free = idle.pop() ?? (all.length < threadsMax ? start() : undefined);
        if (free !== undefined) next(free);
      }),
    close: async () => {
      await Promise.all(all.map((worker) => worker.terminate()));
    },
  };
}
