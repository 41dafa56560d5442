// SPDX-License-Identifier: Apache-2.0
// Beside the page: the signatures of a few hundred records take a second that the page must not stand still for.
import { type ChangeAnswer, type ChangeQuestion, verifyChange } from './verified-change.ts';

self.addEventListener('message', ({ data }: MessageEvent<ChangeQuestion>) => {
  const answer: ChangeAnswer = verifyChange(data);
  self.postMessage(answer);
});
