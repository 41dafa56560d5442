// SPDX-License-Identifier: Apache-2.0
import type { Session } from '../session.ts';

/** Told of bytes as they are read, sent or received. */
export interface TransferProgress {
  add(bytes: number): void;
  /** Bytes that were counted and have to be sent again. */
  takeBack(bytes: number): void;
}

/** How often a terminal's line is written; elsewhere a line each would fill a log. */
const SHOWN_EVERY_MS = 250;
const LOGGED_EVERY_MS = 15_000;

/** Shows `sending 3 files: 1.2 GB of 4.0 GB (30 %), 210 MB/s, 13 s left`, as often as a reader can follow. */
export function showTransfer(session: Session, what: string, totalBytes: number): TransferProgress {
  const every = session.io.status === undefined ? LOGGED_EVERY_MS : SHOWN_EVERY_MS;
  const started = Date.parse(session.now());
  let shown = started;
  let done = 0;
  return {
    add: (bytes) => {
      done += bytes;
      const now = Date.parse(session.now());
      if (now - shown < every) return;
      shown = now;
      session.progress(transferText(what, { done, totalBytes, elapsedMs: now - started }));
    },
    takeBack: (bytes) => {
      done -= bytes;
    },
  };
}

export function transferText(
  what: string,
  at: { readonly done: number; readonly totalBytes: number; readonly elapsedMs: number },
): string {
  const { done, totalBytes, elapsedMs } = at;
  const percent = totalBytes === 0 ? 100 : Math.floor((100 * done) / totalBytes);
  const perSecond = elapsedMs <= 0 ? 0 : (1000 * done) / elapsedMs;
  const left = perSecond <= 0 ? '' : `, ${secondsText((totalBytes - done) / perSecond)} left`;
  return `${what}: ${bytesText(done)} of ${bytesText(totalBytes)} (${percent} %), ${bytesText(perSecond)}/s${left}`;
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** Powers of ten, as file managers and disks count. */
export function bytesText(bytes: number): string {
  let value = Math.max(0, bytes);
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

function secondsText(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60
    ? `${minutes} min ${whole % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
