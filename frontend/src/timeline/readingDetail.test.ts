import { createPinia, setActivePinia } from 'pinia'
import { afterEach, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import { useReadings } from '../stores/readings'
import { mount } from '../testing/mount'
import { aTone } from '../testing/tone'
import ReadingDetail from './ReadingDetail.vue'
import ReadingTable from './ReadingTable.vue'

afterEach(() => {
  vi.unstubAllGlobals()
  localStorage.clear()
})

const words = (element: Element | null | undefined): string => element?.textContent?.replaceAll(/\s+/g, ' ').trim() ?? ''
const tone = aTone({
  affect: 'sad',
  label: 'Softly sad',
  confidence: 0.71,
  scores: { sad: 0.71, calm: 0.2, neutral: 0.09 },
  prosodyFlags: ['slower'],
  pitchHz: 181.4,
  loudnessDb: -31.2,
  arousal: -0.4,
  valence: -0.734,
})

it('says one moment in full: how sure, what else, what was measured', () => {
  const { root } = mount(ReadingDetail, { tone, sessionId: '3-abc' })
  expect(words(root.querySelector('article'))).toContain('Softly sad')
  expect(words(root)).toContain('How sure: fairly sure, 71%')
  expect(words(root)).toContain('It could also have been: calm 20%')
  expect(words(root)).not.toContain('neutral 9%')
  expect(words(root)).toContain('slower, pitch 181 Hz, loudness −31 dB')
  expect(words(root)).toContain('Computed from the tones: activation −0.40, pleasantness −0.73')
})

it('a correction goes to the server, and then stands beside the reading', async () => {
  const sent: unknown[] = []
  vi.stubGlobal(
    'fetch',
    vi.fn(async (path: string, init: RequestInit) => {
      sent.push([path, JSON.parse(String(init.body))])
      return new Response('{}', { status: 201 })
    }),
  )
  const { root } = mount(ReadingDetail, { tone, sessionId: '3-abc' })
  const form = root.querySelector('form') as HTMLFormElement
  form.dispatchEvent(new Event('submit'))
  await nextTick()
  expect(sent).toEqual([])
  const [affect, note] = [
    form.querySelector('select') as HTMLSelectElement,
    form.querySelector('textarea') as HTMLTextAreaElement,
  ]
  affect.value = 'calm'
  affect.dispatchEvent(new Event('change'))
  note.value = ' joking '
  note.dispatchEvent(new Event('input'))
  form.dispatchEvent(new Event('submit'))
  await vi.waitFor(() => expect(words(root.querySelector('[data-testid=corrected]'))).toBe('Corrected to: calm – joking'))
  expect(sent).toEqual([['/session/3-abc/corrections', { event_id: tone.id, affect: 'calm', note: 'joking' }]])
})

it('says what came of a correction, and one press takes it back', async () => {
  const calls: [string, string][] = []
  vi.stubGlobal(
    'fetch',
    vi.fn(async (path: string, init: RequestInit) => {
      calls.push([String(init.method), path])
      const refused = init.method === 'POST'
      return new Response(JSON.stringify({ outcome: refused ? 'refused' : 'taken_back' }), { status: refused ? 201 : 200 })
    }),
  )
  const { root } = mount(ReadingDetail, { tone, sessionId: '3-abc' })
  expect(words(root.querySelector('form'))).not.toContain('Undo')
  const select = root.querySelector('select') as HTMLSelectElement
  select.value = 'calm'
  select.dispatchEvent(new Event('change'))
  root.querySelector('form')?.dispatchEvent(new Event('submit'))
  const outcome = (): string => words(root.querySelector('[data-testid=correction-outcome]'))
  await vi.waitFor(() => expect(outcome()).toContain('Saved as a note only'))
  useReadings().judge({ event_id: tone.id, outcome: 'accepted' })
  await vi.waitFor(() => expect(outcome()).toContain('Saved. When this voice'))
  ;[...root.querySelectorAll('button')].find(button => words(button) === 'Undo')?.click()
  await vi.waitFor(() => expect(outcome()).toBe('Undone. The correction no longer applies.'))
  expect(root.querySelector('[data-testid=corrected]')).toBeNull()
  expect(calls).toEqual([
    ['POST', '/session/3-abc/corrections'],
    ['DELETE', `/session/3-abc/corrections/${tone.id}`],
  ])
})

it('keeps a correction for later sessions only where the person chose to, under a token of this browser', async () => {
  const sent: [unknown, string | undefined][] = []
  vi.stubGlobal(
    'fetch',
    vi.fn(async (_path: string, init: RequestInit) => {
      const token = (init.headers as Record<string, string>)['X-Voice-Profile']
      sent.push([init.body ? (JSON.parse(String(init.body)) as { keep?: boolean }).keep : init.method, token])
      return new Response('{"outcome": "accepted"}', { status: 201 })
    }),
  )
  const { root } = mount(ReadingDetail, { tone, sessionId: '3-abc' })
  const [form, select] = [root.querySelector('form') as HTMLFormElement, root.querySelector('select') as HTMLSelectElement]
  const send = async (): Promise<void> => {
    const before = sent.length
    select.value = 'calm'
    select.dispatchEvent(new Event('change'))
    form.dispatchEvent(new Event('submit'))
    await vi.waitFor(() => expect(sent).toHaveLength(before + 1))
    await vi.waitFor(() => expect(form.querySelector<HTMLButtonElement>('[type=submit]')?.disabled).toBe(false))
  }
  await send()
  expect(sent).toEqual([[undefined, undefined]])
  root.querySelector<HTMLInputElement>('input[type=checkbox]')?.click()
  await send()
  const token = sent[1]?.[1] ?? ''
  expect(token).toMatch(/^[0-9a-f]{32}$/)
  expect(sent[1]).toEqual([true, token])
  ;[...root.querySelectorAll('button')].find(button => words(button).startsWith('Erase what was kept'))?.click()
  await vi.waitFor(() => expect(words(root)).toContain('Nothing is kept for later sessions any more.'))
  expect(sent[2]).toEqual(['DELETE', token])
})

it('offers no correction in someone else’s session', () => {
  const { root } = mount(ReadingDetail, { tone, sessionId: '3-rdef', readOnly: true })
  expect(words(root)).toContain('How sure: fairly sure, 71%')
  expect(root.querySelector('form, button, details')).toBeNull()
})

it('the table has the newest first, a page at a time, and chooses a moment', async () => {
  setActivePinia(createPinia())
  const heard = Array.from({ length: 30 }, (_, at) => aTone({ id: `${at + 1}-1`, timestamp: at + 1 }))
  const { root, set } = mount(ReadingTable, { readings: heard, gaps: [] })
  const readings = useReadings()
  for (const one of heard) readings.add(one)
  const times = (): string[] => [...root.querySelectorAll('tbody button')].map(words)
  expect(times()).toHaveLength(25)
  expect(times()[0]).toBe('0:30')
  root.querySelectorAll<HTMLButtonElement>('nav button')[1]?.click()
  await set({})
  expect(times()).toEqual(['0:05', '0:04', '0:03', '0:02', '0:01'])
  root.querySelector<HTMLButtonElement>('tbody button')?.click()
  expect(readings.selected?.timestamp).toBe(5)
})

it('the table says in words what curves draw, and where there was no sound', () => {
  const { root } = mount(ReadingTable, {
    readings: [tone, { ...tone, id: '2-1', timestamp: 9, pitchHz: null }],
    gaps: [{ from: 5, to: 8 }],
  })
  const [head = [], newest, gap, oldest] = [...root.querySelectorAll('tr')].map(row => [...row.children].map(words))
  expect(head.slice(-5)).toEqual(['Activation', 'Pleasantness', 'Loudness', 'Pitch', 'Corrected to'])
  expect(newest?.slice(-5)).toEqual(['−0.40', '−0.73', '−31 dB', '', ''])
  expect(gap).toEqual(['0:05', 'no sound for 3 s'])
  expect(oldest?.slice(-5)).toEqual(['−0.40', '−0.73', '−31 dB', '181 Hz', ''])
})
