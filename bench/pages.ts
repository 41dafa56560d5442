// SPDX-License-Identifier: Apache-2.0
// Claim: pages answer in under 200 ms with 180 models, 5,000 change requests and 200 items of evidence on one. Beside it, in
// the same run, a fixed load of the machine: SHA-256 of 64 MiB. First: what a server does in the background when it starts
// (`warmPages`), how long it takes and how long it holds up others at a time; and the inventory asked for before that. Cold:
// the first answer of an app over records that were gone through. `after a record`: the first answer after another record of
// one model came into the log. Every answer is of another second: within one, an inventory is computed once.
import { createHash } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { buildApp } from '../packages/server/src/http/app.ts';
import { openCurrentRecords } from '../packages/server/src/records/index.ts';
import { warmPages } from '../packages/server/src/warm-pages.ts';
import { EXTRA_VERSION, largeFirm } from '../packages/server/tests/large-firm.ts';
import { type TestServer, testServer } from '../packages/server/tests/server-fixture.ts';

const MODELS = Number(process.env.MODELS ?? 180);
const REQUESTS = Number(process.env.REQUESTS ?? 5_000);
const EVIDENCE = Number(process.env.EVIDENCE ?? 200);
const ROUNDS = Number(process.env.ROUNDS ?? 50);
const BAR_MS = 200;

const server = await testServer();
const building = performance.now();
const firm = await largeFirm(server, {
  models: MODELS,
  changeRequests: REQUESTS,
  evidence: EVIDENCE,
});
const { model } = firm;
console.log(
  `${MODELS} models, ${REQUESTS} change requests, ${EVIDENCE} items of evidence on one: ${firm.records} records, built in ${seconds(building)} s`,
);
const today = new Date().toISOString().slice(0, 10);
const PAGES: readonly (readonly [page: string, ...urls: string[]])[] = [
  ['change requests', '/v1/change-requests?limit=100'],
  ['change requests, open', '/v1/change-requests?state=open&limit=100'],
  ['change request, open', `/v1/change-requests/${firm.open}`],
  [`change request, ${EVIDENCE} items`, `/v1/change-requests/${firm.changeRequest}`],
  ['inbox, approver', '/v1/inbox'],
  ['inventory', '/v1/inventory'],
  ['inventory graph', '/v1/inventory/graph', '/v1/inventory/shared'],
  ['model', `/v1/models/${model}`, `/v1/models/${model}/versions`, `/v1/warrants?model=${model}`],
  [
    'version',
    `/v1/models/${model}/versions/${EXTRA_VERSION}`,
    `/v1/models/${model}/versions/${EXTRA_VERSION}/evidence`,
  ],
  ['model, records', `/v1/records?model=${model}&limit=500`],
  ['findings', '/v1/findings'],
  ['reviews', '/v1/reviews'],
  ['overlays', '/v1/overlays'],
  ['exceptions', '/v1/exceptions'],
  ['workload', '/v1/reviews/workload'],
  ['campaigns', '/v1/attestation-campaigns'],
  ['policy', '/v1/policy', '/v1/policy/history'],
  ['registers', '/v1/envelopes', '/v1/deputies', '/v1/committees'],
  ['as of today', `/v1/as-of?date=${today}`],
  ['people', '/v1/people'],
];
// How far ahead of the clock the pages are asked for.
let aheadMs = 0;
console.log(`SHA-256 of 64 MiB   ${reference().toFixed(0)} ms`);
await printStart(server);
console.log(
  `${'page'.padEnd(28)}${['cold', 'after a record', 'its CPU', 'median', 'p99', 'CPU, median'].map((one) => one.padStart(16)).join('')}  ms, bytes`,
);
let over = 0;
for (const [page, ...urls] of PAGES) {
  const cold = await timed(restarted(server), urls);
  const running = restarted(server);
  await timed(running, urls);
  await another(server, model);
  const after = await timed(running, urls);
  const warm: number[] = [];
  const cpu: number[] = [];
  // A page that is far over the bar is not asked fifty times.
  const rounds = after.ms > 5_000 ? 1 : after.ms > 1_000 ? 3 : ROUNDS;
  for (let round = 0; round < rounds; round += 1) {
    const one = await timed(running, urls);
    warm.push(one.ms);
    cpu.push(one.cpu);
  }
  const [median, p99] = [quantile(warm, 0.5), quantile(warm, 0.99)];
  const figures = [cold.ms, after.ms, after.cpu, median, p99, quantile(cpu, 0.5)];
  if (Math.max(after.ms, p99) > BAR_MS) over += 1;
  console.log(
    `${page.padEnd(28)}${figures.map((one) => one.toFixed(1).padStart(16)).join('')}  ${cold.bytes}`,
  );
}
console.log(`SHA-256 of 64 MiB   ${reference().toFixed(0)} ms`);
console.log(`${over} of ${PAGES.length} pages over ${BAR_MS} ms`);
await server.close();

/** What a start costs, over records read again: nothing of them was asked for yet. */
async function printStart(from: TestServer): Promise<void> {
  const { database, blobs, primitives, root, workspace, now } = from.context;
  const read = () => openCurrentRecords({ db: database.db, blobs, primitives, root });
  const unprepared = await timed(restarted(from, await read()), ['/v1/inventory']);
  console.log(`inventory before anything was gone through   ${unprepared.ms.toFixed(0)} ms`);
  const set = await from.context.records.current();
  const held = monitorEventLoopDelay({ resolution: 1 });
  const used = process.cpuUsage();
  const started = performance.now();
  held.enable();
  const models = await warmPages(set, { workspace, now });
  held.disable();
  const { user, system } = process.cpuUsage(used);
  console.log(
    `${models} models gone through in ${seconds(started)} s, ${((user + system) / 1e6).toFixed(1)} s of CPU; others waited at most ${(held.max / 1e6).toFixed(0)} ms`,
  );
}

/** The same server with nothing remembered but what is kept of its records. */
function restarted(from: TestServer, records = from.context.records): TestServer {
  const now = () => new Date(Date.now() + aheadMs).toISOString();
  const context = { ...from.context, records, now };
  const app = buildApp(context, { onFailure: (_id, error) => console.error(error) });
  const token = (account: string) => ({ authorization: `Bearer ${from.person(account).token}` });
  return {
    ...from,
    as: (account, request) =>
      app.inject({ ...request, headers: { ...token(account), ...request.headers } }),
  };
}

async function timed(on: TestServer, urls: readonly string[]) {
  aheadMs += 1_000;
  const used = process.cpuUsage();
  const started = performance.now();
  let bytes = 0;
  for (const url of urls) {
    const answer = await on.as('legal', { method: 'GET', url });
    if (answer.statusCode !== 200) throw new Error(`${url}: ${answer.body}`);
    bytes += answer.rawPayload.length;
  }
  const ms = performance.now() - started;
  const { user, system } = process.cpuUsage(used);
  return { ms, cpu: (user + system) / 1000, bytes };
}

/** A record about another model than the one whose pages are asked for, as they come in all day. */
async function another({ as, sign, context }: TestServer, not: string): Promise<void> {
  const content = { tier: 'low', computed: 'low', fairLending: false, floors: [] };
  const name = not === 'model-002' ? 'model-003' : 'model-002';
  const envelope = await sign(
    {
      type: 'risk-tier',
      actor: 'risk',
      scope: 'use',
      subjectRef: { workspace: 'main', model: name, use: 'provisioning' },
      content,
    },
    ['risk'],
  );
  const reply = await as('risk', {
    method: 'POST',
    url: '/v1/records',
    payload: { envelopes: [envelope] },
  });
  if (reply.statusCode !== 200) throw new Error(reply.body);
  const { records } = reply.json<{ records: { digest: string }[] }>();
  await context.records.including(records.map(({ digest }) => digest));
}

/** A fixed load: what else the machine was doing shows here. */
function reference(): number {
  const bytes = new Uint8Array(64 * 1024 * 1024);
  const started = performance.now();
  createHash('sha256').update(bytes).digest();
  return performance.now() - started;
}

function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? 0;
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(1);
}
