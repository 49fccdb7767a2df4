import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import WholeSession from '../components/session/WholeSession.vue'
import { useReadings } from '../stores/readings'
import { mount } from '../testing/mount'
import { aTone } from '../testing/tone'
import SessionReadings from './SessionReadings.vue'

// There is no canvas here.
vi.mock('./chart/LaneChart.vue', () => ({ default: { render: () => null } }))

beforeEach(() => vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  localStorage.clear()
})

const tone = (second: number): ReturnType<typeof aTone> => aTone({ id: `${second}-1`, timestamp: second })
const shown = (): { root: HTMLElement; readings: ReturnType<typeof useReadings>; slider: () => HTMLElement | null } => {
  const { root } = mount(SessionReadings, { sessionId: '3-abc', asTable: false, curves: [], chosen: null })
  return { root, readings: useReadings(), slider: () => root.querySelector<HTMLElement>('[role=slider]') }
}

it('is drawn once a second, however many readings come in it', async () => {
  const { readings, slider } = shown()
  readings.add(tone(1))
  await nextTick()
  expect(slider()?.getAttribute('aria-valuemax')).toBe('0')
  for (let second = 2; second <= 300; second += 1) {
    readings.add(tone(second))
    await vi.advanceTimersByTimeAsync(3)
  }
  expect(slider()?.getAttribute('aria-valuemax')).toBe('0')
  await vi.advanceTimersByTimeAsync(1000)
  expect(slider()?.getAttribute('aria-valuemax')).toBe('299')
})

it('a key names its target briefly; the full moment is announced on arrival', async () => {
  const { root, readings, slider } = shown()
  for (const second of [3, 4]) readings.add({ ...tone(second), subtext: 'Sounds calm.' })
  await vi.advanceTimersByTimeAsync(1000)
  slider()?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Home' }))
  await nextTick()
  expect(slider()?.getAttribute('aria-valuetext')).toBe('Speaker A, Calm and even, at 0:03')
  const detail = root.querySelector('[data-testid=detail]')
  expect(detail?.textContent).toContain('Sounds calm.')
  expect(detail?.closest('[aria-live], [role=status], [role=alert], [role=log]')).toBeNull()
})

it('folded it is gone, and unfolded as it was left', async () => {
  const { root } = mount(WholeSession, { sessionId: '3-abc' })
  useReadings().add(tone(1))
  const details = root.querySelector('details') as HTMLDetailsElement
  const fold = async (open: boolean): Promise<void> => {
    details.open = open
    details.dispatchEvent(new Event('toggle'))
    await vi.dynamicImportSettled()
    await nextTick()
  }
  await fold(true)
  details.querySelectorAll<HTMLButtonElement>('button[aria-pressed]')[1]?.click()
  await nextTick()
  expect(details.querySelector('table')).not.toBeNull()
  await fold(false)
  expect(details.querySelector('table, button')).toBeNull()
  await fold(true)
  expect(details.querySelector('table')).not.toBeNull()
})
