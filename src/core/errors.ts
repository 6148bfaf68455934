// The errors that Lanewise throws on purpose. Each message says the rule, what was received and what to do.

/** What every error of Lanewise is made of. */
export interface ErrorParts {
  /** The rule that was broken, as a sentence without a full stop: "the batch size is a positive integer". */
  rule: string
  /** What came instead, as it would be read aloud: "0", "a file of 12 bytes". */
  received?: string
  /** What to do about it. */
  remedy?: string
  cause?: unknown
}

/**
 * Base of all errors thrown on purpose. `code` is stable across releases; the message is for people. Classes tell their names, which
 * minifiers change.
 */
export class LanewiseError extends Error {
  static override readonly name: string = 'LanewiseError'
  readonly code: string
  readonly rule: string
  readonly received: string | undefined
  readonly remedy: string | undefined

  constructor(code: string, parts: ErrorParts) {
    const received = parts.received === undefined ? '' : `; received ${parts.received}`
    const remedy = parts.remedy === undefined ? '' : `; ${parts.remedy}`
    super(`${parts.rule}${received}${remedy}`, parts.cause === undefined ? undefined : { cause: parts.cause })
    this.name = new.target.name
    this.code = code
    this.rule = parts.rule
    this.received = parts.received
    this.remedy = parts.remedy
  }
}

/** An argument or option out of its range or of the wrong kind. */
export class ArgumentError extends LanewiseError {
  static override readonly name: string = 'ArgumentError'
  constructor(parts: ErrorParts) {
    super('ERR_ARGUMENT', parts)
  }
}

/** Data whose values break a rule: NaN, a label out of range, no rows. */
export class DataError extends LanewiseError {
  static override readonly name: string = 'DataError'
  constructor(parts: ErrorParts) {
    super('ERR_DATA', parts)
  }
}

/** Data whose shape does not fit the model, or each other. */
export class ShapeError extends LanewiseError {
  static override readonly name: string = 'ShapeError'
  constructor(parts: ErrorParts) {
    super('ERR_SHAPE', parts)
  }
}

/** A file that is not what it says it is: wrong magic, truncated, inconsistent sizes. */
export class FormatError extends LanewiseError {
  static override readonly name: string = 'FormatError'
  /** The file's path or name, where it is known. */
  readonly file: string | undefined
  constructor(parts: ErrorParts & { file?: string }) {
    super('ERR_FORMAT', parts.file === undefined ? parts : { ...parts, rule: `${parts.file}: ${parts.rule}` })
    this.file = parts.file
  }
}

/** A data set or file that is not where it was looked for. */
export class NotFoundError extends LanewiseError {
  static override readonly name: string = 'NotFoundError'
  constructor(parts: ErrorParts) {
    super('ERR_NOT_FOUND', parts)
  }
}

/** A file that no server gave, or not the right one. */
export class NetworkError extends LanewiseError {
  static override readonly name: string = 'NetworkError'
  constructor(parts: ErrorParts) {
    super('ERR_NETWORK', parts)
  }
}

/** Training left the range in which it can learn; the model holds its last good weights. */
export class DivergenceError extends LanewiseError {
  static override readonly name: string = 'DivergenceError'
  /** 1-based epoch and step within it, and the layer that left the range first. */
  readonly epoch: number
  readonly step: number
  readonly layer: string
  /** What probably caused it, and what to do; as `History.hints`. */
  hints: readonly { code: string; message: string; remedy: string }[]
  constructor(
    parts: ErrorParts & { epoch: number; step: number; layer: string; hints?: DivergenceError['hints'] },
  ) {
    super('ERR_DIVERGENCE', parts)
    this.epoch = parts.epoch
    this.step = parts.step
    this.layer = parts.layer
    this.hints = parts.hints ?? []
  }
}

/** A thread died or stopped answering. */
export class WorkerError extends LanewiseError {
  static override readonly name: string = 'WorkerError'
  constructor(parts: ErrorParts) {
    super('ERR_WORKER', parts)
  }
}

/** The engine lacks something that Lanewise cannot do without, or ran out of memory. */
export class EngineError extends LanewiseError {
  static override readonly name: string = 'EngineError'
  constructor(parts: ErrorParts) {
    super('ERR_ENGINE', parts)
  }
}

/** A call that the model's present state does not allow (`predict` before `fit`, `fit` during `fit`). */
export class StateError extends LanewiseError {
  static override readonly name: string = 'StateError'
  constructor(parts: ErrorParts) {
    super('ERR_STATE', parts)
  }
}
