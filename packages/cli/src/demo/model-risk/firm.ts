// SPDX-License-Identifier: Apache-2.0
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Gateway } from '@countersign/gateway';
import { foundFirm, type RunningServer, startServer } from '@countersign/server';
import { gatewayServerToken, startDataGateway } from '../../host/start-data-gateway.ts';
import { DemoFailure } from '../demo-failure.ts';
import { freePort } from '../free-port.ts';
import { newRepository } from '../repository.ts';
import type { DemonstrationClock } from './demonstration-clock.ts';
import { MODEL_RISK_CAST } from './people.ts';

const API_PORT = 4170;
const GATEWAY_PORT = 4171;

/** The files that the people of the walk work on: a copy of examples/model-risk with policies and frameworks beside it. */
export const DESK = 'desk';

export interface ModelRiskFirm {
  readonly dataDir: string;
  readonly desk: string;
  readonly root: string;
  readonly clock: DemonstrationClock;
  readonly server: RunningServer;
  /** The production gateway, started when it is first asked for; it knows the clock's time and the newest status. */
  gateway(): Promise<Gateway>;
  close(): Promise<void>;
}

export interface FirmOptions {
  /** The checkout. */
  readonly home: string;
  readonly dataDir: string;
  readonly clock: DemonstrationClock;
  readonly report: (text: string) => void;
}

/** Founds a demonstration firm by the clock's time, lays out its desk, and starts its server. */
export async function openModelRiskFirm(options: FirmOptions): Promise<ModelRiskFirm> {
  const { home, dataDir, clock } = options;
  await mkdir(dataDir, { recursive: true });
  const ports = { api: await freePort(API_PORT), gateway: await freePort(GATEWAY_PORT) };
  const now = () => clock.now().toISOString();
  const firm = { firm: 'First Meridian Bank', demonstration: true, people: MODEL_RISK_CAST };
  const { root, people } = await foundFirm({ dataDir, ports, now, ...firm });
  const desk = join(dataDir, DESK);
  await layOut(home, desk, people.find(({ account }) => account === 'dana.developer')?.email ?? '');
  const server = await startServer({ dataDir, now });
  let gateway: Gateway | undefined;
  const production = () =>
    startDataGateway({
      dataDir,
      workspace: 'main',
      root,
      environment: 'production',
      production: false,
      models: [],
      feeds: [{ kind: 'server', url: server.url, token: gatewayServerToken(dataDir, undefined) }],
      databaseUrl: server.context.database.url,
      host: '127.0.0.1',
      port: ports.gateway,
      nowMs: () => clock.nowMs(),
      report: options.report,
    });
  return {
    dataDir,
    desk,
    root,
    clock,
    server,
    async gateway() {
      gateway ??= await production();
      await caughtUp(gateway);
      return gateway;
    },
    async close() {
      await gateway?.close();
      await server.close();
    },
  };
}

const REFRESHES_MAX = 150;
const BETWEEN_MS = 500;

/**
 * After a leap of the clock the gateway's status is stale until it has one that was signed after the leap. The server signs
 * one a second at most, and a busy machine takes its time.
 */
async function caughtUp(gateway: Gateway): Promise<void> {
  for (let left = REFRESHES_MAX; left > 0; left -= 1) {
    await gateway.deployments.refresh().catch(() => undefined); // the status says below whether it came
    const { statusAgeMs, freshnessMs, status, ended } = gateway.deployments.held();
    const isFresh = statusAgeMs !== undefined && statusAgeMs < freshnessMs;
    // A warrant that holds again is listed before the gateway has verified it anew.
    if (isFresh && !ended.some(({ warrant }) => status?.live.includes(warrant))) return;
    await sleep(BETWEEN_MS);
  }
  throw new DemoFailure('the gateway gets no status of the clock’s time');
}

async function layOut(home: string, desk: string, email: string): Promise<void> {
  await mkdir(desk, { recursive: true });
  for (const name of ['models.csv', 'models-mended.csv', 'papers'])
    await cp(join(home, 'examples/model-risk', name), join(desk, name), { recursive: true });
  for (const name of ['policies', 'frameworks'])
    await cp(join(home, name), join(desk, name), { recursive: true });
  await newRepository(join(home, 'examples/model-risk/card-fraud'), join(desk, 'card-fraud'), {
    name: 'Dana Developer',
    email,
    message: 'Card fraud: data, model and papers',
  });
}
