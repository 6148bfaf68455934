export function serve(
  content: { folders: Record<string, string>; pages?: Record<string, string> },
  options?: { isolated?: boolean; headers?: Record<string, string> },
): Promise<{ url: string; close: () => Promise<void> }>
