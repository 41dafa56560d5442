// SPDX-License-Identifier: Apache-2.0
import { type OnnxNode, onnxNumbers } from '@countersign/pipeline';
import {
  combined,
  formOf,
  type GraphValue,
  type LinearForm,
  type LinearValue,
  linear,
  opaque,
  plus,
  scaled,
} from './linear-value.ts';

type Operator = (node: OnnxNode, inputs: readonly GraphValue[]) => GraphValue;

/** Operators whose first output keeps one row's values as they are, missing ones apart. */
const KEEPING = [
  'Identity',
  'Cast',
  'Reshape',
  'Flatten',
  'Squeeze',
  'Unsqueeze',
  'Imputer',
  'Normalizer',
];

/**
 * What an operator of ONNX (opset 13 and later) or ai.onnx.ml makes of one row. Operators that are not here make their
 * outputs opaque: a coefficient is read where the graph plainly shows one and nowhere else.
 */
export function applyOperator(node: OnnxNode, inputs: readonly GraphValue[]): GraphValue {
  const known = OPERATORS.get(node.opType);
  const blind = inputs.find((input) => input.kind === 'opaque');
  if (blind !== undefined) return blind;
  if (known === undefined) return opaque(`the score passes a \`${node.opType}\``);
  return known(node, inputs);
}

const OPERATORS: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ...KEEPING.map((name) => [name, keep] as const),
  ['Concat', (_, inputs) => concatenated(inputs)],
  ['FeatureVectorizer', (_, inputs) => concatenated(inputs)],
  ['Constant', constant],
  ['Scaler', scaler],
  ['OneHotEncoder', oneHot],
  ['Gather', (_, inputs) => picked(inputs)],
  ['ArrayFeatureExtractor', (_, inputs) => picked(inputs)],
  ['Add', (node, inputs) => added(node, inputs, 1)],
  ['Sub', (node, inputs) => added(node, inputs, -1)],
  ['Mul', (node, inputs) => multiplied(node, inputs, (x) => x)],
  ['Div', (node, inputs) => multiplied(node, inputs, (x) => 1 / x)],
  ['MatMul', (node, inputs) => product(node, inputs, { transposed: false, by: 1 })],
  ['Gemm', gemm],
  ['Sigmoid', sigmoid],
  ['Softmax', softmax],
  ['LinearRegressor', linearRegressor],
  ['LinearClassifier', linearClassifier],
]);

const attribute = (node: OnnxNode, name: string) => node.attribute.find((one) => one.name === name);
const floatsOf = (node: OnnxNode, name: string) => attribute(node, name)?.floats ?? [];
const textOf = (base64: string) => Buffer.from(base64, 'base64').toString('utf8');

/** A normaliser after two complementary probabilities changes nothing; after anything else it mixes the values. */
function keep(node: OnnxNode, [value]: readonly GraphValue[]): GraphValue {
  if (value === undefined) return opaque(`a \`${node.opType}\` has no input`);
  const isProbability = value.kind === 'linear' && value.link === 'logit';
  return node.opType !== 'Normalizer' || isProbability
    ? value
    : opaque('the score passes a `Normalizer`');
}

function identityForms(node: OnnxNode, value: GraphValue | undefined): LinearValue | undefined {
  const isPlain = value?.kind === 'linear' && value.link === 'identity';
  return isPlain && node.output.length > 0 ? value : undefined;
}

function notLinear(node: OnnxNode): GraphValue {
  return opaque(`a \`${node.opType}\` of the graph is not linear in the inputs`);
}

function constant(node: OnnxNode): GraphValue {
  const tensor = attribute(node, 'value')?.t;
  const numbers = tensor === null || tensor === undefined ? undefined : onnxNumbers(tensor);
  if (tensor === null || tensor === undefined || numbers === undefined) return notLinear(node);
  return { kind: 'constant', values: Array.from(numbers.values), dims: tensor.dims.map(Number) };
}

function concatenated(inputs: readonly GraphValue[]): GraphValue {
  const forms: LinearForm[] = [];
  for (const input of inputs) {
    if (input.kind !== 'linear' || input.link !== 'identity')
      return opaque('a `Concat` joins what is not linear in the inputs');
    forms.push(...input.forms);
  }
  return linear(forms);
}

/** (x − offset) · scale, elementwise (ai.onnx.ml). */
function scaler(node: OnnxNode, [value]: readonly GraphValue[]): GraphValue {
  const known = identityForms(node, value);
  if (known === undefined) return notLinear(node);
  const scale = floatsOf(node, 'scale');
  return linear(
    known.forms.map((form, index) => scaled(form, scale[scale.length === 1 ? 0 : index] ?? 1)),
  );
}

function oneHot(node: OnnxNode, [value]: readonly GraphValue[]): GraphValue {
  const known = identityForms(node, value);
  const levels = [
    ...(attribute(node, 'cats_strings')?.strings ?? []).map(textOf),
    ...(attribute(node, 'cats_int64s')?.ints ?? []),
  ];
  const forms = known?.forms.map((form) => [...form.values()]);
  // Only an input itself has levels; a sum of inputs has none.
  if (forms === undefined || forms.some((terms) => terms.length !== 1 || terms[0]?.weight !== 1))
    return notLinear(node);
  return linear(
    forms.flatMap((terms) =>
      levels.map((level) => formOf({ input: terms[0]?.term.input ?? '', level })),
    ),
  );
}

function picked([value, indices]: readonly GraphValue[]): GraphValue {
  if (value?.kind !== 'linear' || indices?.kind !== 'constant')
    return opaque('a `Gather` does not pick fixed places');
  const { forms } = value;
  const found = indices.values.map((at) => forms[at < 0 ? forms.length + at : at]);
  const kept = found.filter((form) => form !== undefined);
  return kept.length === found.length
    ? { ...value, forms: kept }
    : opaque('a `Gather` picks beyond the end');
}

/** a ± b; a constant moves every row alike. 1 − p of a probability is the other class's. */
function added(node: OnnxNode, [a, b]: readonly GraphValue[], sign: 1 | -1): GraphValue {
  if (a?.kind === 'constant' && b?.kind === 'constant') return notLinear(node);
  if (a?.kind === 'linear' && b?.kind === 'constant')
    return a.link === 'identity' ? a : notLinear(node);
  if (a?.kind === 'constant' && b?.kind === 'linear') {
    const isComplement = sign === -1 && a.values.every((value) => value === 1);
    if (b.link === 'logit' && !isComplement) return notLinear(node);
    return sign === 1 ? b : { ...b, forms: b.forms.map((form) => scaled(form, -1)) };
  }
  const [left, right] = [identityForms(node, a), identityForms(node, b)];
  if (left === undefined || right === undefined) return notLinear(node);
  if (left.forms.length !== right.forms.length) return notLinear(node);
  return linear(
    left.forms.map((form, index) => plus(form, scaled(right.forms[index] ?? new Map(), sign))),
  );
}

function multiplied(
  node: OnnxNode,
  [a, b]: readonly GraphValue[],
  factor: (x: number) => number,
): GraphValue {
  const isDivision = node.opType === 'Div';
  const [value, by] = a?.kind === 'constant' && !isDivision ? [b, a] : [a, b];
  const known = identityForms(node, value);
  if (known === undefined || by?.kind !== 'constant') return notLinear(node);
  const { values } = by;
  if (values.length !== 1 && values.length !== known.forms.length) return notLinear(node);
  return linear(
    known.forms.map((form, index) =>
      scaled(form, factor(values[values.length === 1 ? 0 : index] ?? 0)),
    ),
  );
}

function gemm(node: OnnxNode, inputs: readonly GraphValue[]): GraphValue {
  if (attribute(node, 'transA')?.i === '1') return notLinear(node);
  const by = attribute(node, 'alpha')?.f ?? 1;
  return product(node, inputs, { transposed: attribute(node, 'transB')?.i === '1', by });
}

/** Row times constant matrix [in, out], or [out, in] when transposed. */
function product(
  node: OnnxNode,
  [value, matrix]: readonly GraphValue[],
  how: { readonly transposed: boolean; readonly by: number },
): GraphValue {
  const known = identityForms(node, value);
  if (known === undefined || matrix?.kind !== 'constant') return notLinear(node);
  const width = known.forms.length;
  const outputs = matrix.values.length / width;
  if (!Number.isInteger(outputs)) return notLinear(node);
  const at = (row: number, column: number) =>
    matrix.values[how.transposed ? column * width + row : row * outputs + column] ?? 0;
  return linear(
    Array.from({ length: outputs }, (_, column) =>
      combined(
        known.forms,
        known.forms.map((_form, row) => how.by * at(row, column)),
      ),
    ),
  );
}

function sigmoid(node: OnnxNode, [value]: readonly GraphValue[]): GraphValue {
  const known = identityForms(node, value);
  return known === undefined ? notLinear(node) : { ...known, link: 'logit' };
}

/** Of two classes the softmax is the logistic of the difference; of more there is no one coefficient. */
function softmax(node: OnnxNode, [value]: readonly GraphValue[]): GraphValue {
  const known = identityForms(node, value);
  return known === undefined ? notLinear(node) : twoClasses(known.forms);
}

function twoClasses(forms: readonly LinearForm[]): GraphValue {
  const [zero, one] = forms;
  if (zero === undefined || one === undefined || forms.length !== 2)
    return opaque('a softmax of more than two classes has no one coefficient an input');
  const difference = plus(one, scaled(zero, -1));
  return { kind: 'linear', forms: [scaled(difference, -1), difference], link: 'logit' };
}

function rowsOfCoefficients(node: OnnxNode, value: LinearValue): readonly LinearForm[] {
  const coefficients = floatsOf(node, 'coefficients');
  const width = value.forms.length;
  return Array.from({ length: coefficients.length / Math.max(1, width) }, (_, row) =>
    combined(value.forms, coefficients.slice(row * width, (row + 1) * width)),
  );
}

const transformOf = (node: OnnxNode) =>
  textOf(attribute(node, 'post_transform')?.s ?? '') || 'NONE';

function linearRegressor(node: OnnxNode, [value]: readonly GraphValue[]): GraphValue {
  const known = identityForms(node, value);
  if (known === undefined || transformOf(node) !== 'NONE') return notLinear(node);
  return linear(rowsOfCoefficients(node, known));
}

/** Its second output, the scores; the first is the label, which has no coefficient. */
function linearClassifier(node: OnnxNode, [value]: readonly GraphValue[]): GraphValue {
  const known = identityForms(node, value);
  if (known === undefined) return notLinear(node);
  const rows = rowsOfCoefficients(node, known);
  const [only] = rows;
  if (only === undefined || rows.length > 2)
    return opaque('a classifier of more than two classes has no one coefficient an input');
  const forms = rows.length === 1 ? [scaled(only, -1), only] : rows;
  const transform = transformOf(node);
  if (transform === 'NONE') return linear(forms);
  if (transform === 'LOGISTIC') return { kind: 'linear', forms, link: 'logit' };
  return transform === 'SOFTMAX' ? twoClasses(forms) : notLinear(node);
}
