// SPDX-License-Identifier: Apache-2.0

/**
 * A running sum with Neumaier's compensation (1974). Callers feed it in a fixed order (cells sorted by value), so the
 * same rows give the same bits whatever order or thread they came from.
 */
export class CompensatedSum {
  #sum = 0;
  #carry = 0;

  add(value: number): void {
    const next = this.#sum + value;
    this.#carry +=
      Math.abs(this.#sum) >= Math.abs(value) ? this.#sum - next + value : value - next + this.#sum;
    this.#sum = next;
  }

  get value(): number {
    return this.#sum + this.#carry;
  }
}

/** Compensated sum of `term(i)` for i in [0, length). */
export function sumOver(length: number, term: (index: number) => number): number {
  const total = new CompensatedSum();
  for (let index = 0; index < length; index += 1) total.add(term(index));
  return total.value;
}
