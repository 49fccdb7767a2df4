import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ToneEvent } from '../events'
import { useSettings } from '../stores/settings'
import { mount } from '../testing/mount'
import { aTone } from '../testing/tone'
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

describe('NowPanel', () => {
  it('says everything in words', () => {
    const { root } = mount(NowPanel, { tone, current: true, unclear: false, waiting: true })
    expect(text(root, 'now-label')).toBe('Warmly impatient')
    expect(text(root, 'now-affect')).toBe('warm')
    expect(text(root, 'now-subtext')).toBe('They sound friendly and in a hurry.')
    expect(text(root, 'now-confidence')).toBe('fairly sure')
    expect(text(root, 'now-shift')).toBe('more tense than this voice was lately')
    expect(root.textContent).toContain('Speaker B')
    expect(root.textContent).toContain('at 1:03')
    expect(root.querySelector('section')?.dataset.affect).toBe('warm')
  })

  it('keeps what was measured apart from what was read, and shows flags that it does not know', () => {
    const { root } = mount(NowPanel, { tone, current: true, unclear: false, waiting: true })
    const facts = [...root.querySelectorAll('[data-testid=now-prosody] li')].map(item => item.textContent)
    expect(facts).toEqual(['louder', 'faster', 'some new flag'])
  })

  it('says when a reading is no longer about now', async () => {
    const { root, set } = mount(NowPanel, { tone, current: true, unclear: false, waiting: true })
    expect(root.querySelector('section')?.className).not.toContain('border-dashed')
    await set({ current: false })
    expect(text(root, 'now-when')).toBe('Earlier, at 1:03')
    expect(root.querySelector('section')?.className).toContain('border-dashed')
    expect(text(root, 'now-unclear')).toBe('')
  })

  it.each([tone, null])('says when speech is heard whose tone is unclear', given => {
    const { root } = mount(NowPanel, { tone: given, current: false, unclear: true, waiting: true })
    expect(root.textContent).toContain('Heard, but the tone is unclear')
  })

  it.each<[ToneEvent['shiftDirection'], number, string]>([
    ['escalating', 0.9, 'more tense than this voice was lately'],
    ['de-escalating', 0.1, 'less tense than this voice was lately'],
    ['stable', 0.6, 'different from this voice’s recent tone'],
    ['stable', 0.1, 'much like this voice’s recent tone'],
  ])('compares with the voice itself, not with the reading before: %s %s', (shiftDirection, shiftMagnitude, sentence) => {
    const { root } = mount(NowPanel, { tone: { ...tone, shiftDirection, shiftMagnitude }, current: true, unclear: false, waiting: true })
    expect(text(root, 'now-shift')).toBe(sentence)
  })

  it('announces changes, not repetitions', async () => {
    const { root, set } = mount(NowPanel, { tone: null as ToneEvent | null, current: true, unclear: false, waiting: true })
    const said = (): string => root.querySelector('[aria-live=polite]')?.textContent ?? ''
    expect(said()).toBe('')
    await set({ tone })
    await vi.advanceTimersByTimeAsync(3000)
    expect(said()).toBe('Speaker B: Warmly impatient, fairly sure')
    await set({ tone: { ...tone, id: '64000-1', confidence: 0.95 } })
    await vi.advanceTimersByTimeAsync(3000)
    expect(said()).toBe('Speaker B: Warmly impatient, fairly sure')
    await set({ tone: { ...tone, id: '80000-1', speakerId: 'speaker_a' } })
    await vi.advanceTimersByTimeAsync(3000)
    expect(said()).toBe('Speaker A: Warmly impatient, fairly sure')
  })

  it('stands still while it is held, and says that newer readings wait', async () => {
    const { root, set } = mount(NowPanel, { tone, current: true, unclear: false, waiting: true })
    const button = root.querySelector<HTMLButtonElement>('[data-testid=hold]')
    button?.click()
    await set({ tone: { ...tone, id: '64000-1', label: 'Calm and even' } })
    await vi.advanceTimersByTimeAsync(5000)
    expect(text(root, 'now-label')).toBe('Warmly impatient')
    expect(text(root, 'now-when')).toBe('Earlier, at 1:03')
    expect(root.textContent).toContain('Newer readings wait')
    expect(button?.getAttribute('aria-pressed')).toBe('true')
    button?.click()
    await set({})
    expect(text(root, 'now-label')).toBe('Calm and even')
  })

  it('shows only what the person wants to see', async () => {
    const { root, set } = mount(NowPanel, { tone, current: true, unclear: false, waiting: true })
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
    expect(text(root, 'now-confidence')).toBe('78 %')
  })

  it('treats markup in a label as text', () => {
    const { root } = mount(NowPanel, { tone: { ...tone, label: '<img src=x>' }, current: true, unclear: false, waiting: true })
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
    expect(root.querySelector('[role=log]')).not.toBeNull()
  })
})
