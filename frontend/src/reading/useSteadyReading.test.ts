import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { shallowRef, watch, type ShallowRef } from 'vue'
import { inScope } from '../testing/scope'
import { aTone } from '../testing/tone'
import { useFreshReading } from './useFreshReading'
import type { CurrentReading } from './useCurrentReading'
import { STEADY_FOR, useSteadyReading } from './useSteadyReading'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const NOTHING: CurrentReading = { tone: null, current: false, unclear: false }
const reads = (id: string): CurrentReading => ({ tone: aTone({ id }), current: true, unclear: false })
const one = reads('1-1')
const two = reads('2-1')
const three = reads('3-1')

interface Given {
  newest: ShallowRef<CurrentReading>
  reading: ReturnType<typeof useSteadyReading> & { stop: () => void }
}

async function given(): Promise<Given> {
  const newest = shallowRef(NOTHING)
  const reading = inScope(() => useSteadyReading(newest))
  newest.value = one
  await vi.advanceTimersByTimeAsync(0)
  return { newest, reading }
}

it('shows the first reading at once, and the newest of a flurry a second later', async () => {
  const { newest, reading } = await given()
  expect(reading.shown.value).toBe(one)
  const seen: CurrentReading[] = []
  for (const next of [two, one, two, three]) {
    newest.value = next
    await vi.advanceTimersByTimeAsync(STEADY_FOR / 5)
    seen.push(reading.shown.value)
  }
  expect(seen).toEqual([one, one, one, one])
  await vi.advanceTimersByTimeAsync(STEADY_FOR)
  expect(reading.shown.value).toBe(three)
})

it.each<Partial<CurrentReading>>([{ current: false }, { unclear: true }])('lets %o wait its turn like a label', async change => {
  const { newest, reading } = await given()
  await vi.advanceTimersByTimeAsync(STEADY_FOR / 2)
  newest.value = { ...one, ...change }
  await vi.advanceTimersByTimeAsync(STEADY_FOR / 2 - 1)
  expect(reading.shown.value).toBe(one)
  await vi.advanceTimersByTimeAsync(1)
  expect(reading.shown.value).toMatchObject(change)
  newest.value = two
  await vi.advanceTimersByTimeAsync(STEADY_FOR - 1)
  expect(reading.shown.value).toMatchObject(change)
  await vi.advanceTimersByTimeAsync(1)
  expect(reading.shown.value).toBe(two)
})

it('never shows what is over before its turn came', async () => {
  const { newest, reading } = await given()
  newest.value = { ...one, current: false }
  await vi.advanceTimersByTimeAsync(STEADY_FOR / 2)
  newest.value = { ...one }
  await vi.advanceTimersByTimeAsync(STEADY_FOR)
  expect(reading.shown.value.current).toBe(true)
})

it('holds, and goes on with the newest', async () => {
  const { newest, reading } = await given()
  reading.hold()
  newest.value = two
  await vi.advanceTimersByTimeAsync(10 * STEADY_FOR)
  expect([reading.shown.value, reading.held.value, reading.newer.value]).toEqual([{ ...one, current: false }, true, true])
  newest.value = { ...two, unclear: true }
  await vi.advanceTimersByTimeAsync(10 * STEADY_FOR)
  expect(reading.shown.value.unclear).toBe(false)
  newest.value = two
  reading.release()
  expect([reading.shown.value, reading.held.value, reading.newer.value]).toEqual([two, false, false])
})

it('shows nothing of a session that is gone, held or not, then or in the next session', async () => {
  const { newest, reading } = await given()
  reading.hold()
  newest.value = NOTHING
  expect(reading.shown.value).toEqual(NOTHING)
  await vi.advanceTimersByTimeAsync(0)
  newest.value = two
  await vi.advanceTimersByTimeAsync(STEADY_FOR)
  expect([reading.shown.value, reading.held.value]).toEqual([two, false])
})

/** What came of half a minute of the sample, as microphone, and when (ms): a state, or the end of what was read (s). */
const SPEECH: [number, 'listening' | 'silence' | number][] = [
  [819, 'silence'],
  [2207, 'listening'],
  [4951, 4.076],
  [5807, 'silence'],
  [6206, 'listening'],
  [8919, 8.044],
  [9499, 'silence'],
  [10007, 'listening'],
  [12684, 11.852],
  [13105, 'silence'],
  [13503, 'listening'],
  [16177, 15.372],
  [17099, 'silence'],
  [17897, 'listening'],
  [19146, 'silence'],
  [19147, 18.4],
  [19497, 'listening'],
  [21277, 'silence'],
  [21277, 20.448],
  [21497, 'listening'],
  [24301, 'silence'],
  [24302, 23.424],
  [27099, 'listening'],
  [29801, 28.908],
  [30639, 'silence'],
  [31040, 'listening'],
  [33751, 32.876],
]

it('changes at most once a second while people speak, and calls nothing earlier between their sentences', async () => {
  const heard = shallowRef(0)
  const changes: [at: number, current: boolean][] = []
  const newest = shallowRef(NOTHING)
  const panel = inScope(() => {
    const fresh = useFreshReading(shallowRef(true), heard)
    const tone = shallowRef(NOTHING.tone)
    watch([tone, fresh.fresh], () => (newest.value = { tone: tone.value, current: fresh.fresh.value, unclear: false }))
    const { shown } = useSteadyReading(newest)
    watch(shown, now => changes.push([at, now.current]))
    return { fresh, tone }
  })
  let at = 0
  const coming = [...SPEECH]
  for (; at < 34_800; at += 50) {
    heard.value = (at - 700) / 1000
    for (; coming[0] && coming[0][0] <= at; coming.shift()) {
      const what = coming[0][1]
      if (typeof what === 'string') panel.fresh.hear(what)
      else {
        panel.fresh.renew(what)
        panel.tone.value = aTone({ id: `${what * 16_000}-1` })
      }
    }
    await vi.advanceTimersByTimeAsync(50)
  }
  const pauses = changes.slice(1).map(([later], before) => later - (changes[before]?.[0] ?? 0))
  expect(Math.min(...pauses)).toBeGreaterThanOrEqual(STEADY_FOR)
  expect(changes.filter(([, current]) => current)).toHaveLength(SPEECH.filter(([, what]) => typeof what === 'number').length)
  // Once: after the sample's end, where nobody spoke for close to three seconds.
  expect(changes.filter(([, current]) => !current).map(([when]) => Math.round(when / 1000))).toEqual([26])
  panel.stop()
})
