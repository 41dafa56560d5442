// SPDX-License-Identifier: Apache-2.0
import type { RunEvent } from '@countersign/pipeline';
import type { Session } from '../session.ts';
import { seconds } from './describe-forecast.ts';
import { short } from './table.ts';

/** What is shown of a run while it goes on. */
export interface RunProgress {
  event(event: RunEvent): void;
  stop(): void;
}

const TICK_MS = 1000;

/**
 * On a terminal: a line for each step that has ended, and below them one line with those that run and for how long.
 * Elsewhere: a line for each event. `verbose` shows what the steps print, too.
 */
export function runProgress(
  session: Session,
  run: {
    readonly steps: number;
    readonly verbose: boolean;
    readonly logOf: (step: string) => string;
  },
): RunProgress {
  const { io, paint } = session;
  const started = new Map<string, number>();
  let ended = 0;
  let phase = '';
  const isLive = io.status !== undefined;
  const show = (): void => {
    const now = io.now().getTime();
    const running = [...started].map(([step, since]) => `${step} ${seconds(now - since)}`);
    session.progress(`${ended}/${run.steps} ${running.length === 0 ? phase : running.join(' · ')}`);
  };
  const timer = isLive ? setInterval(show, TICK_MS) : undefined;
  const line = (text: string): void => (isLive ? io.err(text) : session.progress(text));
  return {
    stop: () => clearInterval(timer),
    event(event) {
      switch (event.type) {
        case 'phase':
          phase = event.text;
          if (!isLive || event.text.includes('does not repeat')) line(event.text);
          break;
        case 'step-started':
          started.set(event.step, Date.parse(event.at));
          if (!isLive) line(`${event.step}: ${event.command}`);
          break;
        case 'step-log':
          if (run.verbose)
            for (const text of event.text.trimEnd().split('\n')) line(`${event.step} | ${text}`);
          break;
        case 'step-cached':
          ended += 1;
          line(
            `${paint('green', 'cached')}  ${event.step}: unchanged since run ${event.run} (key ${short(event.key)})`,
          );
          break;
        case 'step-ended': {
          ended += 1;
          const took = Date.parse(event.at) - (started.get(event.step) ?? Date.parse(event.at));
          started.delete(event.step);
          const how =
            event.exit === 0
              ? paint('green', 'done')
              : paint('red', event.exit === null ? 'stopped' : `exit ${event.exit}`);
          line(`${how}  ${event.step} in ${seconds(took)}; log ${run.logOf(event.step)}`);
          break;
        }
        case 'snapshot-taken':
          line(`${event.dataset}: ${event.rows} rows`);
          break;
      }
      if (isLive) show();
    },
  };
}
