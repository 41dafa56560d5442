// SPDX-License-Identifier: Apache-2.0

/** A message with a capital where it begins with a word; an id such as `gate/production-approval` is left as it is. */
export function sentence(message: string): string {
  return /^[a-z]+(?=\s)/.test(message)
    ? message.charAt(0).toUpperCase() + message.slice(1)
    : message;
}
