// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { PAYLOAD_TYPE_STATEMENT, signEnvelope } from '../src/dsse.ts';
import { canonicalBytes } from '../src/json/canonical.ts';
import { noblePrimitives } from '../src/noble.ts';
import { nodePrimitives } from '../src/node.ts';
import { answers, type Questions } from './browser-answers.ts';
import { receipt, trust } from './receipt-fixture.ts';
import { ed25519Key, p256Key } from './test-keys.ts';

/** Debian's package and its usual namesakes; Playwright's own download may be barred. */
const executablePath = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => existsSync(path));
const mayBeSkipped = executablePath === undefined && process.env.CI === undefined;

if (mayBeSkipped) {
  console.warn(
    'SKIPPED: no Chromium found; install it with `apt-get install chromium` to test the kernel in a browser',
  );
}

const LAUNCH_FLAGS = [
  // Root cannot set up Chromium's own sandbox, and the page loads nothing but our bundle.
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--no-first-run',
  '--disable-sync',
  '--disable-component-update',
];

describe.skipIf(mayBeSkipped)('the kernel in Chromium', () => {
  it('gives the answers it gives in Node', async () => {
    const questions = await someQuestions();
    const inNode = answers(nodePrimitives, questions);
    expect(JSON.parse(inNode)).toMatchObject({
      signatures: [true, true],
      signaturesOfAnotherPayload: [false, false],
      inclusion: true,
      inclusionElsewhere: false,
      checkpointOfAnotherLog: true,
      receipt: { ok: true, state: 'checkpointed' },
      receiptElsewhere: { ok: false },
    });
    expect(answers(noblePrimitives, questions)).toBe(inNode);
    expect(await answersInBrowser(questions)).toBe(inNode);
  });
});

async function someQuestions(): Promise<Questions> {
  const record = { _type: 'https://in-toto.io/Statement/v1', subject: [{ name: 'é', count: 3 }] };
  const keys = [ed25519Key(41), p256Key()];
  const signers = keys.map((key) => key.signer);
  const envelope = await signEnvelope(PAYLOAD_TYPE_STATEMENT, canonicalBytes(record), signers);
  return {
    envelope: JSON.stringify(envelope),
    keys: keys.map((key) => key.publicKey),
    receipt: JSON.stringify(await receipt()),
    trust,
  };
}

/** The bundle has neither Node's modules nor its globals: esbuild fails on an import of `node:`. */
async function bundle(): Promise<string> {
  const result = await build({
    stdin: {
      contents: `
        import { noblePrimitives } from '../src/noble.ts';
        import { answers } from './browser-answers.ts';
        globalThis.kernelAnswers = (questions) => answers(noblePrimitives, questions);`,
      resolveDir: import.meta.dirname,
      loader: 'ts',
    },
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    target: 'es2024',
  });
  return result.outputFiles[0]!.text;
}

async function answersInBrowser(questions: Questions): Promise<string> {
  const script = await bundle();
  const browser = await chromium.launch({
    executablePath: executablePath ?? '/usr/bin/chromium',
    args: LAUNCH_FLAGS,
  });
  try {
    const page = await browser.newPage();
    await page.addScriptTag({ content: script });
    return await page.evaluate<string, Questions>(
      // The function runs in the page, where the bundle has put this global.
      (asked) =>
        (globalThis as unknown as { kernelAnswers(q: Questions): string }).kernelAnswers(asked),
      questions,
    );
  } finally {
    await browser.close();
  }
}
