// Options that were given, out of those that could have been.

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

/** `values` without the properties that are undefined. */
export function given<T extends object>(values: T): Given<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Given<T>
}
