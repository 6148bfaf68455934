// Scaling of regression targets: the network learns (target − center) / scale, everything that a user sees is in the
// target's own units but the loss, which is that of the scaled targets.
import type { TargetScaling } from '../core/state.js'
import { standardMap } from '../data/transforms/fit-map.js'
import type { EncodedTargets } from './targets.js'

/** Mean and standard deviation of each target, over the given rows of it. */
export function fitTargetScaling(
  { data, rows, columns }: EncodedTargets,
  picked?: Uint32Array,
): TargetScaling {
  const chosen = picked ?? Uint32Array.from({ length: rows }, (_, row) => row)
  const maps = Array.from({ length: columns }, (_, column) => {
    return standardMap(Float64Array.from(chosen, (row) => data[row * columns + column]!))
  })
  return { center: maps.map(({ center }) => center), scale: maps.map(({ scale }) => scale) }
}

/** Targets as the network learns them. */
export function scaleTargets(targets: EncodedTargets, scaling: TargetScaling | undefined): EncodedTargets {
  if (scaling === undefined || targets.byClass) return targets
  const { center, scale } = scaling
  const { columns } = targets
  const data = targets.data.map((value, i) => (value - center[i % columns]!) / scale[i % columns]!)
  return { ...targets, data }
}

/** Turns the first `length` outputs, row-major, into the target's own units, in place. */
export function unscaleOutputs(
  outputs: Float32Array,
  scaling: TargetScaling | undefined,
  length = outputs.length,
): void {
  if (scaling === undefined) return
  const { center, scale } = scaling
  const columns = center.length
  for (let i = 0; i < length; i++) outputs[i] = outputs[i]! * scale[i % columns]! + center[i % columns]!
}
