// The one error of this room, which imports nothing from the core: the message has the same three parts as theirs.

/** Data that no report can be made of. */
export class ReportError extends RangeError {
  readonly code = 'ERR_REPORT'
  readonly rule: string
  readonly received: string
  readonly remedy: string

  constructor(parts: { rule: string; received: string; remedy: string }) {
    super(`${parts.rule}; received ${parts.received}; ${parts.remedy}`)
    this.name = 'ReportError'
    this.rule = parts.rule
    this.received = parts.received
    this.remedy = parts.remedy
  }
}
