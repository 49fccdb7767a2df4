import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import App from './App.vue'
import SharedPage from './SharedPage.vue'
import { useSession } from './stores/session'
import { useSettings } from './stores/settings'
import { FakeSource } from './testing/fakeSource'
import { sentLine, sentPartial } from './testing/line'
import { mount } from './testing/mount'
import { listen, Surroundings, tick, tone } from './testing/surroundings'

const PATIENCE = { timeout: 20_000 }

let around: Surroundings
let page: ReturnType<typeof mount>

// What is loaded later comes at once then, however busy the machine is.
beforeAll(async () => {
  await Promise.all([import('./components/captions/CaptionsPanel.vue'), import('./components/after/AfterSession.vue')])
})
beforeEach(() => (around = new Surroundings()))
afterEach(async () => {
  useSession().$dispose()
  await tick()
  page.unmount()
  around.remove()
})

/** The parts that are there, as they follow one another. */
const parts = (): string[] =>
  [...page.root.querySelectorAll('main [data-testid=captions], main [aria-label=Now], main [data-testid=history]')].map(
    one => one.getAttribute('data-testid') ?? one.getAttribute('aria-label') ?? '',
  )

/** Until the parts that are loaded later are there. */
async function shows(...expected: string[]): Promise<void> {
  await vi.waitFor(async () => {
    await nextTick()
    expect(parts()).toEqual(expected)
  }, PATIENCE)
}

describe('the page', () => {
  beforeEach(() => (page = mount(App, {})))

  it('has captions before the tone, after it, or instead of it', async () => {
    await shows('Now', 'history')
    await listen(useSession())
    await shows('captions', 'Now', 'history')
    useSettings().kept.captionLayout = 'tone-first'
    await shows('Now', 'captions', 'history')
    useSettings().kept.captionLayout = 'words-only'
    await shows('captions')
  })

  it('has no empty box where there are no words, and the tone all the same', async () => {
    around.answers = () => Response.json({ session_id: '3-abc', words: false })
    useSettings().kept.captionLayout = 'words-only'
    await listen(useSession())
    await shows('Now', 'history')
  })

  it('keeps what was said to be read, and offers it as Markdown', async () => {
    await listen(useSession())
    FakeSource.last.sends('transcript-event', sentLine(), '48000-1')
    FakeSource.last.sends('session-ended', { reason: 'client' }, '64000-1')
    await shows('captions', 'Now', 'history')
    await vi.waitFor(() => expect(page.root.querySelector('[data-testid=after]')?.textContent).toContain('Markdown'), PATIENCE)
    const links = [...page.root.querySelectorAll('[data-testid=after] a')].map(link => link.getAttribute('href'))
    expect(links).toContain('/session/3-abc/export?format=md&pseudonym=true')
  })

  it('offers no transcript where there is none', async () => {
    await listen(useSession())
    FakeSource.last.sends('tone-event', tone, '48000-1')
    FakeSource.last.sends('session-ended', { reason: 'client' }, '64000-1')
    await shows('Now', 'history')
    await vi.waitFor(() => expect(page.root.querySelector('[data-testid=after]')?.textContent).toContain('VTT'), PATIENCE)
    expect(page.root.querySelector('[data-testid=after]')?.textContent).not.toContain('Markdown')
  })
})

it('a shared page has the words that were said and those that come, to be read only', async () => {
  around.answers = path =>
    path.includes('/export') ? Response.json({ events: [{ id: '1-1', event: 'transcript-event', data: sentLine() }] }) : undefined
  page = mount(SharedPage, { linkId: '3-rdef' })
  await tick()
  FakeSource.last.opens()
  FakeSource.last.sends('transcript', sentPartial({ utterance_id: 'u2' }))
  await shows('captions', 'Now', 'history')
  expect(page.root.querySelector('[data-testid=line-words]')?.textContent).toContain('That’s')
  expect(page.root.querySelector('[data-testid=unfinished]')?.textContent).toBe('That’s fi')
  expect(page.root.querySelector('[data-testid=captions]')?.textContent).not.toContain('Correct')
})
