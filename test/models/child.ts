// Programs that use the library in a process of their own: memory, exit and leaks can only be seen there. The sources are
// transpiled into a directory of their own, because a test may run before `npm run build`.
import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const root = fileURLToPath(new URL('../..', import.meta.url))

export interface Outcome {
  code: number | null
  output: string
  errors: string
}

export interface Library {
  /** Runs a module that may import from './index.js'. @param flags of Node. */
  run(program: string, flags?: readonly string[]): Promise<Outcome>
  remove(): Promise<void>
}

/** The library, transpiled. */
export async function makeLibrary(): Promise<Library> {
  await mkdir(join(root, 'build'), { recursive: true })
  // Within the repository, so that its dependencies are found.
  const directory = await mkdtemp(join(root, 'build', 'child-'))
  const source = join(root, 'src')
  const files = (await readdir(source, { recursive: true })).filter((file) => file.endsWith('.ts'))
  for (const file of files) {
    const text = await readFile(join(source, file), 'utf8')
    const { outputText } = ts.transpileModule(text, {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
    })
    const to = join(directory, file.replace(/\.ts$/, '.js'))
    await mkdir(dirname(to), { recursive: true })
    await writeFile(to, outputText)
  }
  let programs = 0
  return {
    async run(program, flags = []) {
      const file = join(directory, `program-${String(++programs)}.mjs`)
      await writeFile(file, program)
      return runNode([...flags, file])
    },
    remove: () => rm(directory, { recursive: true }),
  }
}

function runNode(args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let errors = ''
    child.stdout.on('data', (chunk) => (output += String(chunk)))
    child.stderr.on('data', (chunk) => (errors += String(chunk)))
    child.on('error', reject)
    child.on('close', (code) => {
      resolve({ code, output, errors })
    })
  })
}
