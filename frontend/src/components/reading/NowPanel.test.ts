import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ToneEvent } from '../../contract/events'
import type { CurrentReading } from '../../reading/useCurrentReading'
import { useSettings } from '../../stores/settings'
import { mount } from '../../testing/mount'
import { aTone } from '../../testing/tone'
import HistoryStrip from './HistoryStrip.vue'
import NowPanel from './NowPanel.vue'

const tone: ToneEvent = aTone({
  timestamp: 63.4,
  label: 'Warmly impatient',
  confidence: 0.78,
  affect: 'warm',
  subtext: 'They sound friendly and in a hurry.',
  speakerId: 'speaker_b',
  shiftMagnitude: 0.5,
  shiftDirection: 'escalating',
  prosodyFlags: ['louder', 'faster', 'some_new_flag'],
})

beforeEach(() => vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  localStorage.clear()
})

const text = (root: HTMLElement, id: string): string =>
  root.querySelector(`[data-testid=${id}]`)?.textContent?.replaceAll(/\s+/g, ' ').trim() ?? ''

type Given = CurrentReading & { waiting: boolean }

/** The panel with a reading. `set` changes parts of it. */
function mountPanel(given: Given): { root: HTMLElement; set: (change: Partial<Given>) => Promise<void> } {
  let { waiting, ...reading } = given
  const { root, set } = mount(NowPanel, { reading, waiting })
  return {
    root,
    set(change) {
      ;({ waiting, ...reading } = { ...reading, waiting, ...change })
      return set({ reading, waiting })
    },
  }
}

describe('NowPanel', () => {
  it('says everything in words', () => {
    const { root } = mountPanel({ tone, current: true, unclear: false, waiting: true })
    expect(text(root, 'now-label')).toBe('Warmly impatient')
    expect(text(root, 'now-affect')).toBe('warm')
    expect(text(root, 'now-subtext')).toBe('They sound friendly and in a hurry.')
    expect(text(root, 'now-confidence')).toBe('fairly sure')
    expect(text(root, 'now-shift')).toBe('more strained than a moment ago')
    expect(root.textContent).toContain('Speaker B')
    expect(root.textContent).toContain('at 1:03')
    expect(root.querySelector('section')?.dataset.affect).toBe('warm')
  })

  it('keeps what was measured apart from what was read, and shows flags that it does not know', () => {
    const { root } = mountPanel({ tone, current: true, unclear: false, waiting: true })
    const facts = [...root.querySelectorAll('[data-testid=now-prosody] li')].map(item => item.textContent)
    expect(facts).toEqual(['louder', 'faster', 'some new flag'])
    expect(text(root, 'now-reading')).toBe('Guessed from the voice – can be wrong')
    expect(text(root, 'now-prosody')).toContain('Measured in the voice')
  })

  it('says when a reading is no longer about now', async () => {
    const { root, set } = mountPanel({ tone, current: true, unclear: false, waiting: true })
    expect(root.querySelector('section')?.className).not.toContain('border-dashed')
    await set({ current: false })
    await vi.advanceTimersByTimeAsync(1000)
    expect(text(root, 'now-when')).toBe('Earlier, at 1:03')
    expect(root.querySelector('section')?.className).toContain('border-dashed')
    expect(text(root, 'now-unclear')).toBe('')
  })

  it.each([tone, null])('says when speech is heard whose tone is unclear', given => {
    const { root } = mountPanel({ tone: given, current: false, unclear: true, waiting: true })
    expect(root.textContent).toContain('Heard, but the tone is unclear')
  })

  it.each<[ToneEvent['shiftDirection'], number, string]>([
    ['escalating', 0.9, 'more strained than a moment ago'],
    ['de-escalating', 0.1, 'less strained than a moment ago'],
    ['stable', 0.6, 'different from this voice’s recent tone'],
    ['stable', 0.1, 'much like this voice’s recent tone'],
  ])('compares with the voice itself, not with the reading before: %s %s', (shiftDirection, shiftMagnitude, sentence) => {
    const { root } = mountPanel({
      tone: { ...tone, shiftDirection, shiftMagnitude },
      current: true,
      unclear: false,
      waiting: true,
    })
    expect(text(root, 'now-shift')).toBe(sentence)
  })

  it('announces changes, not repetitions', async () => {
    const { root, set } = mountPanel({ tone: null, current: true, unclear: false, waiting: true })
    const log = root.querySelector('[role=log]')
    expect([log?.getAttribute('aria-live'), log?.getAttribute('aria-label')]).toEqual(['polite', 'Changes in tone'])
    const said = (): (string | null)[] => [...(log?.children ?? [])].map(line => line.textContent)
    expect(said()).toEqual([])
    await set({ tone })
    await vi.advanceTimersByTimeAsync(3000)
    expect(said()).toEqual(['Speaker B: Warmly impatient, fairly sure'])
    const first = log?.firstElementChild
    await set({ tone: { ...tone, id: '64000-1', confidence: 0.95 } })
    await vi.advanceTimersByTimeAsync(3000)
    expect(said()).toHaveLength(1)
    await set({ tone: { ...tone, id: '80000-1', speakerId: 'speaker_a' } })
    await vi.advanceTimersByTimeAsync(3000)
    expect(said()).toEqual(['Speaker B: Warmly impatient, fairly sure', 'Speaker A: Warmly impatient, fairly sure'])
    expect(log?.firstElementChild).toBe(first) // what a screen reader has read is not rendered again
    for (let n = 1; n <= 9; n += 1) {
      await set({ tone: { ...tone, id: `${n}00000-1`, label: `Tone ${n}` } })
      await vi.advanceTimersByTimeAsync(3000)
    }
    expect(said()).toHaveLength(5)
    await set({ tone: { ...tone, id: '950000-1', label: 'Just said' } })
    await set({ tone: { ...tone, id: '960000-1', label: 'Waits to be said' } })
    await set({ tone: null })
    await vi.advanceTimersByTimeAsync(9000)
    expect(said()).toEqual([])
  })

  it('stands still while it is held, and says that newer readings wait', async () => {
    const { root, set } = mountPanel({ tone, current: true, unclear: false, waiting: true })
    const button = root.querySelector<HTMLButtonElement>('[data-testid=hold]')
    button?.click()
    await set({ tone: { ...tone, id: '64000-1', label: 'Calm and even' } })
    await vi.advanceTimersByTimeAsync(5000)
    expect(text(root, 'now-label')).toBe('Warmly impatient')
    expect(text(root, 'now-when')).toBe('Earlier, at 1:03')
    expect(root.textContent).toContain('Newer readings are waiting')
    expect([button?.textContent?.trim(), button?.getAttribute('aria-pressed')]).toEqual(['Resume', null])
    button?.click()
    await set({})
    expect(text(root, 'now-label')).toBe('Calm and even')
    expect(button?.textContent?.trim()).toBe('Hold')
  })

  it('holds nothing of one session in the next', async () => {
    const { root, set } = mountPanel({ tone, current: true, unclear: false, waiting: true })
    root.querySelector<HTMLButtonElement>('[data-testid=hold]')?.click()
    await set({ tone: null, current: false, waiting: false })
    expect(root.textContent).toContain('Nothing heard yet')
    await set({ tone: { ...tone, id: '48000-1', timestamp: 3, label: 'Calm and even' }, current: true, waiting: true })
    await vi.advanceTimersByTimeAsync(5000)
    expect(text(root, 'now-label')).toBe('Calm and even')
    expect(text(root, 'now-when')).toBe('at 0:03')
    expect(root.querySelector('[role=log]')?.textContent).not.toContain('Warmly impatient')
  })

  it('shows only what the person wants to see', async () => {
    const { root, set } = mountPanel({ tone, current: true, unclear: false, waiting: true })
    const settings = useSettings()
    for (const cue of ['affect', 'subtext', 'confidence', 'shift', 'prosody', 'speaker'] as const) settings.show(cue, false)
    await set({})
    expect(text(root, 'now-label')).toBe('Warmly impatient')
    for (const id of ['now-affect', 'now-subtext', 'now-confidence', 'now-shift', 'now-prosody']) {
      expect(root.querySelector(`[data-testid=${id}]`)).toBeNull()
    }
    expect(text(root, 'now-speaker')).toBe('')
    settings.show('percent', true)
    await set({})
    expect(text(root, 'now-confidence')).toBe('78%')
  })

  it('treats markup in a label as text', () => {
    const { root } = mountPanel({ tone: { ...tone, label: '<img src=x>' }, current: true, unclear: false, waiting: true })
    expect(text(root, 'now-label')).toBe('<img src=x>')
    expect(root.querySelector('img')).toBeNull()
  })
})

describe('HistoryStrip', () => {
  it('shows word, icon and tint of each reading', () => {
    const { root } = mount(HistoryStrip, { events: [tone, { ...tone, id: '1-1', affect: 'sad', label: 'Quietly sad' }] })
    const items = [...root.querySelectorAll('li')]
    expect(items.map(item => item.dataset.affect)).toEqual(['warm', 'sad'])
    expect(items[1]?.textContent).toContain('Quietly sad')
    expect(items[1]?.querySelector('.i-lucide-cloud-rain')).not.toBeNull()
    expect(root.querySelector('ol')?.getAttribute('aria-labelledby')).toBe('history-title')
    expect(root.querySelector('[role=log]')).toBeNull()
  })
})
