// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url';
import { guideBlocks as blocksOf, type GuideBlock } from '../src/demo/model-risk/guide-blocks.ts';

export { type GuideBlock, words } from '../src/demo/model-risk/guide-blocks.ts';

/** The fenced blocks of a guide in docs/guides, in order, with the heading that each stands under. */
export function guideBlocks(name: string): readonly GuideBlock[] {
  return blocksOf(fileURLToPath(new URL('../../..', import.meta.url)), name);
}
