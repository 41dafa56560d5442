// SPDX-License-Identifier: Apache-2.0
import { compareTexts } from './compare-texts.ts';
import { type MakingWindows, PartList, shown } from './divergence.ts';
import { compareNumbers, isPermutation } from './number-distance.ts';
import {
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  tensorNumbers,
} from './onnx-model.ts';

/** Sub-graphs of If, Loop and Scan below this are compared as text. */
const DEPTH_MAX = 4;

interface Walk {
  readonly parts: PartList;
  readonly windows: MakingWindows;
  /** What a tensor of the original is called in the rebuild. */
  readonly renamed: Map<string, string>;
}

/**
 * Which initializer, attribute, node, name or piece of metadata differs between two models. Names are followed: two
 * graphs that differ by a consistent renaming have differing names and nothing else.
 */
export function compareOnnx(
  original: OnnxModel,
  rebuilt: OnnxModel,
  windows: MakingWindows,
): PartList {
  const walk: Walk = { parts: new PartList(), windows, renamed: new Map() };
  compareMetadata(walk, original, rebuilt);
  if (original.graph !== null && rebuilt.graph !== null) {
    compareGraphs(walk, 'graph', { original: original.graph, rebuilt: rebuilt.graph, depth: 0 });
  }
  return walk.parts;
}

const MEMBERS = [
  'irVersion',
  'producerName',
  'producerVersion',
  'domain',
  'modelVersion',
  'docString',
] as const;

function compareMetadata(walk: Walk, original: OnnxModel, rebuilt: OnnxModel): void {
  for (const name of MEMBERS) {
    metadata(walk, `model ${name}`, { original: original[name], rebuilt: rebuilt[name] });
  }
  const entries = (model: OnnxModel) =>
    model.metadataProps.map(({ key, value }) => `${key}=${value}`);
  const [before, after] = [entries(original), entries(rebuilt)];
  if (isPermutation(before, after) && before.join('\0') !== after.join('\0')) {
    walk.parts.add({
      where: 'metadata_props',
      nature: 'order',
      original: shown(before.join(', ')),
      rebuilt: shown(after.join(', ')),
    });
  } else {
    const values = new Map(rebuilt.metadataProps.map(({ key, value }) => [key, value]));
    for (const { key, value } of original.metadataProps) {
      metadata(walk, `metadata \`${shown(key)}\``, {
        original: value,
        rebuilt: values.get(key) ?? '',
      });
    }
    if (before.length !== after.length) {
      walk.parts.add({
        where: 'metadata_props',
        nature: 'structure',
        original: `${before.length} entries`,
        rebuilt: `${after.length} entries`,
      });
    }
  }
  const sets = (model: OnnxModel) =>
    model.opsetImport.map(({ domain, version }) => `${domain}:${version}`);
  const [opsBefore, opsAfter] = [sets(original), sets(rebuilt)];
  if (opsBefore.join() !== opsAfter.join()) {
    const nature = isPermutation(opsBefore, opsAfter) ? 'order' : 'metadata';
    walk.parts.add({
      where: 'opset_import',
      nature,
      original: shown(opsBefore.join(', ')),
      rebuilt: shown(opsAfter.join(', ')),
    });
  }
}

/** A text about the making: a time or a numbered name when it is one, else metadata. */
function metadata(
  walk: Walk,
  where: string,
  pair: { readonly original: string; readonly rebuilt: string },
): void {
  if (pair.original === pair.rebuilt) return;
  const part = compareTexts(where, pair, walk.windows);
  const isTelling = ['times', 'names', 'order'].includes(part.nature);
  walk.parts.add(isTelling ? part : { ...part, nature: 'metadata' });
}

interface Graphs {
  readonly original: OnnxGraph;
  readonly rebuilt: OnnxGraph;
  readonly depth: number;
}

function compareGraphs(walk: Walk, where: string, graphs: Graphs): void {
  const { original, rebuilt } = graphs;
  nameOf(walk, `${where} name`, { original: original.name, rebuilt: rebuilt.name });
  metadata(walk, `${where} doc_string`, {
    original: original.docString,
    rebuilt: rebuilt.docString,
  });
  compareValueInfos(walk, `${where} input`, { original: original.input, rebuilt: rebuilt.input });
  compareNodes(walk, where, graphs);
  compareValueInfos(walk, `${where} output`, {
    original: original.output,
    rebuilt: rebuilt.output,
  });
  compareValueInfos(walk, `${where} value_info`, {
    original: original.valueInfo,
    rebuilt: rebuilt.valueInfo,
  });
  compareInitializers(walk, where, graphs);
}

function nameOf(
  walk: Walk,
  where: string,
  pair: { readonly original: string; readonly rebuilt: string },
): void {
  if (pair.original === pair.rebuilt) return;
  walk.parts.add({
    where,
    nature: 'names',
    original: shown(pair.original),
    rebuilt: shown(pair.rebuilt),
  });
}

type ValueInfos = OnnxGraph['input'];

function compareValueInfos(
  walk: Walk,
  where: string,
  pair: { readonly original: ValueInfos; readonly rebuilt: ValueInfos },
): void {
  const names = (list: ValueInfos) => list.map(({ name, type }) => `${name}:${type}`);
  if (names(pair.original).join('\0') === names(pair.rebuilt).join('\0')) return;
  if (isPermutation(names(pair.original), names(pair.rebuilt))) {
    walk.parts.add({
      where,
      nature: 'order',
      original: shown(pair.original.map(({ name }) => name).join(', ')),
      rebuilt: shown(pair.rebuilt.map(({ name }) => name).join(', ')),
    });
    return;
  }
  if (pair.original.length !== pair.rebuilt.length) {
    walk.parts.add({
      where,
      nature: 'structure',
      original: `${pair.original.length}`,
      rebuilt: `${pair.rebuilt.length}`,
    });
    return;
  }
  pair.original.forEach((value, at) => {
    const other = pair.rebuilt[at];
    if (other === undefined) return;
    tensorName(walk, `${where} ${at}`, { original: value.name, rebuilt: other.name });
    if (value.type !== other.type)
      walk.parts.add({ where: `type of ${where} \`${shown(value.name)}\``, nature: 'structure' });
  });
}

/** The first differing pair of names makes a renaming; a later pair that breaks it is another wiring of the graph. */
function tensorName(
  walk: Walk,
  where: string,
  pair: { readonly original: string; readonly rebuilt: string },
): void {
  const known = walk.renamed.get(pair.original);
  if (known === undefined) {
    walk.renamed.set(pair.original, pair.rebuilt);
    nameOf(walk, where, pair);
  } else if (known !== pair.rebuilt) {
    walk.parts.add({
      where,
      nature: 'structure',
      original: shown(pair.original),
      rebuilt: shown(pair.rebuilt),
    });
  }
}

function compareNodes(walk: Walk, where: string, { original, rebuilt, depth }: Graphs): void {
  const before = original.node.map(nodeText);
  const after = rebuilt.node.map(nodeText);
  if (isPermutation(before, after) && before.join('\0') !== after.join('\0')) {
    const ops = (graph: OnnxGraph) =>
      shown(graph.node.map(({ name, opType }) => name || opType).join(', '));
    walk.parts.add({
      where: `${where} nodes`,
      nature: 'order',
      original: ops(original),
      rebuilt: ops(rebuilt),
    });
    return;
  }
  if (original.node.length !== rebuilt.node.length) {
    walk.parts.add({
      where: `${where} nodes`,
      nature: 'structure',
      original: `${original.node.length} nodes`,
      rebuilt: `${rebuilt.node.length} nodes`,
    });
  }
  original.node.forEach((node, at) => {
    const other = rebuilt.node[at];
    if (other !== undefined)
      compareNode(walk, `${where} node ${at} (${node.opType})`, { node, other, depth });
  });
}

function nodeText(node: OnnxNode): string {
  return JSON.stringify(node);
}

interface NodePair {
  readonly node: OnnxNode;
  readonly other: OnnxNode;
  readonly depth: number;
}

function compareNode(walk: Walk, where: string, { node, other, depth }: NodePair): void {
  if (node.opType !== other.opType || node.domain !== other.domain) {
    walk.parts.add({
      where,
      nature: 'structure',
      original: shown(node.opType),
      rebuilt: shown(other.opType),
    });
    return;
  }
  nameOf(walk, `${where} name`, { original: node.name, rebuilt: other.name });
  metadata(walk, `${where} doc_string`, { original: node.docString, rebuilt: other.docString });
  for (const side of ['input', 'output'] as const) {
    if (node[side].length !== other[side].length)
      walk.parts.add({ where: `${where} ${side}s`, nature: 'structure' });
    node[side].slice(0, other[side].length).forEach((name, at) => {
      tensorName(walk, `${where} ${side} ${at}`, {
        original: name,
        rebuilt: other[side][at] ?? '',
      });
    });
  }
  compareAttributes(walk, where, { node, other, depth });
}

function compareAttributes(walk: Walk, where: string, { node, other, depth }: NodePair): void {
  const names = (one: OnnxNode) => one.attribute.map(({ name }) => name);
  if (names(node).join('\0') !== names(other).join('\0')) {
    const nature = isPermutation(names(node), names(other)) ? 'order' : 'structure';
    walk.parts.add({
      where: `${where} attributes`,
      nature,
      original: shown(names(node).join(', ')),
      rebuilt: shown(names(other).join(', ')),
    });
  }
  const others = new Map(other.attribute.map((one) => [one.name, one]));
  for (const attribute of node.attribute) {
    const again = others.get(attribute.name);
    if (again === undefined) continue;
    compareAttribute(walk, `${where} attribute \`${shown(attribute.name)}\``, {
      original: attribute,
      rebuilt: again,
      depth,
    });
  }
}

function compareAttribute(
  walk: Walk,
  where: string,
  pair: {
    readonly original: OnnxAttribute;
    readonly rebuilt: OnnxAttribute;
    readonly depth: number;
  },
): void {
  const { original, rebuilt, depth } = pair;
  numbers(walk, where, { original: [original.f], rebuilt: [rebuilt.f], type: 'f32' });
  numbers(walk, where, { original: original.floats, rebuilt: rebuilt.floats, type: 'f32' });
  numbers(walk, where, {
    original: [Number(original.i)],
    rebuilt: [Number(rebuilt.i)],
    type: 'integer',
  });
  numbers(walk, where, {
    original: original.ints.map(Number),
    rebuilt: rebuilt.ints.map(Number),
    type: 'integer',
  });
  texts(walk, where, { original: [original.s], rebuilt: [rebuilt.s] });
  texts(walk, where, { original: original.strings, rebuilt: rebuilt.strings });
  if (original.t !== null && rebuilt.t !== null)
    compareTensor(walk, where, { original: original.t, rebuilt: rebuilt.t });
  original.tensors.forEach((tensor, at) => {
    const other = rebuilt.tensors[at];
    if (other !== undefined)
      compareTensor(walk, `${where}[${at}]`, { original: tensor, rebuilt: other });
  });
  if (original.g === null || rebuilt.g === null) return;
  if (depth < DEPTH_MAX)
    compareGraphs(walk, where, { original: original.g, rebuilt: rebuilt.g, depth: depth + 1 });
  else if (JSON.stringify(original.g) !== JSON.stringify(rebuilt.g))
    walk.parts.add({ where, nature: 'structure' });
}

function compareInitializers(walk: Walk, where: string, { original, rebuilt }: Graphs): void {
  const names = original.initializer.map(({ name }) => walk.renamed.get(name) ?? name);
  const after = rebuilt.initializer.map(({ name }) => name);
  if (isPermutation(names, after) && names.join('\0') !== after.join('\0')) {
    walk.parts.add({
      where: `${where} initializers`,
      nature: 'order',
      original: shown(names.join(', ')),
      rebuilt: shown(after.join(', ')),
    });
  }
  const others = new Map(rebuilt.initializer.map((tensor) => [tensor.name, tensor]));
  original.initializer.forEach((tensor, at) => {
    const other = others.get(names[at] ?? '');
    const place = `${where} initializer \`${shown(tensor.name)}\``;
    if (other === undefined)
      walk.parts.add({ where: place, nature: 'structure', rebuilt: 'absent' });
    else compareTensor(walk, place, { original: tensor, rebuilt: other });
  });
}

function compareTensor(
  walk: Walk,
  where: string,
  pair: { readonly original: OnnxTensor; readonly rebuilt: OnnxTensor },
): void {
  const { original, rebuilt } = pair;
  const shape = (tensor: OnnxTensor) =>
    `type ${tensor.dataType}, shape [${tensor.dims.join(', ')}]`;
  if (shape(original) !== shape(rebuilt)) {
    walk.parts.add({
      where,
      nature: 'structure',
      original: shown(shape(original)),
      rebuilt: shown(shape(rebuilt)),
    });
    return;
  }
  metadata(walk, `${where} doc_string`, {
    original: original.docString,
    rebuilt: rebuilt.docString,
  });
  const [before, after] = [tensorNumbers(original), tensorNumbers(rebuilt)];
  if (before !== undefined && after !== undefined) {
    numbers(walk, where, { original: before.values, rebuilt: after.values, type: before.type });
    return;
  }
  texts(walk, where, { original: original.stringData, rebuilt: rebuilt.stringData });
  if (original.rawData !== rebuilt.rawData) walk.parts.add({ where, nature: 'bytes' });
}

interface NumberPair {
  readonly original: ArrayLike<number>;
  readonly rebuilt: ArrayLike<number>;
  readonly type: 'f32' | 'f64' | 'integer';
}

function numbers(walk: Walk, where: string, { original, rebuilt, type }: NumberPair): void {
  if (original.length !== rebuilt.length) {
    walk.parts.add({
      where,
      nature: 'structure',
      original: `${original.length} values`,
      rebuilt: `${rebuilt.length} values`,
    });
    return;
  }
  const compared = compareNumbers(original, rebuilt, type);
  if (compared === undefined) return;
  const { nature, distance, firstAt } = compared;
  walk.parts.add({
    where: `${where}, first at [${firstAt}]`,
    nature,
    original: shown(String(original[firstAt])),
    rebuilt: shown(String(rebuilt[firstAt])),
    distance,
  });
}

/** Texts arrive as base64 of UTF-8. */
function texts(
  walk: Walk,
  where: string,
  pair: { readonly original: readonly string[]; readonly rebuilt: readonly string[] },
): void {
  const { original, rebuilt } = pair;
  if (original.join() === rebuilt.join()) return;
  const plain = (list: readonly string[]) =>
    list.map((text) => Buffer.from(text, 'base64').toString('utf8'));
  const [before, after] = [plain(original), plain(rebuilt)];
  if (isPermutation(before, after)) {
    walk.parts.add({
      where,
      nature: 'order',
      original: shown(before.join(', ')),
      rebuilt: shown(after.join(', ')),
    });
    return;
  }
  if (before.length !== after.length) walk.parts.add({ where, nature: 'structure' });
  before.slice(0, after.length).forEach((text, at) => {
    if (text !== after[at])
      walk.parts.add(
        compareTexts(`${where}[${at}]`, { original: text, rebuilt: after[at] ?? '' }, walk.windows),
      );
  });
}
