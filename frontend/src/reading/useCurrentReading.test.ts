import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { shallowRef } from 'vue'
import { useReadings } from '../stores/readings'
import { inScope } from '../testing/scope'
import { aTone } from '../testing/tone'
import { HISTORY_LENGTH, NOTHING_READ, useCurrentReading } from './useCurrentReading'

const given = { trusted: shallowRef(true), heardSeconds: shallowRef(0), over: shallowRef(false) }
let view: ReturnType<typeof useCurrentReading> & { stop: () => void }

function comes(n: number): void {
  const tone = aTone({ id: `${n * 16_000}-1`, timestamp: n, label: `L${n}` })
  view.renew(tone.timestamp)
  useReadings().add(tone)
}

beforeEach(() => {
  vi.useFakeTimers()
  setActivePinia(createPinia())
  given.trusted.value = true
  given.over.value = false
  view = inScope(() => useCurrentReading(given))
})

afterEach(() => {
  view.stop()
  vi.useRealTimers()
})

it('begins with nothing', () => {
  expect(view.reading.value).toEqual(NOTHING_READ)
})

it('has the newest reading, and the latest before it, newest first', () => {
  for (let n = 1; n <= HISTORY_LENGTH + 2; n += 1) comes(n)
  expect(view.reading.value).toMatchObject({ tone: { label: 'L10' }, current: true, unclear: false })
  expect(view.history.value.map(tone => tone.label)).toEqual(['L10', 'L9', 'L8', 'L7', 'L6', 'L5', 'L4', 'L3'])
})

it('calls unclear only what no current reading is about', () => {
  comes(1)
  view.hear({ state: 'unclear', lagSeconds: 0 })
  expect(view.reading.value).toMatchObject({ current: true, unclear: false })
  vi.advanceTimersByTime(2000)
  expect(view.reading.value).toMatchObject({ tone: { label: 'L1' }, current: false, unclear: true })
})

it('trusts nothing while readings cannot come', () => {
  comes(1)
  view.hear({ state: 'unclear', lagSeconds: 0 })
  given.trusted.value = false
  expect(view.reading.value).toMatchObject({ current: false, unclear: false })
})

it('has no tone of a session that is over, whose readings stay', () => {
  comes(1)
  given.over.value = true
  expect([view.reading.value.tone, view.history.value.length]).toEqual([null, 1])
})

it('forgets what the worker said when another session begins', () => {
  view.hear({ state: 'unclear', lagSeconds: 0 })
  expect(view.settled.value?.state).toBe('unclear')
  view.reset()
  expect([view.settled.value, view.reading.value.unclear]).toEqual([null, false])
})
