// Progress of a download on standard error: a line that is redrawn in place on a terminal, nothing anywhere else (the
// command prints a line for each file that is done).
import { basename } from 'node:path'
import { drawBar, formatTime, type ProgressStream } from './progress.js'

export interface DownloadStep {
  path: string
  /** The host that sends; undefined while an archive is unpacked. */
  host: string | undefined
  received: number
  total: number | undefined
}

export interface DownloadDisplay {
  /** Cheap: it draws at most ten times a second. */
  show(step: DownloadStep): void
  /** Takes the line away, before other text or at the end. */
  erase(): void
}

const redrawMilliseconds = 100
/** Speed is that of the last seconds, not of the whole time: connections come and go. */
const speedMilliseconds = 5000

export function createDownloadProgress(stream: ProgressStream, quiet: boolean): DownloadDisplay {
  if (quiet || stream.isTTY !== true || process.env['TERM'] === 'dumb') {
    return { show: () => undefined, erase: () => undefined }
  }
  let drawn = false
  let drawnAt = -Infinity
  let seen: { key: string; points: { at: number; received: number }[] } = { key: '', points: [] }
  return {
    show(step) {
      const now = performance.now()
      if (now - drawnAt < redrawMilliseconds) return
      drawnAt = now
      const key = `${step.path} ${step.host ?? ''}`
      const last = seen.points.at(-1)
      if (seen.key !== key || (last !== undefined && step.received < last.received))
        seen = { key, points: [] }
      seen.points = [
        ...seen.points.filter(({ at }) => now - at < speedMilliseconds),
        { at: now, received: step.received },
      ]
      const first = seen.points[0]!
      const speed = now > first.at ? ((step.received - first.received) / (now - first.at)) * 1000 : undefined
      // One column stays free: a full line makes some terminals wrap, and the next redraw would leave it behind.
      stream.write(`\r${stepLine(step, speed, (stream.columns || 80) - 1)}\u001b[K`)
      drawn = true
    },
    erase() {
      if (drawn) stream.write('\r\u001b[K')
      drawn = false
    },
  }
}

/** `train-images.gz [====>    ] 4.2 of 9.9 MB  1.3 MB/s  0:05 left`, less where it is narrow. */
function stepLine(
  { path, host, received, total }: DownloadStep,
  speed: number | undefined,
  width: number,
): string {
  const name = host === undefined ? `unpacking ${basename(path)}` : basename(path)
  const texts = [
    total === undefined ? formatBytes(received) : `${formatBytes(received)} of ${formatBytes(total)}`,
  ]
  if (speed !== undefined && speed > 0) {
    texts.push(`${formatBytes(speed)}/s`)
    if (total !== undefined) texts.push(`${formatTime((total - received) / speed)} left`)
  }
  const narrowest = 12
  while (texts.length > 1 && name.length + narrowest + 2 + texts.join('  ').length > width) texts.pop()
  const end = texts.join('  ')
  const room = Math.min(30, width - name.length - end.length - 2)
  const bar = total === undefined || room < narrowest ? '' : `${drawBar(received / total, room)} `
  return `${name} ${bar}${end}`.slice(0, Math.max(0, width))
}

/** `512 bytes`, `28.9 kB`, `9.9 MB`, `561.8 MB`, `1.2 GB`; a thousand bytes are a kB. */
export function formatBytes(bytes: number): string {
  const units = ['kB', 'MB', 'GB', 'TB']
  if (bytes < 1000) return `${String(Math.round(bytes))} bytes`
  let power = Math.min(units.length, Math.floor(Math.log10(bytes) / 3))
  if (bytes / 1000 ** power >= 999.95 && power < units.length) power++
  return `${(bytes / 1000 ** power).toFixed(1)} ${units[power - 1]!}`
}
