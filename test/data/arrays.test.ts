// Arrays in files, through the library's front door.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { encodeNpy, encodeNpz, readIdx, readNpy, readNpz } from '../../src/index.js'
import { idxBytes, temporaryFolder } from './idx-bytes.js'

it('are written and read as NPY, NPZ and IDX', async () => {
  const folder = temporaryFolder({ idx: idxBytes(0x0b, [2, 1], [0, 7, 0xff, 0xff]) })
  const weight = { data: Float32Array.of(1, 2.5, -0, 4, 5, 6), shape: [2, 3] }
  const labels = { data: Int32Array.of(3, -1), shape: [2] }
  const [npy, npz] = [join(folder, 'a.npy'), join(folder, 'a.npz')]
  writeFileSync(npy, await encodeNpy(weight, { fortranOrder: true }))
  expect(await readNpy(npy)).toEqual(weight)
  writeFileSync(
    npz,
    await encodeNpz(
      [
        ['w', weight],
        ['y', labels, { type: '<i8' }],
      ],
      { compress: true },
    ),
  )
  expect([...(await readNpz(npz))]).toEqual([
    ['w', weight],
    ['y', { data: Float64Array.of(3, -1), shape: [2] }],
  ])
  expect([...(await readNpz(npz, ['w'])).keys()]).toEqual(['w'])
  expect(await readIdx(join(folder, 'idx'))).toEqual({ data: Int16Array.of(7, -1), shape: [2, 1] })
})
