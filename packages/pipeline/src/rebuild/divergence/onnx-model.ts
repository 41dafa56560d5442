// SPDX-License-Identifier: Apache-2.0
import protobuf from 'protobufjs/light.js';

/**
 * The messages of onnx.proto (ONNX 1.x, field numbers as published) that a model is made of. What is not named here is
 * skipped, so a difference in it alone shows as a difference of bytes.
 */
const ONNX = protobuf.Root.fromJSON({
  nested: {
    ModelProto: {
      fields: {
        irVersion: { id: 1, type: 'int64' },
        producerName: { id: 2, type: 'string' },
        producerVersion: { id: 3, type: 'string' },
        domain: { id: 4, type: 'string' },
        modelVersion: { id: 5, type: 'int64' },
        docString: { id: 6, type: 'string' },
        graph: { id: 7, type: 'GraphProto' },
        opsetImport: { rule: 'repeated', id: 8, type: 'OperatorSet' },
        metadataProps: { rule: 'repeated', id: 14, type: 'Entry' },
      },
    },
    OperatorSet: {
      fields: { domain: { id: 1, type: 'string' }, version: { id: 2, type: 'int64' } },
    },
    Entry: { fields: { key: { id: 1, type: 'string' }, value: { id: 2, type: 'string' } } },
    GraphProto: {
      fields: {
        node: { rule: 'repeated', id: 1, type: 'NodeProto' },
        name: { id: 2, type: 'string' },
        initializer: { rule: 'repeated', id: 5, type: 'TensorProto' },
        docString: { id: 10, type: 'string' },
        input: { rule: 'repeated', id: 11, type: 'ValueInfo' },
        output: { rule: 'repeated', id: 12, type: 'ValueInfo' },
        valueInfo: { rule: 'repeated', id: 13, type: 'ValueInfo' },
      },
    },
    ValueInfo: { fields: { name: { id: 1, type: 'string' }, type: { id: 2, type: 'bytes' } } },
    NodeProto: {
      fields: {
        input: { rule: 'repeated', id: 1, type: 'string' },
        output: { rule: 'repeated', id: 2, type: 'string' },
        name: { id: 3, type: 'string' },
        opType: { id: 4, type: 'string' },
        attribute: { rule: 'repeated', id: 5, type: 'Attribute' },
        docString: { id: 6, type: 'string' },
        domain: { id: 7, type: 'string' },
      },
    },
    Attribute: {
      fields: {
        name: { id: 1, type: 'string' },
        f: { id: 2, type: 'float' },
        i: { id: 3, type: 'int64' },
        s: { id: 4, type: 'bytes' },
        t: { id: 5, type: 'TensorProto' },
        g: { id: 6, type: 'GraphProto' },
        floats: { rule: 'repeated', id: 7, type: 'float' },
        ints: { rule: 'repeated', id: 8, type: 'int64' },
        strings: { rule: 'repeated', id: 9, type: 'bytes' },
        tensors: { rule: 'repeated', id: 10, type: 'TensorProto' },
        docString: { id: 13, type: 'string' },
      },
    },
    TensorProto: {
      fields: {
        dims: { rule: 'repeated', id: 1, type: 'int64' },
        dataType: { id: 2, type: 'int32' },
        floatData: { rule: 'repeated', id: 4, type: 'float' },
        int32Data: { rule: 'repeated', id: 5, type: 'int32' },
        stringData: { rule: 'repeated', id: 6, type: 'bytes' },
        int64Data: { rule: 'repeated', id: 7, type: 'int64' },
        name: { id: 8, type: 'string' },
        rawData: { id: 9, type: 'bytes' },
        doubleData: { rule: 'repeated', id: 10, type: 'double' },
        uint64Data: { rule: 'repeated', id: 11, type: 'uint64' },
        docString: { id: 12, type: 'string' },
      },
    },
  },
});

export interface OnnxTensor {
  readonly name: string;
  readonly dims: readonly string[];
  readonly dataType: number;
  readonly floatData: readonly number[];
  readonly int32Data: readonly number[];
  readonly stringData: readonly string[];
  readonly int64Data: readonly string[];
  readonly rawData: string;
  readonly doubleData: readonly number[];
  readonly uint64Data: readonly string[];
  readonly docString: string;
}

/** 64-bit integers are text, bytes base64, so that two of anything compare as they print. */
export interface OnnxAttribute {
  readonly name: string;
  readonly f: number;
  readonly i: string;
  readonly s: string;
  readonly t: OnnxTensor | null;
  readonly g: OnnxGraph | null;
  readonly floats: readonly number[];
  readonly ints: readonly string[];
  readonly strings: readonly string[];
  readonly tensors: readonly OnnxTensor[];
  readonly docString: string;
}

export interface OnnxNode {
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly name: string;
  readonly opType: string;
  readonly attribute: readonly OnnxAttribute[];
  readonly docString: string;
  readonly domain: string;
}

export interface OnnxGraph {
  readonly node: readonly OnnxNode[];
  readonly name: string;
  readonly initializer: readonly OnnxTensor[];
  readonly docString: string;
  readonly input: readonly { readonly name: string; readonly type: string }[];
  readonly output: readonly { readonly name: string; readonly type: string }[];
  readonly valueInfo: readonly { readonly name: string; readonly type: string }[];
}

export interface OnnxModel {
  readonly irVersion: string;
  readonly producerName: string;
  readonly producerVersion: string;
  readonly domain: string;
  readonly modelVersion: string;
  readonly docString: string;
  readonly graph: OnnxGraph | null;
  readonly opsetImport: readonly { readonly domain: string; readonly version: string }[];
  readonly metadataProps: readonly { readonly key: string; readonly value: string }[];
}

/** Undefined for bytes that are no ONNX model: no graph with a node can be read from them. */
export function readOnnxModel(bytes: Uint8Array): OnnxModel | undefined {
  const type = ONNX.lookupType('ModelProto');
  try {
    const object = type.toObject(type.decode(bytes), {
      longs: String,
      bytes: String,
      defaults: true,
      arrays: true,
    });
    const model = object as OnnxModel; // the shape of the descriptor above
    const isModel = model.graph !== null && model.graph.node.length > 0;
    return isModel ? model : undefined;
  } catch {
    return undefined; // cut short or something else; the bytes are compared instead
  }
}

/** Numbers of a tensor with the way they were stored; undefined for text and for types compared as bytes. */
export function tensorNumbers(
  tensor: OnnxTensor,
): { readonly values: ArrayLike<number>; readonly type: 'f32' | 'f64' | 'integer' } | undefined {
  const raw = Buffer.from(tensor.rawData, 'base64');
  const isRaw = raw.length > 0;
  switch (tensor.dataType) {
    case 1:
      return {
        values: isRaw ? read(raw, 4, (at) => raw.readFloatLE(at)) : tensor.floatData,
        type: 'f32',
      };
    case 11:
      return {
        values: isRaw ? read(raw, 8, (at) => raw.readDoubleLE(at)) : tensor.doubleData,
        type: 'f64',
      };
    case 6:
      return {
        values: isRaw ? read(raw, 4, (at) => raw.readInt32LE(at)) : tensor.int32Data,
        type: 'integer',
      };
    case 7: {
      const values = isRaw
        ? read(raw, 8, (at) => Number(raw.readBigInt64LE(at)))
        : tensor.int64Data.map(Number);
      return { values, type: 'integer' };
    }
    default:
      return undefined;
  }
}

function read(raw: Buffer, width: number, at: (offset: number) => number): readonly number[] {
  return Array.from({ length: Math.floor(raw.length / width) }, (_, index) => at(index * width));
}
