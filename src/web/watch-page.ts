// The script of a watched run's page: puts the parts of the growing report in place as the server sends them, and in the end the
// whole report. The parts come from the server escaped; the page's policy lets no script in them run.
const stream = new EventSource('/events')
const lost = document.querySelector<HTMLElement>('#lost')

const listen = (name: string, put: (value: string) => void) => {
  stream.addEventListener(name, ({ data }: MessageEvent<string>) => {
    put(JSON.parse(data) as string)
  })
}

document.querySelectorAll<HTMLElement>('[data-part]').forEach((element) => {
  let last: string | undefined
  listen(element.dataset['part'] ?? '', (text) => {
    // When the connection comes back, all parts come again: what has not changed stays as it is, open or scrolled.
    if (text !== last) element.innerHTML = text
    last = text
  })
})
listen('title', (text) => {
  document.title = text
})
/** The body of the finished report takes the page's place; nothing more comes then. */
listen('report', (text) => {
  stream.close()
  document.body.innerHTML = text
  document.title = document.querySelector('h1')?.textContent ?? document.title
})
listen('end', () => {
  stream.close()
})
stream.addEventListener('open', () => {
  if (lost !== null) lost.hidden = true
})
stream.addEventListener('error', () => {
  if (lost !== null) lost.hidden = false
})
