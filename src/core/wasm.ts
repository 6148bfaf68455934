// Loads a variant of the numerical core: compiles its bytes once a process, instantiates it on a memory. The only file
// that touches `@assemblyscript/loader`. Does not lay out memory and does not start threads.
import { instantiateSync } from '@assemblyscript/loader'
import type { KernelExports } from './binaries.js'
import { coreBytes } from './bytes.js'
import { ArgumentError, EngineError, StateError } from './errors.js'
import { selfCheck } from './self-check.js'

export type { KernelExports }

/** `strict`: the same bits on every engine. `fast`: fused multiply-add, where the engine has relaxed SIMD. */
export type Numerics = 'strict' | 'fast'

/** Bytes of one page of linear memory. */
export const pageBytes = 65536

const modules = new Map<string, WebAssembly.Module>()

/**
 * The compiled core. `fast` falls back to `strict` where the engine lacks relaxed SIMD; `resolveNumerics` tells.
 * @param shared whether it will run on shared memory; the same binary serves both, one flag byte apart.
 */
export function coreModule(numerics: Numerics, shared: boolean): WebAssembly.Module {
  const variant = resolveNumerics(numerics)
  const key = `${variant}/${String(shared)}`
  let module = modules.get(key)
  if (module === undefined) {
    module = compile(variantBytes(variant, shared))
    modules.set(key, module)
  }
  return module
}

let plainCore: WebAssembly.Module | undefined

/**
 * The kernels that read text, on plain memory. Apart from the core of models, so that reading data does not stand in the
 * way of `revectorize`.
 */
export function textKernels(memory: WebAssembly.Memory): KernelExports {
  plainCore ??= new WebAssembly.Module(variantBytes('strict', false))
  return instantiateCore(plainCore, memory)
}

/** The binary of the variant that `numerics` means here: what its identity is told by. */
export function coreBinary(numerics: Numerics): Uint8Array<ArrayBuffer> {
  return coreBytes(resolveNumerics(numerics))
}

let revectorized = false

/** Whether the core is compiled with 256-bit revectorization. */
export function isRevectorized(): boolean {
  return revectorized
}

/**
 * Lets the engine pack pairs of 128-bit operations into 256-bit ones: experimental in V8, for the whole process, with the
 * same bits. Before the first model. What is compiled then passes a self-check first.
 * @throws ArgumentError on anything but Node 24 or later on x64; StateError when a core has been compiled already.
 */
export function revectorize(): void {
  if (revectorized) return
  const { process } = globalThis as { process?: NodeJS.Process }
  const major = Number(process?.versions.node?.split('.')[0] ?? 0)
  if (major < 24 || process?.arch !== 'x64') {
    throw new ArgumentError({
      rule: 'revectorization needs Node 24 or later on x64',
      received: process === undefined ? 'another engine' : `Node ${process.version} on ${process.arch}`,
      remedy: 'leave revectorize out, or run a newer Node',
    })
  }
  if (modules.size > 0) {
    throw new StateError({
      rule: 'revectorization is chosen before the first model is compiled, for the whole process',
      received: 'a model that is there already',
      remedy: 'pass revectorize: true to the first model',
    })
  }
  setEngineFlag('--experimental-wasm-revectorize')
  // Only optimized code is packed: no baseline code from here on, so that the self-check is of what will run.
  setEngineFlag('--no-liftoff')
  // Inlining counts calls in baseline code, and Node 26 aborts when there is none.
  setEngineFlag('--no-wasm-inlining')
  revectorized = true
}

function compile(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module {
  if (!revectorized) return new WebAssembly.Module(bytes)
  const module = new WebAssembly.Module(bytes)
  const plain = new WebAssembly.Module(withoutSharing(bytes))
  selfCheck((memory) => instantiateCore(plain, memory))
  return module
}

/** The variant that will really run: `strict` when `fast` is asked for and the engine cannot. */
export function resolveNumerics(numerics: Numerics): Numerics {
  return numerics === 'fast' && hasRelaxedSimd() ? 'fast' : 'strict'
}

/** Exports of the core on `memory`. The core owns no memory: any number of instances may share one. */
export function instantiateCore(module: WebAssembly.Module, memory: WebAssembly.Memory): KernelExports {
  const { exports } = instantiateSync(module, { env: { memory } })
  return exports as unknown as KernelExports
}

/** A memory of at least `bytes`, that can grow to `maximumBytes` (default 4 GiB). */
export function createMemory(
  bytes: number,
  shared: boolean,
  maximumBytes = 65536 * pageBytes,
): WebAssembly.Memory {
  const initial = Math.max(1, Math.ceil(bytes / pageBytes))
  const maximum = Math.max(initial, Math.floor(maximumBytes / pageBytes))
  try {
    return new WebAssembly.Memory({ initial, maximum, shared })
  } catch (cause) {
    throw new EngineError({
      rule: 'the engine must be able to reserve linear memory for the model',
      received: `a refusal of ${String(initial)} pages of 64 KiB`,
      remedy: 'use a smaller model or batch, or fewer rows at a time',
      cause,
    })
  }
}

let relaxedSimd: boolean | undefined

/** Whether the engine validates relaxed SIMD and fuses its multiply-add. Node 20 needs its flag switched on first. */
function hasRelaxedSimd(): boolean {
  relaxedSimd ??= probeRelaxedSimd()
  return relaxedSimd
}

/** (1 + 2⁻¹²)² − (1 + 2⁻¹¹) is 2⁻²⁴ when the product is not rounded, and 0 when it is. */
function probeRelaxedSimd(): boolean {
  const bytes = Uint8Array.of(...fusingModule)
  if (!WebAssembly.validate(bytes)) setEngineFlag('--experimental-wasm-relaxed-simd')
  if (!WebAssembly.validate(bytes)) return false
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes))
  const madd = exports['madd'] as (a: number, b: number, c: number) => number
  return madd(1 + 2 ** -12, 1 + 2 ** -12, -(1 + 2 ** -11)) !== 0
}

/**
 * Asks the engine what it does before the core is compiled. One function: `(func (export "madd") (param f32 f32 f32) (result f32)
 * (f32x4.extract_lane 0 (f32x4.relaxed_madd (f32x4.splat (local.get 0)) (f32x4.splat (local.get 1)) (f32x4.splat (local.get 2)))))`.
 */
// prettier-ignore
const fusingModule = [
  0, 97, 115, 109, 1, 0, 0, 0, // magic, version
  1, 8, 1, 96, 3, 125, 125, 125, 1, 125, // its type
  3, 2, 1, 0, 7, 8, 1, 4, 109, 97, 100, 100, 0, 0, // the function, its export
  10, 22, 1, 20, 0, 32, 0, 253, 19, 32, 1, 253, 19, 32, 2, 253, 19, 253, 133, 2, 253, 31, 0, 11, // its code
]

function variantBytes(variant: Numerics, shared: boolean): Uint8Array<ArrayBuffer> {
  const bytes = coreBytes(variant)
  return shared ? bytes : withoutSharing(bytes)
}

/** The same binary for plain memory: turns the memory import's limits flag from "shared, with maximum" (3) to "with maximum" (1). */
function withoutSharing(shared: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(shared)
  const name = new TextEncoder().encode('memory')
  for (let at = 8; at < bytes.length - name.length - 2; at++) {
    const kind = at + name.length
    if (
      name.every((byte, i) => bytes[at + i] === byte) &&
      bytes[kind] === 2 &&
      (bytes[kind + 1]! | 2) === 3
    ) {
      bytes[kind + 1] = 1
      return bytes
    }
  }
  throw new EngineError({
    rule: 'the core imports a shared memory',
    received: 'a binary without that import',
  })
}

/** Sets a V8 flag where there is one to set (Node); elsewhere does nothing. Process-wide. */
export function setEngineFlag(flag: string): void {
  const v8 = globalThis.process?.getBuiltinModule?.('node:v8')
  v8?.setFlagsFromString(flag)
}
