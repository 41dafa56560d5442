// SPDX-License-Identifier: Apache-2.0
export type { CaseDecision } from './case-file/decision-entry.ts';
export type { CaseManifest } from './case-file/manifest.ts';
export { type CaseProblem, type CaseReport, verifyCaseFile } from './case-file/verify-case-file.ts';
export { type CaseContents, writeCaseFile } from './case-file/write-case-file.ts';
export { VerifierError, type VerifierErrorCode } from './errors.ts';
export { BULK_TYPES, type ExamContents, type ExamRecord } from './exam/exam-contents.ts';
export type { ExamReport } from './exam/exam-findings.ts';
export { isExamPackage, verifyExamPackage } from './exam/verify-exam.ts';
export { writeExamPackage } from './exam/write-exam.ts';
export { readZip, writeZip, type ZipEntry } from './zip/canonical-zip.ts';
