// Why a mirror did not give a file, and what is worth trying after it.

/**
 * - `again`: the same mirror, going on where it stopped (a broken connection, a busy server);
 * - `afresh`: the same mirror, from the first byte (what is on disk does not belong to what the mirror has);
 * - `elsewhere`: another mirror.
 */
export type NextTry = 'again' | 'afresh' | 'elsewhere'

/** One try that failed. Its message ends a sentence that began with the mirror's name: "no answer in 30 s". */
export class Failure extends Error {
  constructor(
    message: string,
    readonly next: NextTry,
    /** How long the server asked to wait, in milliseconds. */
    readonly wait = 0,
  ) {
    super(message)
  }
}

/** Codes of the network under an error of `fetch`, in words; with a host that cannot be reached no second try helps. */
const inWords: Record<string, [text: string, next: NextTry]> = {
  ENOTFOUND: ['host not found', 'elsewhere'],
  EAI_AGAIN: ['host not found', 'elsewhere'],
  ECONNREFUSED: ['connection refused', 'elsewhere'],
  ENETUNREACH: ['network not reachable', 'elsewhere'],
  EHOSTUNREACH: ['host not reachable', 'elsewhere'],
  CERT_HAS_EXPIRED: ['its certificate has expired', 'elsewhere'],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['its certificate is self-signed', 'elsewhere'],
  SELF_SIGNED_CERT_IN_CHAIN: ['its certificate is self-signed', 'elsewhere'],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ['its certificate cannot be verified', 'elsewhere'],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ['its certificate cannot be verified', 'elsewhere'],
  ERR_TLS_CERT_ALTNAME_INVALID: ['its certificate is for another host', 'elsewhere'],
  UND_ERR_CONNECT_TIMEOUT: ['no connection in time', 'again'],
  ECONNRESET: ['connection lost', 'again'],
  EPIPE: ['connection lost', 'again'],
  UND_ERR_SOCKET: ['connection lost', 'again'],
  ETIMEDOUT: ['connection lost', 'again'],
}

/** An error that `fetch` or the body of its answer threw, as a failure. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    // A host with several addresses fails with one error for each.
    const inner: unknown = at instanceof AggregateError ? at.errors[0] : undefined
    for (const candidate of [at, inner]) {
      if (!(candidate instanceof Error) || !('code' in candidate)) continue
      const known = inWords[String(candidate.code)]
      if (known !== undefined) return new Failure(...known)
    }
  }
  const innermost = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return new Failure(innermost instanceof Error ? innermost.message : String(innermost), 'again')
}
