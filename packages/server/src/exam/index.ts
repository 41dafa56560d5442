// SPDX-License-Identifier: Apache-2.0

export { environmentPosture } from './environment-posture.ts';
export { type ExamRequest, examPackage } from './exam-package.ts';
