// Instantiates the core in a browser, in place of `@assemblyscript/loader`: its functions take and give plain numbers, so nothing
// of the loader's is needed.

/** @returns `exports` of the module on these imports. */
export function instantiateSync(
  module: WebAssembly.Module,
  imports: WebAssembly.Imports,
): { exports: WebAssembly.Exports } {
  return new WebAssembly.Instance(module, imports)
}
