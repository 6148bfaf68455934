// The library in a main file and parts that it loads when it first needs them. Bundlers split into modules that import each other;
// here each file is one function, so that workers can be made of their texts (see parts.ts). A function gives others what they
// need of it in one array, `shared`, by numbers.
import { bundle, exportsOfModule } from './bundle.mjs'

/** Functions alone, and few: they may be in several parts. */
const small = ['core/formats/half.js']

/**
 * @param entry text of the main module. @param parts `name`, `roots`: the modules that are imported dynamically, `needs`: names of
 *   parts before it whose modules it uses.
 * @returns `main` and `parts`: code that assigns to `lanewise`.
 */
export async function libraryInParts(entry, parts, define) {
  const needs = parts.map((part) => withTheirs(part, parts))
  const options = {
    define: { ...define, PART_NEEDS: JSON.stringify(needs) },
    lazy: (file) => {
      const part = parts.findIndex(({ roots }) => roots.includes(file))
      if (part < 0) throw new Error(`${file} is imported dynamically and belongs to no part of the library`)
      return `$lazy(${String(part)},${String(parts[part].roots.indexOf(file))})`
    },
  }
  // What parts take from the main file stays in it, and may bring more into it: until nothing comes any more.
  let fromMain = new Set()
  for (;;) {
    const { files: main } = await bundle(mainEntry(entry, numbered(fromMain)), { ...options, inspect: true })
    const found = await inspectParts(parts, needs, main, options)
    const wanted = new Set(found.flatMap(({ uses }) => [...uses]))
    const before = fromMain.size
    fromMain = new Set([...fromMain, ...[...wanted].filter((key) => main.includes(fileOf(key)))])
    if (fromMain.size === before) return assemble(entry, parts, { found, main, wanted, options })
  }
}

/** What each part holds and what it takes from others, as `file#name`. */
async function inspectParts(parts, needs, main, options) {
  const found = []
  for (const [p, { name, roots }] of parts.entries()) {
    const theirs = new Set([...main, ...needs[p].flatMap((other) => found[other].files)])
    const shared = async (file) => {
      if (!theirs.has(file)) return undefined
      const names = await exportsOfModule(file)
      return names.map((n) => `export const ${n} = /* @__PURE__ */ SHARED('${file}#${n}')`).join('\n')
    }
    const { code, files } = await bundle(partEntry(roots), { ...options, shared, inspect: true })
    const twice = files.find(
      (file) => !small.includes(file) && found.some((other) => other.files.includes(file)),
    )
    if (twice !== undefined) {
      throw new Error(
        `${twice} would be in ${name} and in another part: two of each class and variable in it`,
      )
    }
    found.push({ files, theirs, uses: new Set(code.match(/(?<=SHARED\(["'])[^"']+/g)) })
  }
  return found
}

async function assemble(entry, parts, { found, main, wanted, options }) {
  const numbers = numbered(wanted)
  const given = (files) => new Map([...numbers].filter(([key]) => files.includes(fileOf(key))))
  const code = []
  for (const [p, { roots }] of parts.entries()) {
    const { files, theirs, uses } = found[p]
    const shared = (file) => {
      if (!theirs.has(file)) return undefined
      const taken = [...uses].filter((key) => key.startsWith(`${file}#`))
      return taken.map((key) => `export const ${key.split('#')[1]} = S[${numbers.get(key)}]`).join('\n')
    }
    code.push(await bundle(partEntry(roots, given(files)), { ...options, shared }))
  }
  return { main: await bundle(mainEntry(entry, given(main)), options), parts: code }
}

function mainEntry(entry, given) {
  return `${entry}\nexport const shared = []\n${sharing(given, 'shared')}`
}

function partEntry(roots, given = new Map()) {
  const imports = roots.map((file, i) => `import * as m${String(i)} from './${file}'`)
  return `${imports.join('\n')}
    export const modules = [${roots.map((_, i) => `m${String(i)}`).join()}]
    ${sharing(given, 'S')}`
}

function sharing(given, array) {
  const lines = [...given].map(([key, number]) => {
    const [file, name] = key.split('#')
    return `import { ${name} as s${number} } from './${file}'; ${array}[${number}] = s${number}`
  })
  return lines.join('\n')
}

/** Of `file#name`. */
function fileOf(key) {
  return key.split('#')[0]
}

function numbered(wanted) {
  return new Map([...wanted].sort().map((key, number) => [key, String(number)]))
}

/** The numbers of the parts that a part needs, theirs too. */
function withTheirs({ needs = [] }, parts) {
  const numbers = needs.map((name) => parts.findIndex((other) => other.name === name))
  return [...new Set(numbers.flatMap((n) => [...withTheirs(parts[n], parts), n]))]
}
