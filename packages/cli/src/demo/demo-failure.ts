// SPDX-License-Identifier: Apache-2.0

/** The demo cannot go on: something that must work did not, or something that must be refused was not. */
export class DemoFailure extends Error {
  override readonly name = 'DemoFailure';
}
