// Finds and starts the browsers of the tests: Debian's Chromium and Firefox, driven by WebDriver BiDi and DevTools.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const programs = { chromium: '/usr/bin/chromium', firefox: '/usr/bin/firefox-esr' }
const driver = fileURLToPath(new URL('node_modules/puppeteer-core/package.json', import.meta.url))

export const browserNames = Object.keys(programs)

/** Why a browser cannot be tested here; undefined where it can. */
export function missing(name) {
  if (!existsSync(driver)) return 'run `npm ci --prefix test/browsers` to install what drives it'
  return existsSync(programs[name]) ? undefined : `${programs[name]} is not installed`
}

/** Starts one. */
export async function launch(name) {
  const { default: puppeteer } = await import('puppeteer-core')
  const args = name === 'chromium' ? ['--no-sandbox'] : []
  const kind = name === 'firefox' ? 'firefox' : 'chrome'
  const browser = await puppeteer.launch({
    browser: kind,
    executablePath: programs[name],
    headless: true,
    args,
    timeout: 60_000,
  })
  const newPage = browser.newPage.bind(browser)
  browser.newPage = async () => {
    const page = await onceMore(newPage)
    const close = page.close.bind(page)
    page.close = () => onceMore(close)
    return page
  }
  return browser
}

/** Chromium has pages of its own that come and go; a command that crosses with one of them fails, and then does not again. */
async function onceMore(command) {
  try {
    return await command()
  } catch (error) {
    if (!String(error).includes('Session with given id not found')) throw error
    return command()
  }
}
