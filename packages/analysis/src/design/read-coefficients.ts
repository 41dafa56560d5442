// SPDX-License-Identifier: Apache-2.0
import { type OnnxGraph, onnxNumbers, readOnnxModel } from '@countersign/pipeline';
import { columnsOf, type ScorerSpec } from '../scorer/scorer-spec.ts';
import { applyOperator } from './graph-operators.ts';
import { formOf, type GraphValue, linear, opaque } from './linear-value.ts';

export interface Coefficient {
  readonly input: string;
  /** The level of a one-hot input; null of a number. */
  readonly level: string | null;
  /** Change of the score's scale (`link`) for one unit of the input as a row gives it. */
  readonly value: number;
}

export type Coefficients =
  | {
      readonly ok: true;
      /** `logit`: of the log-odds of the score; `identity`: of the score itself. */
      readonly link: 'identity' | 'logit';
      readonly terms: readonly Coefficient[];
    }
  | { readonly ok: false; readonly why: string };

/**
 * The coefficients of a linear model as its ONNX graph shows them, in units of the inputs: scaling, one-hot coding and
 * products with constants are followed from the inputs to the score. A graph with anything else on the way gives the reason.
 */
export function readCoefficients(model: Uint8Array, spec: ScorerSpec): Coefficients {
  const graph = readOnnxModel(model)?.graph;
  if (graph === undefined || graph === null)
    return { ok: false, why: 'the artefact is no ONNX graph' };
  const value = valuesOf(graph, spec).get(spec.output) ?? opaque('no node writes the score');
  if (value.kind === 'opaque') return { ok: false, why: value.why };
  if (value.kind === 'constant') return { ok: false, why: 'the score is a constant' };
  const form = value.forms[spec.outputIndex ?? 0];
  if (form === undefined)
    return { ok: false, why: 'the score lies beyond what the graph computes' };
  const terms = [...form.values()].map(({ term, weight }) => ({ ...term, value: weight }));
  return { ok: true, link: value.link, terms };
}

/** Nodes of a valid graph are in an order in which each comes after what it reads. */
function valuesOf(graph: OnnxGraph, spec: ScorerSpec): ReadonlyMap<string, GraphValue> {
  const values = new Map<string, GraphValue>();
  for (const tensor of graph.initializer) {
    const numbers = onnxNumbers(tensor);
    const dims = tensor.dims.map(Number);
    const known =
      numbers === undefined
        ? opaque(`the constant \`${tensor.name}\` holds no plain numbers`)
        : { kind: 'constant' as const, values: Array.from(numbers.values), dims };
    values.set(tensor.name, known);
  }
  for (const input of spec.inputs) {
    const forms = columnsOf(input).map((name) => formOf({ input: name, level: null }));
    values.set(input.name, linear(forms));
  }
  for (const node of graph.node) {
    const inputs = node.input
      .filter((name) => name !== '')
      .map((name) => values.get(name) ?? opaque(`nothing is known of \`${name}\``));
    const result = applyOperator(node, inputs);
    // A classifier's first output is its label.
    const isLabelled = node.opType === 'LinearClassifier';
    node.output.forEach((name, index) => {
      const isResult = index === (isLabelled ? 1 : 0);
      values.set(
        name,
        isResult ? result : opaque(`the score is another output of \`${node.opType}\``),
      );
    });
  }
  return values;
}
