// SPDX-License-Identifier: Apache-2.0
import { relative, resolve } from 'node:path';
import { type Command, done, type Outcome, refused } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { DemoFailure } from '../demo/demo-failure.ts';
import { newDirectory } from '../demo/new-directory.ts';
import type { RunCommand } from '../demo/stage.ts';
import { CliError, usage } from '../errors.ts';
import { BUBBLEWRAP, ensurePackages } from '../host/system-packages.ts';
import type { Session } from '../session.ts';

const STORIES = ['credit-model', 'model-risk', 'diagnosis'];

/** The demo runs other commands as its people would, so it is given how. */
export function demoCommand(runCommand: RunCommand): Command {
  return {
    name: 'demo',
    summary: 'a real model through its whole life, or model risk through a year, in a new firm',
    description:
      'Founds a firm in .countersign/demo-<time> of the current directory, or in --data, and tells what was done, what was refused and why, and which record now proves it. `model-risk` walks docs/guides/a-year-of-model-risk.md by a clock that starts 265 days ago. `diagnosis` takes a clinical model under the FDA pack as far as its evidence carries it. Earlier demonstrations are left as they are; only caches are reused.',
    example: 'countersign demo model-risk',
    arguments: [
      {
        name: 'story',
        summary: `${STORIES.join(', ')}; credit-model unless given`,
        isOptional: true,
      },
    ],
    options: [
      { flags: '--sections N', summary: 'of model-risk: stop after so many sections of the guide' },
    ],
    run: (input, session) => runDemoCommand(input, session, runCommand),
  };
}

async function runDemoCommand(
  input: Input,
  session: Session,
  runCommand: RunCommand,
): Promise<Outcome> {
  const story = input.optionalArgument('story') ?? 'credit-model';
  if (!STORIES.includes(story))
    throw usage(`\`${story}\` is no story`, `name one of ${STORIES.join(', ')}`);
  const home = resolve(import.meta.dirname, '../../../..');
  const sections = await sectionsOf(input, { story, home });
  const missing = ensurePackages([BUBBLEWRAP], (text) => session.progress(text));
  if (missing !== undefined) throw new CliError('refused', missing);
  const given = input.optionalText('data');
  const dataDir =
    given === undefined ? newDirectory(session.cwd, session.now()) : resolve(session.cwd, given);
  const at = { io: session.io, runCommand, home, dataDir };
  try {
    if (story === 'model-risk') return await modelRisk(sections, session, at);
    return story === 'diagnosis' ? await diagnosis(session, at) : await creditModel(at);
  } catch (error) {
    if (!(error instanceof DemoFailure)) throw error;
    return refused(
      { dataDir, failure: error.message },
      '',
      `the story breaks off: ${error.message}`,
    );
  }
}

/** How many sections to walk; all without `--sections`. @throws CliError `usage` */
async function sectionsOf(
  input: Input,
  { story, home }: { readonly story: string; readonly home: string },
): Promise<number | undefined> {
  const sections = input.count('sections');
  if (sections === undefined) return undefined;
  if (story !== 'model-risk')
    throw usage(`\`--sections\` does not go with \`${story}\``, 'it is for `demo model-risk`');
  const { guideSections } = await import('../demo/model-risk/guide-blocks.ts');
  const { GUIDE } = await import('../demo/model-risk/run-model-risk.ts');
  const all = guideSections(home, GUIDE).length;
  if (sections < 1 || sections > all)
    throw usage(`\`--sections\` is 1 to ${all}, the guide’s sections, not \`${sections}\``);
  return sections;
}

interface Place {
  readonly io: Session['io'];
  readonly runCommand: RunCommand;
  readonly home: string;
  readonly dataDir: string;
}

async function creditModel(at: Place): Promise<Outcome> {
  const { runDemo } = await import('../demo/run-demo.ts');
  await runDemo(at);
  return done({ dataDir: at.dataDir });
}

async function diagnosis(session: Session, at: Place): Promise<Outcome> {
  const { runDiagnosisDemo } = await import('../demo/diagnosis/run-diagnosis.ts');
  const made = await runDiagnosisDemo(at);
  const short = (path: string) => relative(session.cwd, path) || path;
  return done(
    made,
    '',
    `document      ${short(made.document)}`,
    `case file     ${short(made.caseFile)}`,
    `verify it     npx countersign verify ${short(made.caseFile)} --root ${made.root}`,
    `look at it    npx countersign up --data ${short(at.dataDir)}`,
  );
}

async function modelRisk(
  sections: number | undefined,
  session: Session,
  at: Place,
): Promise<Outcome> {
  const { runModelRiskDemo } = await import('../demo/model-risk/run-model-risk.ts');
  const made = await runModelRiskDemo({ ...at, ...(sections === undefined ? {} : { sections }) });
  const short = (path: string) => relative(session.cwd, path) || path;
  return done(
    made,
    '',
    ...(made.exam === undefined
      ? []
      : [
          `exam package  ${short(made.exam)}`,
          `verify it     npx countersign verify ${short(made.exam)} --root ${made.root}`,
        ]),
    `look at it    npx countersign up --data ${short(at.dataDir)}   (or npm start: it takes the newest)`,
    `pages         ${made.url}, as mia.risk@first-meridian-bank.example, password \`mia.risk demonstration password\``,
  );
}
