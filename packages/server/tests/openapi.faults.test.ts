// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildApp } from '../src/http/app.ts';
import { installedSchemathesis, runProgram } from './schemathesis.ts';
import { type TestServer, testServer } from './server-fixture.ts';

const SECONDS = Number(process.env.FAULT_SECONDS ?? 90);
const seed = Number(process.env.FAULT_SEED ?? Date.now() % 1_000_000);
/** Above a request's own wait for its checkpoint, far below what a person would call a hang. */
const REQUEST_TIMEOUT_S = 15;
/** A server's fault, an answer that its own document does not describe, and credentials that count for nothing. */
const CHECKS =
  'not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance';

const tool = await installedSchemathesis();
if ('unreachable' in tool) {
  console.warn(
    `SKIPPED: the HTTP API was NOT attacked with generated requests: schemathesis cannot be installed.\n${tool.unreachable}`,
  );
}

describe.skipIf('unreachable' in tool)('requests generated from /openapi.json', () => {
  let server: TestServer;
  let directory: string;
  let app: ReturnType<typeof buildApp>;
  const failures: unknown[] = [];
  beforeAll(async () => {
    server = await testServer();
    directory = await mkdtemp(join(tmpdir(), 'schemathesis-'));
    app = buildApp(server.context, { onFailure: (_id, error) => failures.push(error) });
    await app.listen({ host: '127.0.0.1', port: 0 });
  }, 120_000);
  afterAll(async () => {
    await app.close();
    await server.close();
    await rm(directory, { recursive: true, force: true });
  });

  test.each(['ada', 'dev', 'ops', 'audit'])(
    `by %s never fail the server nor get an answer that is not documented (FAULT_SEED=${seed})`,
    async (account) => {
      failures.length = 0;
      const { port } = app.server.address() as AddressInfo;
      const run = await runProgram('program' in tool ? tool.program : '', args(port, account), {
        cwd: directory,
        timeoutMs: (SECONDS + 120) * 1000,
      });
      const tested = /Test cases:\s+(\d+) generated/.exec(run.output)?.[1] ?? '0';
      console.log(`${account}: ${tested} requests, seed ${seed}`);
      expect(Number(tested), run.output).toBeGreaterThan(500);
      expect(failures).toEqual([]);
      expect(run.output).not.toMatch(/❌ ST\d+|timed out|Network Error/i);
    },
    (SECONDS + 180) * 1000,
  );

  function args(port: number, account: string): string[] {
    return [
      'run',
      `http://127.0.0.1:${port}/openapi.json`,
      ...['--header', `Authorization: Bearer ${server.person(account).token}`],
      ...['--checks', CHECKS, '--max-examples', '40', '--max-time', String(SECONDS)],
      '--workers=1',
      ...['--request-timeout', String(REQUEST_TIMEOUT_S), '--seed', String(seed)],
      ...['--generation-database', 'none', '--continue-on-failure', '--no-shrink', '--no-color'],
    ];
  }
});
