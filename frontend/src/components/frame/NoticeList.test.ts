import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import type { Phase } from '../../session/statusLine'
import { mount } from '../../testing/mount'
import { Trouble, type TroubleCode } from '../../server/trouble'
import NoticeList from './NoticeList.vue'
import StatusLine from '../session/StatusLine.vue'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const trouble = (code: TroubleCode | null): Trouble | null => code && new Trouble(code)

it('tells what passes once it lasts, in one sentence, and what needs a person at once', async () => {
  const page = mount(NoticeList, { trouble: trouble(null), notices: [] })
  const said: string[] = []
  const alert = page.root.querySelector('[role=alert]')
  async function after(ms: number, code: TroubleCode | null): Promise<void> {
    await page.set({ trouble: trouble(code) })
    vi.advanceTimersByTime(ms)
    await nextTick()
    const now = alert?.textContent ?? ''
    if (now && now !== said.at(-1)) said.push(now)
  }
  // As a gateway that is killed and comes back: nobody is disturbed.
  await after(400, 'server-away')
  await after(900, 'no-worker')
  await after(600, null)
  await after(1000, 'server-away')
  await after(900, null)
  expect(said).toEqual([])
  await after(3000, 'offline')
  await after(1000, 'server-away')
  await after(1000, 'offline')
  expect(said).toEqual([expect.stringContaining('This device is offline')])
  await after(0, null)
  expect(alert?.textContent).toBe('')
  await after(0, 'microphone-denied')
  expect(said.at(-1)).toContain('not allowed')
})

it('tells what the server says of it, too', async () => {
  const page = mount(NoticeList, { trouble: null as Trouble | null, notices: [] })
  await page.set({ trouble: new Trouble('refused', 'Samples are two bytes each.') })
  expect(page.root.querySelector('[role=alert]')?.textContent).toContain('The server says: “Samples are two bytes each.”')
})

it('changes the status line at once with the phase, else at a calm pace', async () => {
  const page = mount<{ text: string; phase: Phase }>(StatusLine, { text: 'Ready', phase: 'idle' })
  const text = (): string => page.root.textContent?.trim() ?? ''
  await page.set({ text: 'Listening', phase: 'live' })
  expect(text()).toBe('Listening')
  const seen = new Set<string>()
  for (const step of ['Reconnecting', 'Waiting', 'Reconnecting', 'Listening', 'Quiet', 'Listening']) {
    await page.set({ text: step })
    vi.advanceTimersByTime(500)
    await nextTick()
    seen.add(text())
  }
  expect([...seen]).toEqual(['Listening'])
})
