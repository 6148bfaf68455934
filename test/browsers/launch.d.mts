export const browserNames: string[]
export function missing(name: string): string | undefined
export function launch(name: string): Promise<unknown>
