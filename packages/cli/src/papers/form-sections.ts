// SPDX-License-Identifier: Apache-2.0

/** A part of a form under its `## Heading`, with the lines as the file numbers them. */
export interface FormSection {
  readonly heading: string;
  /** Of the heading, counted from 1. */
  readonly line: number;
  readonly lines: readonly { readonly n: number; readonly text: string }[];
}

/** Sections of a paper by `## Heading`, as the kernel cuts them: what stands in a fence is no heading. */
export function formSections(text: string): readonly FormSection[] {
  const sections: { heading: string; line: number; lines: { n: number; text: string }[] }[] = [];
  let isFenced = false;
  for (const [index, line] of text.split('\n').entries()) {
    if (/^(```|~~~)/.test(line)) isFenced = !isFenced;
    const heading = isFenced ? undefined : /^## +(.+?)\s*$/.exec(line)?.[1];
    if (heading === undefined) sections.at(-1)?.lines.push({ n: index + 1, text: line });
    else sections.push({ heading, line: index + 1, lines: [] });
  }
  return sections;
}
