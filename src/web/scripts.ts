// Programs of workers as addresses.

/** The address of a script with this text. */
export function scriptUrl(text: string): string {
  return URL.createObjectURL(new Blob([text], { type: 'text/javascript' }))
}
