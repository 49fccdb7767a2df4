import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { shallowRef } from 'vue'
import type { ToneEvent } from '../events'
import { inScope } from '../testing/scope'
import { aTone } from '../testing/tone'
import { STEADY_FOR, useSteadyReading } from './useSteadyReading'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const one = aTone({ id: '1-1' })
const two = aTone({ id: '2-1' })
const three = aTone({ id: '3-1' })

async function given(): Promise<{ newest: ReturnType<typeof shallowRef<ToneEvent | null>>, reading: ReturnType<typeof useSteadyReading> & { stop: () => void } }> {
  const newest = shallowRef<ToneEvent | null>(null)
  const reading = inScope(() => useSteadyReading(newest))
  newest.value = one
  await vi.advanceTimersByTimeAsync(0)
  return { newest, reading }
}

it('shows the first reading at once, and the newest of a flurry a second later', async () => {
  const { newest, reading } = await given()
  expect(reading.shown.value).toBe(one)
  const seen: (ToneEvent | null)[] = []
  for (const next of [two, one, two, three]) {
    newest.value = next
    await vi.advanceTimersByTimeAsync(STEADY_FOR / 5)
    seen.push(reading.shown.value)
  }
  expect(seen).toEqual([one, one, one, one])
  await vi.advanceTimersByTimeAsync(STEADY_FOR)
  expect(reading.shown.value).toBe(three)
})

it('holds, and goes on with the newest', async () => {
  const { newest, reading } = await given()
  reading.hold()
  newest.value = two
  await vi.advanceTimersByTimeAsync(10 * STEADY_FOR)
  expect([reading.shown.value, reading.held.value, reading.newer.value]).toEqual([one, true, true])
  reading.release()
  expect([reading.shown.value, reading.held.value, reading.newer.value]).toEqual([two, false, false])
})

it('shows nothing of a session that is gone, held or not', async () => {
  const { newest, reading } = await given()
  reading.hold()
  newest.value = null
  expect(reading.shown.value).toBeNull()
})
