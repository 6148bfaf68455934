// Float64 references of what `Math` lacks, and a comparison by bits, for the kernel tests.

/** Error function, to about 1e-15: the Taylor series up to 2.5, the continued fraction of erfc beyond. */
export function erf(x: number): number {
  const a = Math.abs(x)
  if (Number.isNaN(x) || a === 0) return x
  return Math.sign(x) * (a < 2.5 ? erfSeries(a) : 1 - erfcFraction(a))
}

/** Complementary error function, with full relative accuracy in its right tail. */
export function erfc(x: number): number {
  return x < 2.5 ? 1 - erf(x) : erfcFraction(x)
}

function erfSeries(x: number): number {
  let term = x
  let sum = x
  for (let k = 1; Math.abs(term) > 1e-18 * Math.abs(sum) && k < 200; k++) {
    term *= -(x * x) / k
    sum += term / (2 * k + 1)
  }
  return (2 / Math.sqrt(Math.PI)) * sum
}

function erfcFraction(x: number): number {
  let fraction = x
  for (let k = 120; k >= 1; k--) fraction = x + k / 2 / fraction
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction
}

export const sigmoid = (x: number) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)))

export const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))

/** The bytes of an array as text, to compare results bit for bit (cheaper than comparing large arrays by element). */
export function bits(values: Float32Array | Float64Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64')
}
