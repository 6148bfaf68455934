import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { ArgumentError, DataError, NotFoundError } from '../../src/core/errors.js'
import { writeFileAtomic } from '../../src/persist/atomic.js'
import { loadModel, saveModel } from '../../src/persist/file.js'
import { expectSame, randomState } from './states.js'

const failures = vi.hoisted(() => ({ rename: false }))
vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs/promises')>()
  const rename: typeof original.rename = async (from, to) => {
    if (failures.rename) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
    await original.rename(from, to)
  }
  return { ...original, rename }
})

let directory = ''
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lanewise-persist-'))
})
afterAll(async () => {
  await rm(directory, { recursive: true })
})

describe('models in files', () => {
  it.each(['model.safetensors', 'params.txt', 'model.json', 'UPPER.SAFETENSORS'])(
    'saves and loads %s',
    async (name) => {
      const path = join(directory, name)
      const state = randomState(5)
      await saveModel(path, randomState(6))
      await saveModel(path, state)
      expectSame(await loadModel(path), state)
    },
  )

  it('takes the format from the content when loading', async () => {
    await saveModel(join(directory, 'a.json'), randomState(5))
    await writeFile(join(directory, 'a.model'), await readFile(join(directory, 'a.json')))
    expectSame(await loadModel(join(directory, 'a.model')), randomState(5))
  })

  it('refuses other endings', async () => {
    const saving = saveModel(join(directory, 'model.pt'), randomState(5))
    await expect(saving).rejects.toThrow(ArgumentError)
    await expect(saving).rejects.toThrow(/ends in \.safetensors, \.txt, \.json; received .*model\.pt/)
  })

  it('says what is not there', async () => {
    await expect(loadModel(join(directory, 'none.txt'))).rejects.toThrow(NotFoundError)
    await expect(loadModel(directory)).rejects.toThrow(/may be read.*EISDIR/)
    await expect(saveModel(join(directory, 'none', 'a.txt'), randomState(5))).rejects.toThrow(NotFoundError)
  })

  it('leaves the old file alone when the model cannot be written', async () => {
    const path = join(directory, 'kept.txt')
    await saveModel(path, randomState(5))
    const bad = { ...randomState(5), weights: [{ name: 'w', shape: [1], data: Float32Array.of(NaN) }] }
    await expect(saveModel(path, bad)).rejects.toThrow(DataError)
    expectSame(await loadModel(path), randomState(5))
  })
})

describe('writeFileAtomic', () => {
  it('keeps the old content and leaves no temporary file when the system fails', async () => {
    const home = await mkdtemp(join(directory, 'full-'))
    await writeFileAtomic(join(home, 'a.txt'), 'old')
    failures.rename = true
    await expect(writeFileAtomic(join(home, 'a.txt'), 'new')).rejects.toThrow(/ENOSPC/)
    failures.rename = false
    expect(await readdir(home)).toEqual(['a.txt'])
    expect(await readFile(join(home, 'a.txt'), 'utf8')).toBe('old')
  })

  it('writes through a symbolic link', async () => {
    await writeFile(join(directory, 'real.txt'), 'old')
    await symlink('real.txt', join(directory, 'link.txt'))
    await writeFileAtomic(join(directory, 'link.txt'), 'new')
    expect(await readFile(join(directory, 'real.txt'), 'utf8')).toBe('new')
  })

  it('refuses what is not a file', async () => {
    await expect(writeFileAtomic(directory, 'text')).rejects.toThrow(/is a file; received .* something else/)
    await writeFile(join(directory, 'plain'), '')
    await expect(writeFileAtomic(join(directory, 'plain', 'a'), 'text')).rejects.toThrow(NotFoundError)
  })

  it.skipIf(process.platform === 'win32' || process.getuid?.() === 0)(
    'says when it may not write',
    async () => {
      const locked = join(directory, 'locked')
      await mkdir(locked)
      await chmod(locked, 0o500)
      await expect(writeFileAtomic(join(locked, 'a.txt'), 'text')).rejects.toThrow(/may be written.*EACCES/)
    },
  )

  it('leaves one whole content when many write at once', async () => {
    const path = join(directory, 'race.txt')
    const contents = Array.from({ length: 20 }, (_, i) => String(i).repeat(1000))
    await Promise.all(contents.map((content) => writeFileAtomic(path, content)))
    expect(contents).toContain(await readFile(path, 'utf8'))
    expect((await readdir(directory)).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })
})
