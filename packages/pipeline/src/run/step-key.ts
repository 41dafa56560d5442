// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { canonicalBytes, type Json } from '@countersign/kernel';
import type { PlannedStep } from '../file/step-plan.ts';
import type { Step } from '../file/step-section.ts';

/** Raised when the way of running a step changes, so that no result of the old way stands for one of the new. */
const RECIPE = 'step/1';

/**
 * Everything that can change what a step makes. Two executions with equal components are taken for one; a member that
 * is left out here would be a way for a stale result to pass as a fresh one.
 */
export interface StepComponents {
  readonly recipe: typeof RECIPE;
  /** A result of a laptop's draft never stands for one of the platform. */
  readonly maker: 'draft' | 'platform';
  /** The step's section without what only says when it runs: command, outputs, network, limits, threads. */
  readonly declared: { readonly [member: string]: Json };
  /** Of the text that is mounted as `params.json`; null without parameters. */
  readonly params: string | null;
  /** Of all files of the commit that are mounted. */
  readonly code: string;
  /** Digests by the path that they are mounted at. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Of the environment's record: wheels and interpreter, or image. */
  readonly environment: string;
  /** Every variable that the step is given. */
  readonly variables: Readonly<Record<string, string>>;
  /** Of the machine's own programs and libraries, which the step sees, and of its processor. */
  readonly machine: string;
}

/** What is known of a step before its inputs are. */
export type StepFacts = Omit<StepComponents, 'recipe' | 'declared' | 'params'>;

export function stepComponents(planned: PlannedStep, facts: StepFacts): StepComponents {
  const { params } = planned.step;
  return {
    recipe: RECIPE,
    ...facts,
    declared: declaredOf(planned.step),
    params: params === undefined ? null : sha256(JSON.stringify(params)),
  };
}

/** SHA-256 of the canonical JSON of the components. */
export function stepKey(components: StepComponents): string {
  return createHash('sha256')
    .update(canonicalBytes(asJson(components)))
    .digest('hex');
}

/**
 * Which components differ from those of the last time, in words; empty when none does.
 */
export function changedComponents(before: StepComponents, now: StepComponents): readonly string[] {
  const one = (name: string, a: unknown, b: unknown) => (isEqual(a, b) ? [] : [name]);
  return [
    ...one('the way of running steps', before.recipe, now.recipe),
    ...one('who runs it', before.maker, now.maker),
    ...members(before.declared, now.declared).map((name) =>
      name === 'run' ? 'command' : `\`${name}\``,
    ),
    ...one('params', before.params, now.params),
    ...one('code', before.code, now.code),
    ...members(before.inputs, now.inputs).map((name) => `input \`${name}\``),
    ...one('environment', before.environment, now.environment),
    ...members(before.variables, now.variables).map((name) => `variable \`${name}\``),
    ...one('the machine’s programs', before.machine, now.machine),
  ];
}

function declaredOf(step: Step): StepComponents['declared'] {
  const {
    cores: _cores,
    cache: _cache,
    code: _code,
    inputs: _inputs,
    params: _params,
    ...rest
  } = step;
  return JSON.parse(JSON.stringify(rest)) as StepComponents['declared']; // a section of JSON values
}

/** Names of the members that one has and the other has not, or has otherwise. */
function members(
  before: Readonly<Record<string, unknown>>,
  now: Readonly<Record<string, unknown>>,
): readonly string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...names].filter((name) => !isEqual(before[name], now[name])).toSorted();
}

function isEqual(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function asJson(components: StepComponents): Json {
  return components as unknown as Json; // an interface of readonly JSON members
}
