// SPDX-License-Identifier: Apache-2.0
import { type RecordsAnswer, type RecordsQuestion, verifyRecords } from './verified-records.ts';

self.addEventListener('message', ({ data }: MessageEvent<RecordsQuestion>) => {
  const answer: RecordsAnswer = verifyRecords(data);
  self.postMessage(answer);
});
