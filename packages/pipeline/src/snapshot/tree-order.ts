// SPDX-License-Identifier: Apache-2.0

/**
 * The order of the UTF-8 bytes of two paths. UTF-16, by which `<` compares, differs from it above U+D7FF: surrogates
 * stand for code points that come after the rest of the basic plane.
 */
export function comparePaths(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let at = 0; at < shared; at += 1) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}
