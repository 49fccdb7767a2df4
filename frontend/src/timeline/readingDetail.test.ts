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
  affect: 'sad', label: 'Softly sad', confidence: 0.71, scores: { sad: 0.71, calm: 0.2, neutral: 0.09 },
  prosodyFlags: ['slower'], pitchHz: 181.4, loudnessDb: -31.2,
})

it('says one moment in full: how sure, what else, what was measured', () => {
  const { root } = mount(ReadingDetail, { tone, sessionId: '3-abc' })
  expect(words(root.querySelector('article'))).toContain('Softly sad')
  expect(words(root)).toContain('How sure: fairly sure, 71 %')
  expect(words(root)).toContain('It could also have been: calm 20 %')
  expect(words(root)).not.toContain('neutral 9 %')
  expect(words(root)).toContain('slower, pitch 181 Hz, loudness -31 dB')
})

it('a correction goes to the server, and then stands beside the reading', async () => {
  const sent: unknown[] = []
  vi.stubGlobal('fetch', vi.fn(async (path: string, init: RequestInit) => {
    sent.push([path, JSON.parse(String(init.body))])
    return new Response('{}', { status: 201 })
  }))
  const { root } = mount(ReadingDetail, { tone, sessionId: '3-abc' })
  const form = root.querySelector('form') as HTMLFormElement
  form.dispatchEvent(new Event('submit'))
  await nextTick()
  expect(sent).toEqual([])
  const [affect, note] = [form.querySelector('select') as HTMLSelectElement, form.querySelector('textarea') as HTMLTextAreaElement]
  affect.value = 'calm'
  affect.dispatchEvent(new Event('change'))
  note.value = ' joking '
  note.dispatchEvent(new Event('input'))
  form.dispatchEvent(new Event('submit'))
  await vi.waitFor(() => expect(words(root.querySelector('[data-testid=corrected]'))).toBe('Corrected to: calm – joking'))
  expect(sent).toEqual([['/session/3-abc/corrections', { event_id: tone.id, affect: 'calm', note: 'joking' }]])
})

it('of somebody else’s session there is nothing to correct', () => {
  const { root } = mount(ReadingDetail, { tone, sessionId: '3-rdef', readOnly: true })
  expect(words(root)).toContain('How sure: fairly sure, 71 %')
  expect(root.querySelector('form, button, details')).toBeNull()
})

it('the table has the newest first, a page at a time, and chooses a moment', async () => {
  setActivePinia(createPinia())
  const { root, set } = mount(ReadingTable, {})
  const readings = useReadings()
  for (let second = 1; second <= 30; second += 1) readings.add(aTone({ id: `${second}-1`, timestamp: second }))
  await set({})
  const times = (): string[] => [...root.querySelectorAll('tbody button')].map(words)
  expect(times()).toHaveLength(25)
  expect(times()[0]).toBe('0:30')
  root.querySelectorAll<HTMLButtonElement>('nav button')[1]?.click()
  await set({})
  expect(times()).toEqual(['0:05', '0:04', '0:03', '0:02', '0:01'])
  root.querySelector<HTMLButtonElement>('tbody button')?.click()
  expect(readings.selected?.timestamp).toBe(5)
})
