// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Io } from '../../io.ts';
import { wrapped } from '../narrator.ts';
import type { RunCommand } from '../stage.ts';
import { DemonstrationClock } from './demonstration-clock.ts';
import { openModelRiskFirm } from './firm.ts';
import { guideBlocks, guideSections } from './guide-blocks.ts';
import { walkGuide } from './walk-guide.ts';

export const GUIDE = 'a-year-of-model-risk.md';

/** Days between the founding and the present; the guide's leaps add up to no more. */
export const WALK_DAYS = 265;

export interface ModelRiskDemoOptions {
  readonly io: Io;
  readonly runCommand: RunCommand;
  /** The checkout: guide, examples, policies and frameworks are read from it. */
  readonly home: string;
  readonly dataDir: string;
  /** Only so many of the guide's sections; all unless given. */
  readonly sections?: number;
}

export interface ModelRiskDemo {
  readonly dataDir: string;
  readonly desk: string;
  readonly root: string;
  /** Where `npm start` will show the pages. */
  readonly url: string;
  /** The examiner's package; absent when the walk stopped before it. */
  readonly exam?: string;
}

/** Walks docs/guides/a-year-of-model-risk.md in a new firm. @throws DemoFailure where the guide is not true */
export async function runModelRiskDemo(options: ModelRiskDemoOptions): Promise<ModelRiskDemo> {
  const { io, runCommand, home, dataDir, sections } = options;
  const started = io.now().getTime();
  const clock = new DemonstrationClock(WALK_DAYS, () => io.now().getTime());
  const report = (text: string) => io.status?.(`     … ${text}`);
  io.out(`A firm is founded in ${dataDir}, by a clock that starts on ${clock.day(0)}.`);
  io.out(`It walks docs/guides/${GUIDE}: what is shown here is what the guide shows.`);
  const firm = await openModelRiskFirm({ home, dataDir, clock, report });
  const say = (prefix: string, text: string) => {
    for (const [at, line] of wrapped(text, 110).entries())
      io.out(`${at === 0 ? prefix : ' '.repeat(prefix.length)}${line}`);
  };
  try {
    const blocks = guideBlocks(home, GUIDE);
    const titles = guideSections(home, GUIDE).slice(0, sections);
    const tell = {
      section: (title: string) => {
        io.status?.('');
        const seconds = ((io.now().getTime() - started) / 1000).toFixed(0);
        io.out('');
        io.out(`${titles.indexOf(title) + 1}. ${title}  [${clock.day(0)}, ${seconds} s]`);
      },
      line: (line: string) => say('   $ ', line),
      shown: (line: string) => io.out(`     | ${line}`),
      leap: (text: string) => io.out(`   … ${text}`),
    };
    const chosen = blocks.filter(({ section }) => titles.includes(section));
    await walkGuide({ firm, runCommand, io, tell }, chosen, new Map());
  } finally {
    await firm.close();
  }
  const { desk, root, server } = firm;
  const exam = join(desk, 'exam.zip');
  const url = server.url.replace('127.0.0.1', 'localhost');
  return { dataDir, desk, root, url, ...(existsSync(exam) ? { exam } : {}) };
}
