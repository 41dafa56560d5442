// SPDX-License-Identifier: Apache-2.0

const DAY_MS = 86_400_000;
/** Days before its end at which a warrant is warned of (design.md, section 5). */
const WARN_AT_DAYS = [7, 30, 60] as const;

/** Whole days until a warrant ends; 0 on the last day and after. */
export function daysLeft(expires: string, nowMs: number): number {
  return Math.max(0, Math.floor((Date.parse(expires) - nowMs) / DAY_MS));
}

/** Says once for each warrant that 60, 30 and 7 days are left. A restart says it again. */
export class ExpiryNotices {
  readonly #said = new Set<string>();
  readonly #notice: (text: string) => void;

  constructor(notice: (text: string) => void) {
    this.#notice = notice;
  }

  look(
    warrants: Iterable<{
      readonly digest: string;
      readonly name: string;
      readonly expires: string;
    }>,
    nowMs: number,
  ): void {
    for (const { digest, name, expires } of warrants) {
      const left = daysLeft(expires, nowMs);
      const mark = WARN_AT_DAYS.find((days) => left <= days);
      if (mark === undefined || this.#said.has(`${digest} ${mark}`)) continue;
      this.#said.add(`${digest} ${mark}`);
      const days = `${left} ${left === 1 ? 'day' : 'days'}`;
      this.#notice(
        `warrant ${digest.slice(0, 12)} of ${name} ends in ${days}, at ${expires}: renew it by a change request before then`,
      );
    }
  }
}
