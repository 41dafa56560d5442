// SPDX-License-Identifier: Apache-2.0

const UTC_MILLISECONDS = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/**
 * True for the one spelling of time that records use: UTC with milliseconds, a day that exists, no
 * leap second.
 */
export function isUtcTime(text: string): boolean {
  if (!UTC_MILLISECONDS.test(text)) return false;
  const time = new Date(text);
  return !Number.isNaN(time.getTime()) && time.toISOString() === text;
}
