// A check of the core's kernels by small problems with known answers, for engine features that are experimental: run before
// such a core is trusted. Products are of small integers, so that their answers are exact; the rest is held to float64.
import { EngineError } from './errors.js'
import { createMemory, type KernelExports } from './wasm.js'

const rows = 14
const depth = 37
const panel = (r: number) => r * 16

/** @throws EngineError that names the first kernel with a wrong answer. */
export function selfCheck(instantiate: (memory: WebAssembly.Memory) => KernelExports): void {
  const memory = createMemory(1 << 18, false)
  const core = instantiate(memory)
  const f32 = new Float32Array(memory.buffer)
  // Addresses in floats, 16 KiB apart.
  const [A, B, C, D, bias] = [1, 2, 3, 4, 5].map((i) => i * 4096) as [number, number, number, number, number]
  const integer = (i: number) => ((i * 7919) % 17) - 8
  const clear = () => f32.fill(0)

  for (const tile of [0, 1, 2]) {
    clear()
    for (let p = 0; p < 3; p++)
      for (let i = 0; i < panel(rows); i++) f32[A + p * panel(rows) + i] = integer(i + 31 * p)
    for (let i = 0; i < panel(depth); i++) f32[B + i] = integer(i + 5)
    for (let n = 0; n < 16; n++) f32[bias + n] = integer(n)
    core.rowsPanel(4 * C, 4 * A, 4 * panel(rows), 4 * B, rows, depth, 4 * bias, 0, tile)
    for (let r = 0; r < rows; r++) {
      for (let n = 0; n < 16; n++) {
        let sum = 0
        for (let k = 0; k < depth; k++) {
          sum += f32[A + (k >> 4) * panel(rows) + r * 16 + (k & 15)]! * f32[B + k * 16 + n]!
        }
        expect('rowsPanel', f32[C + r * 16 + n]!, Math.max(0, sum + f32[bias + n]!), 0)
      }
    }
    core.transPanel(4 * D, 4 * A, 4 * panel(rows), 4 * B, 0, 16, rows, tile)
    for (let k = 0; k < 16; k++) {
      for (let n = 0; n < 16; n++) {
        let sum = 0
        for (let b = 0; b < rows; b++) sum += f32[A + b * 16 + k]! * f32[B + b * 16 + n]!
        expect('transPanel', f32[D + k * 16 + n]!, sum, 0)
      }
    }
  }
  checkSparse(core, memory, f32, { A, B, C, D, bias, integer })
  checkOptimizer(core, f32, { A, B, C, D, bias })
  checkActivations(core, f32, A, B)
}

function checkSparse(
  core: KernelExports,
  memory: WebAssembly.Memory,
  f32: Float32Array,
  {
    A,
    B,
    C,
    D,
    bias,
    integer,
  }: { A: number; B: number; C: number; D: number; bias: number; integer: (i: number) => number },
): void {
  const words = new Uint32Array(memory.buffer)
  f32.fill(0)
  const entries = 11
  for (let i = 0; i < 256; i++) f32[D + i] = i
  for (let i = 0; i < 2 * panel(depth); i++) f32[B + i] = integer(i)
  const [first, second] = [4 * B, 4 * (B + panel(depth))]
  const at = (row: number, n: number) => f32[B + (n >> 4) * panel(depth) + row * 16 + (n & 15)]!
  // Pairs of features: the even one has i + 1, the odd one 2 i.
  for (let i = 0; i < entries; i++) words[A + i] = (i << 16) | ((2 * i) << 8) | (i + 1)
  core.clearRows(4 * C, 2)
  core.sparseRow32(4 * C, 4 * (C + 16), 4 * A, 4 * (A + entries), 4 * D, first, second)
  for (let n = 0; n < 32; n++) {
    let sum = 0
    for (let i = 0; i < entries; i++) sum += (i + 1) * at(2 * i, n) + 2 * i * at(2 * i + 1, n)
    expect('sparseRow32', f32[C + n]!, sum, 0)
  }
  for (let i = 0; i < entries; i++) words[A + i] = ((3 * i) << 16) | ((2 * i) << 8) | (i + 1)
  core.sparseColumns(4 * C, 128, 4 * A, 4 * (A + entries), 4 * D, first, second - first, 2)
  for (let n = 0; n < 32; n++) {
    let even = 0
    let odd = 0
    for (let i = 0; i < entries; i++) {
      even += (i + 1) * at(3 * i, n)
      odd += 2 * i * at(3 * i, n)
    }
    const out = C + (n >> 4) * 32 + (n & 15)
    expect('sparseColumns', f32[out]!, even, 0)
    expect('sparseColumns', f32[out + 16]!, odd, 0)
  }
  checkSparseAdam(core, memory, f32, { A, C, D, dz: first, gradient: [C, C + 16], bias })
}

/** Adam fused with the gradient that stands at `gradient` (even, odd), for a list of 11 entries and an empty one. */
function checkSparseAdam(
  core: KernelExports,
  memory: WebAssembly.Memory,
  f32: Float32Array,
  {
    A,
    C,
    D,
    dz,
    gradient,
    bias,
  }: { A: number; C: number; D: number; dz: number; gradient: [number, number]; bias: number },
): void {
  const [lists, counts, roots, m, v, w] = [A, A + 2048, C + 512, C + 1024, C + 1536, C + 2048] as const
  new Uint16Array(memory.buffer, 4 * counts, 2).set([11, 0])
  const [rate, epsilon, beta1, beta2] = [1e-2, 1e-6, 0.9, 0.999].map(Math.fround) as [
    number,
    number,
    number,
    number,
  ]
  f32.set([rate, epsilon, beta1, beta2, 1, 0, 0, 0], bias)
  const g = Array.from({ length: 64 }, (_, i) => (i < 32 ? f32[gradient[i >> 4]! + (i & 15)]! : 0))
  for (let i = 0; i < 64; i++) {
    f32[m + i] = i / 64 - 0.4
    f32[v + i] = (i + 1) / 64
    f32[w + i] = 0.3 - i / 128
  }
  core.sparseColumnsAdam(4 * roots, 4 * lists, 2048, 4 * counts, 2, 4 * D, dz, 4 * m, 4 * v, 4 * bias)
  core.finishAdamStep(4 * w, 4 * roots, 4 * m, 64, 4 * bias)
  g.forEach((gradient, i) => {
    const first = beta1 * (i / 64 - 0.4) + gradient
    const second = (beta2 * (i + 1)) / 64 + gradient ** 2
    expect('sparseColumnsAdam', f32[m + i]!, first, 1e-5)
    expect('sparseColumnsAdam', f32[v + i]!, second, 1e-5)
    expect(
      'finishAdamStep',
      f32[w + i]!,
      0.3 - i / 128 - (rate * first) / (Math.sqrt(second) + epsilon),
      1e-5,
    )
  })
}

function checkOptimizer(
  core: KernelExports,
  f32: Float32Array,
  { A, B, C, D, bias }: { A: number; B: number; C: number; D: number; bias: number },
): void {
  const n = 48
  const value = (i: number, salt: number) => Math.fround((((i + 1) * (salt + 2) * 37) % 101) / 101 - 0.4)
  // Adam has a kernel of its own for steps that flush nothing.
  for (const tiny of [1e-30, 0]) {
    const scalars = [1e-2, 1e-6, 0.9, 0.999, 1, 0, 0, tiny].map(Math.fround)
    f32.set(scalars, bias)
    for (let i = 0; i < n; i++) {
      f32[A + i] = value(i, 1)
      f32[B + i] = value(i, 2)
      f32[C + i] = value(i, 3)
      f32[D + i] = Math.abs(value(i, 4))
    }
    core.optimizerStep(5, 4 * A, 4 * B, 4 * C, 4 * D, n, 4 * bias)
    const [rate, epsilon, beta1, beta2] = scalars as [number, number, number, number]
    for (let i = 0; i < n; i++) {
      const m = beta1 * value(i, 3) + value(i, 2)
      const v = beta2 * Math.abs(value(i, 4)) + value(i, 2) ** 2
      expect('adam', f32[A + i]!, value(i, 1) - (rate * m) / (Math.sqrt(v) + epsilon), 1e-5)
    }
  }
}

function checkActivations(core: KernelExports, f32: Float32Array, A: number, B: number): void {
  const n = 64
  const x = (i: number) => Math.fround((i - 31.5) / 6)
  const references: [number, (x: number) => number][] = [
    [1, (v) => Math.max(v, 0)],
    [4, (v) => 1 / (1 + Math.exp(-v))],
    [5, Math.tanh],
    [8, (v) => v / (1 + Math.exp(-v))],
    [9, (v) => Math.log1p(Math.exp(v))],
  ]
  for (const [kind, reference] of references) {
    for (let i = 0; i < n; i++) f32[A + i] = x(i)
    core.activationForward(kind, 4 * B, 4 * A, n, 0)
    for (let i = 0; i < n; i++) expect(`activation ${String(kind)}`, f32[B + i]!, reference(x(i)), 1e-5)
  }
}

function expect(kernel: string, actual: number, expected: number, tolerance: number): void {
  if (Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected))) return
  throw new EngineError({
    rule: 'a core with experimental engine features gives the right answers to a check at start',
    received: `${String(actual)} for ${String(expected)} from ${kernel}`,
    remedy: 'leave revectorize out on this engine',
  })
}
