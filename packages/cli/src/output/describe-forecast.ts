// SPDX-License-Identifier: Apache-2.0

import { visibleText } from '@countersign/kernel';
import type { RunForecast, StepForecast } from '@countersign/pipeline';
import type { Paint } from './paint.ts';
import { short, table } from './table.ts';

/** What a run would do, as people read it. */
export function describeForecast(forecast: RunForecast, paint: Paint): readonly string[] {
  const { model, use, commit, steps, datasets, network, problems } = forecast;
  const at = commit === null ? 'the working tree' : `commit ${short(commit)}`;
  const known = steps.flatMap(({ verdict, tookMs = 0 }) => (verdict === 'cached' ? [] : [tookMs]));
  const last = known.reduce((sum, ms) => sum + ms, 0);
  return [
    `${model} for ${use ?? 'a use named at the request'}, ${at}`,
    ...problems.map((one) => `${paint('red', 'problem')}  ${visibleText(one)}`),
    '',
    ...table(
      ['dataset', 'from', 'file'],
      datasets.map(({ name, source, file }) => [name, source, file]),
    ),
    ...(datasets.length === 0 ? [] : ['']),
    ...table(
      ['stage', 'step', 'would', 'cores', 'took', 'command'],
      steps.map((step) => [
        step.stage,
        step.name,
        wouldOf(step),
        step.cores,
        tookOf(step),
        step.command,
      ]),
    ),
    '',
    ...steps.flatMap(reasonsOf),
    ...(network.length === 0 ? [] : [`network: ${network.join(', ')}`]),
    'steps of one stage run side by side as far as the cores go',
    ...(last === 0
      ? []
      : [`what would run took ${seconds(last)} when it last did, one after another`]),
  ];
}

function wouldOf({ verdict }: StepForecast): string {
  return verdict === 'cached' ? 'be taken from the cache' : verdict === 'run' ? 'run' : 'depend';
}

function tookOf({ tookMs }: StepForecast): string {
  return tookMs === undefined ? '' : seconds(tookMs);
}

export function seconds(ms: number): string {
  const whole = ms / 1000;
  return whole < 100
    ? `${whole.toFixed(1)} s`
    : `${Math.floor(whole / 60)} min ${Math.round(whole % 60)} s`;
}

function reasonsOf(step: StepForecast): readonly string[] {
  const { name, verdict, why, cached } = step;
  if (cached !== undefined)
    return [
      `${name}: unchanged since ${cached.since}, run ${cached.run}, commit ${short(cached.commit)} (key ${short(cached.key)})`,
    ];
  const said = why.map(visibleText).join('; ');
  return [verdict === 'run' ? `${name}: runs, because ${said}` : `${name}: depends on ${said}`];
}

/** The graph of steps and datasets as a Mermaid flowchart. */
export function mermaidOf({ steps, datasets, arrows }: RunForecast): readonly string[] {
  return [
    'flowchart LR',
    ...datasets.map(({ name }) => `  ${idOf(`data:${name}`)}[("${name}")]`),
    ...steps.map(({ name, verdict }) => `  ${idOf(`step:${name}`)}["${name}"]:::${verdict}`),
    ...arrows.map(({ from, to }) => `  ${idOf(from)} --> ${idOf(to)}`),
    '  classDef cached fill:#e6f4ea,stroke:#34a853',
    '  classDef run fill:#fef7e0,stroke:#f9ab00',
    '  classDef depends fill:#f1f3f4,stroke:#9aa0a6,stroke-dasharray:4',
  ];
}

/** A name may hold what Mermaid reads as something else. */
function idOf(name: string): string {
  return name.replaceAll(/[^a-z0-9]/gi, '_');
}
