// SPDX-License-Identifier: Apache-2.0

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Gateway } from '@countersign/gateway';
import { foundFirm } from '@countersign/server';
import type { Io } from '../io.ts';
import { CAST } from './cast.ts';
import { attacks } from './chapters/attacks.ts';
import { decide, type Served } from './chapters/decide.ts';
import { foundAndPropose } from './chapters/found-and-propose.ts';
import { produceVersion, stageVersion } from './chapters/promote.ts';
import { developerTests, runAndTest } from './chapters/run.ts';
import { submitToStaging } from './chapters/submit.ts';
import { closing, documents, traceDecision } from './chapters/trace-and-dossier.ts';
import { assess, rebuild, refusals, validate } from './chapters/validate.ts';
import { watch } from './chapters/watch.ts';
import { copyFirm } from './copied-firm.ts';
import { freePort } from './free-port.ts';
import { createNarrator, type Narrator } from './narrator.ts';
import { newRepository } from './repository.ts';
import { type RunCommand, Stage } from './stage.ts';

const API_PORT = 4170;
const GATEWAY_PORT = 4171;

export interface DemoOptions {
  readonly io: Io;
  readonly runCommand: RunCommand;
  /** The checkout: examples, policies and frameworks are read from it. */
  readonly home: string;
  readonly dataDir: string;
}

/** Takes the example model through its whole life in a new firm. Throws DemoFailure where the story breaks. */
export async function runDemo(options: DemoOptions): Promise<void> {
  const say = createNarrator(options.io, options.io.now().getTime());
  say.tell(
    `A new firm is founded in ${options.dataDir}; earlier demonstrations are left as they are.`,
  );
  const stage = await openStage(options, say);
  await stage.open();
  try {
    await life(stage, options.home);
  } finally {
    await stage.close();
  }
}

async function openStage(
  { io, runCommand, home, dataDir }: DemoOptions,
  narrator: Narrator,
): Promise<Stage> {
  await mkdir(dataDir, { recursive: true });
  const ports = { api: await freePort(API_PORT), gateway: await freePort(GATEWAY_PORT) };
  narrator.progress('starting PostgreSQL and founding the firm');
  const firm = { firm: 'Demonstration Bank', demonstration: true, people: CAST };
  const { root, people } = await foundFirm({ dataDir, ports, ...firm });
  const dana = people.find(({ account }) => account === 'dana.developer');
  const repository = join(dataDir, 'repository');
  await newRepository(join(home, 'examples/consumer-credit'), repository, {
    name: 'Dana Developer',
    email: dana?.email ?? '',
  });
  return new Stage({ io, runCommand, narrator, dataDir, repository, root, ports });
}

async function life(stage: Stage, home: string): Promise<void> {
  await foundAndPropose(stage, home);
  await runAndTest(stage, 'consumer-credit@1');
  await developerTests(stage, 'consumer-credit@1');
  const candidate = await submitToStaging(stage);
  await refusals(stage, candidate);
  await validate(stage, candidate);
  await rebuild(stage, candidate);
  await assess(stage, candidate);
  await stageVersion(stage, candidate);
  const lastNight = await backUp(stage, 'last-night');
  const { warrant } = await produceVersion(stage, candidate);
  const gateway = await serve(stage);
  await gateway.close();
  const today = await backUp(stage, 'today');
  await attacks(stage, { lastNight, today }, warrant);
  const served = await answer(stage);
  const decision = await traceDecision(stage, served);
  await documents(stage, candidate, decision);
  closing(stage, candidate, decision);
}

/** Serving verifies the whole chain from the founding digest alone. */
async function serve(stage: Stage): Promise<Gateway> {
  const gateway = await stage.gateway({ stage: 'production' });
  for (const { model, version, warrant } of gateway.deployments.held().warrants) {
    stage.say.tell(
      `A gateway that knows the founding digest alone verified the chain and serves ${model}@${version}.`,
    );
    stage.say.proof('under warrant', warrant);
  }
  return gateway;
}

/** Copies the stopped firm, as a nightly backup would. */
async function backUp(stage: Stage, name: string): Promise<string> {
  const copy = join(stage.dataDir, 'backups', name);
  stage.say.progress('backing up the data directory');
  await stage.close();
  await copyFirm(stage.dataDir, copy);
  await stage.open();
  return copy;
}

async function answer(stage: Stage): Promise<readonly Served[]> {
  const gateway = await serve(stage);
  try {
    const served = await decide(stage, gateway);
    await watch(stage, served);
    return served;
  } finally {
    await gateway.close();
  }
}
