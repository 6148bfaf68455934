// The one error of this room. It imports nothing from the other rooms, so that metrics can be used on their own; the
// message has the same three parts as theirs: the rule, what was received, what to do.

/** Labels or values that a metric cannot be computed from. */
export class MetricError extends RangeError {
  readonly code = 'ERR_METRIC'
  readonly rule: string
  readonly received: string
  readonly remedy: string

  constructor(parts: { rule: string; received: string; remedy: string }) {
    super(`${parts.rule}; received ${parts.received}; ${parts.remedy}`)
    this.name = 'MetricError'
    this.rule = parts.rule
    this.received = parts.received
    this.remedy = parts.remedy
  }
}

/** Throws unless both have the same length, which is at least one. */
export function requirePairs(yTrue: ArrayLike<unknown>, yPred: ArrayLike<unknown>): void {
  if (yTrue.length === yPred.length && yTrue.length > 0) return
  throw new MetricError({
    rule: 'yTrue and yPred have the same length, at least 1',
    received: `${String(yTrue.length)} true and ${String(yPred.length)} predicted values`,
    remedy: 'pass one prediction for each row',
  })
}
