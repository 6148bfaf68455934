// Writes a stack of dense layers as an ONNX model: Gemm, Relu, …, Gemm, Softmax. A protobuf message is a row of fields, each
// a key (number and wire type) and a value; that is all that is needed of it.
// Source of the field numbers: onnx.proto of ONNX 1.14 (IR version 8, operator set 13).

/**
 * @param tensors weight `[in, out]` then bias `[out]`, layer by layer, as `weights()` lists them.
 * @returns the file's bytes; input `x` is `[n, in]`, output `y` `[n, out]`, both float32.
 */
export function onnxModel(tensors) {
  const layers = tensors.length / 2
  const nodes = []
  let value = 'x'
  for (let i = 0; i < layers; i++) {
    nodes.push(node('Gemm', [value, `w${String(i)}`, `b${String(i)}`], `z${String(i)}`))
    value = i === layers - 1 ? 'y' : `a${String(i)}`
    nodes.push(node(i === layers - 1 ? 'Softmax' : 'Relu', [`z${String(i)}`], value))
  }
  const initializers = tensors.map(({ shape, data }, i) =>
    message([
      ...shape.map((size) => integer(1, size)),
      integer(2, floatType),
      text(8, `${i % 2 === 0 ? 'w' : 'b'}${String(i >> 1)}`),
      bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
    ]),
  )
  const graph = message([
    ...nodes.map((content) => bytes(1, content)),
    text(2, 'mlp'),
    ...initializers.map((content) => bytes(5, content)),
    bytes(11, valueInfo('x', tensors[0].shape[0])),
    bytes(12, valueInfo('y', tensors.at(-1).shape[0])),
  ])
  const operatorSet = message([text(1, ''), integer(2, 13)])
  return message([integer(1, 8), text(2, 'lanewise-bench'), bytes(7, graph), bytes(8, operatorSet)])
}

/** TensorProto.DataType.FLOAT */
const floatType = 1

function node(operator, inputs, output) {
  return message([...inputs.map((name) => text(1, name)), text(2, output), text(4, operator)])
}

/** A float matrix with any number of rows. */
function valueInfo(name, columns) {
  const shape = message([bytes(1, message([text(2, 'n')])), bytes(1, message([integer(1, columns)]))])
  const tensorType = message([integer(1, floatType), bytes(2, shape)])
  return message([text(1, name), bytes(2, message([bytes(1, tensorType)]))])
}

function message(fields) {
  return Buffer.concat(fields)
}

function integer(field, value) {
  return Buffer.from([...varint(field << 3), ...varint(value)])
}

function text(field, value) {
  return bytes(field, Buffer.from(value, 'utf8'))
}

function bytes(field, content) {
  return Buffer.concat([Buffer.from([...varint((field << 3) | 2), ...varint(content.length)]), content])
}

/** Seven bits a byte, the lowest first; the top bit says that more follow. */
function varint(value) {
  const out = []
  for (; value > 127; value = Math.floor(value / 128)) out.push((value % 128) | 128)
  out.push(value)
  return out
}
