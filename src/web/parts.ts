// The parts of the library that a page loads when it first needs them: files beside the main one. Each is one function without
// references to anything outside, as the library itself is, so that a worker's program can be put together from their texts. The
// build writes them (see build.mjs), and makes a call of `lazy` or `refused` of each dynamic import.
import { EngineError } from '../core/errors.js'
import { refuse } from './refuse.js'

/**
 * A part as it lies in its file. @param shared what parts have from each other and from the main file, by numbers of the build;
 * it adds what others have from it. @returns its modules, by numbers of the build.
 */
export type Part = (shared: unknown[]) => readonly unknown[]

/** The numbers of the parts that each part builds on; put in by the build. */
declare const PART_NEEDS: readonly (readonly number[])[]

let loaders: readonly ((() => Part | Promise<Part>) | undefined)[] = []
let mainShared: unknown[] = []
const started: (Promise<readonly unknown[]> | undefined)[] = []
const loaded: (Part | undefined)[] = []

/** Where the parts come from; called by the build's wrapper before anything else. */
export function connectParts(from: typeof loaders, shared: unknown[]): void {
  loaders = from
  mainShared = shared
}

/** A module of a part. @throws EngineError when the file of the part could not be loaded; the next call tries again. */
export async function lazy(part: number, module: number): Promise<unknown> {
  return (await start(part))[module]
}

/** The texts of the parts that are there: undefined for the others. */
export function loadedParts(): (string | undefined)[] {
  return Array.from(loaded, (part) => part?.toString())
}

/** In place of a module that is for Node: whatever is called of it says so. */
export function refused(): Promise<Record<string, () => never>> {
  const names: ProxyHandler<Record<string, () => never>> = {
    get: (_, name) => (name === 'then' ? undefined : refuse),
  }
  return Promise.resolve(new Proxy({}, names))
}

function start(part: number): Promise<readonly unknown[]> {
  return (started[part] ??= load(part).catch((cause: unknown) => {
    started[part] = undefined
    throw cause instanceof EngineError
      ? cause
      : new EngineError({
          rule: 'the files of the library lie beside each other',
          received: String(cause),
          remedy: 'serve all of dist/web, or let the bundler keep the chunks',
          cause,
        })
  }))
}

async function load(part: number): Promise<readonly unknown[]> {
  await Promise.all(PART_NEEDS[part]!.map(start))
  const run = await loaders[part]!()
  loaded[part] = run
  return run(mainShared)
}
