// Runs the recipe with whatever engine runs this file, and prints its digest. Arguments: numerics, threads, and `revectorize`
// where that is wanted. Needs `npm run build`.
import { argv, exit } from 'node:process'
import * as lanewise from '../../dist/index.js'
import { trainRecipe } from './recipe.mjs'

const [numerics, threads, revectorize] = argv.slice(2)
console.log(
  await trainRecipe(lanewise, {
    numerics,
    threads: Number(threads),
    revectorize: revectorize === 'revectorize',
  }),
)
// Engines differ in whether idle workers keep a process alive.
exit(0)
