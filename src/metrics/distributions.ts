// Tails and quantiles of the distributions behind tests and intervals: normal, chi-squared with one degree of freedom,
// Student's t, binomial. Relative error some 1e-12 where it matters.

/** P(|Z| > |z|) for a standard normal Z. */
export function normalTwoSided(z: number): number {
  return erfc(Math.abs(z) / Math.SQRT2)
}

/** P(X > x) for chi-squared with one degree of freedom. */
export function chiSquaredTail(x: number): number {
  return erfc(Math.sqrt(Math.max(0, x) / 2))
}

/** P(|T| > |t|) for Student's t with `degrees` degrees of freedom. */
export function studentTwoSided(t: number, degrees: number): number {
  if (!Number.isFinite(t)) return Number.isNaN(t) ? NaN : 0
  return incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5)
}

/** The z below which a standard normal lies with probability p, 0 < p < 1. */
export function normalQuantile(p: number): number {
  return inverse((z) => (z < 0 ? normalTwoSided(z) / 2 : 1 - normalTwoSided(z) / 2), p)
}

/** The t below which Student's t lies with probability p, 0 < p < 1. */
export function studentQuantile(p: number, degrees: number): number {
  return inverse((t) => {
    const tail = studentTwoSided(t, degrees) / 2
    return t < 0 ? tail : 1 - tail
  }, p)
}

/** Two-sided p-value of k successes in n fair trials. */
export function fairBinomialTwoSided(k: number, n: number): number {
  const fewer = Math.min(k, n - k)
  let tail = 0
  for (let i = 0; i <= fewer; i++) {
    tail += Math.exp(logGamma(n + 1) - logGamma(i + 1) - logGamma(n - i + 1) - n * Math.LN2)
  }
  return Math.min(1, 2 * tail)
}

/** Solves cdf(x) = p for a rising cdf with median 0. */
function inverse(cdf: (x: number) => number, p: number): number {
  if (p < 0.5) return -inverse(cdf, 1 - p)
  let low = 0
  let high = 1
  while (cdf(high) < p) high *= 2
  for (let i = 0; i < 200 && high - low > 1e-15 * high; i++) {
    const middle = (low + high) / 2
    if (cdf(middle) < p) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** Complementary error function of x ≥ 0: power series below 2, continued fraction above (Abramowitz and Stegun 7.1.6, 7.1.14). */
function erfc(x: number): number {
  if (x < 2) {
    let term = x
    let sum = x
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= (2 * x * x) / (2 * n + 1)
      sum += term
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum
  }
  let fraction = x
  for (let n = 100; n >= 1; n--) fraction = x + n / 2 / fraction
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction
}

/**
 * Regularized incomplete beta function: the continued fraction of Abramowitz and Stegun 26.5.8, evaluated by Lentz's method
 * (Thompson and Barnett 1986).
 */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0 || x >= 1) return x <= 0 ? 0 : 1
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a)
  const front =
    Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a
  const tiny = 1e-300
  const awayFromZero = (value: number) => (Math.abs(value) < tiny ? tiny : value)
  let c = 1
  let d = 0
  let value = tiny
  for (let i = 0; i < 1000; i++) {
    const m = Math.floor(i / 2)
    const odd = i % 2 === 1
    const numerator =
      i === 0
        ? 1
        : odd
          ? (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
          : (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / awayFromZero(1 + numerator * d)
    c = i === 0 ? 1 / tiny : awayFromZero(1 + numerator / c)
    value *= i === 0 ? d / tiny : c * d
    if (i > 0 && Math.abs(c * d - 1) < 1e-16) break
  }
  return front * value
}

/** ln Γ(x) for x > 0: Stirling's series after shifting x above 10. */
function logGamma(x: number): number {
  let shift = 0
  let z = x
  while (z < 10) shift += Math.log(z++)
  const w = 1 / (z * z)
  const series = (1 / 12 - w * (1 / 360 - w * (1 / 1260 - w * (1 / 1680 - w / 1188)))) / z
  return (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series - shift
}
