type Build = (folder: string) => Promise<void>
export const withEsbuild: Build
export const withEsbuildInOneFile: Build
export const withRollup: Build
export const withWebpack: Build
export const withVite: Build
export function serveWithVite(cacheDir: string): Promise<{ url: string; close(): Promise<void> }>
