// SPDX-License-Identifier: Apache-2.0
import { runProcess } from '../process/run-process.ts';

/** pip's own setting, else what pip falls back on: an index is the host's affair and is named nowhere here. */
const ASK = `
import subprocess, sys
asked = subprocess.run([sys.executable, "-m", "pip", "config", "get", "global.index-url"], capture_output=True, text=True)
from pip._internal.models.index import PyPI
print(asked.stdout.strip() or PyPI.simple_url)
`;

/**
 * The package index that the host's pip is set to, for steps with network, which see nothing of the host's settings;
 * undefined where there is no pip, or where the address holds credentials.
 */
export async function packageIndex(
  python: string,
  hostEnvironment: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const given = hostEnvironment.PIP_INDEX_URL;
  const asked = given ?? (await askPip(python, hostEnvironment));
  return asked === undefined || /:\/\/[^/]*@/.test(asked) ? undefined : asked;
}

async function askPip(
  python: string,
  env: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  // Without pip the step is left to its own means: its failure says more than ours could.
  const result = await runProcess(python, ['-c', ASK], { env }).catch(() => undefined);
  const text = result?.stdout.toString('utf8').trim();
  return result?.code === 0 && text !== '' ? text : undefined;
}
