import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { nextTick, ref } from 'vue'
import { inScope } from '../../testing/scope'
import { useCalm } from './useCalm'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

async function change(source: { value: string }, to: string): Promise<void> {
  source.value = to
  await nextTick()
}

it('shows what lasts, and not what passes at once', async () => {
  const source = ref('a')
  const calm = inScope(() => ({ shown: useCalm(() => source.value, { settle: 1000, pace: 3000 }) }))
  await change(source, 'b')
  vi.advanceTimersByTime(900)
  expect(calm.shown.value).toBe('a')
  await change(source, 'a')
  vi.advanceTimersByTime(5000)
  expect(calm.shown.value).toBe('a')
  await change(source, 'b')
  vi.advanceTimersByTime(1000)
  expect(calm.shown.value).toBe('b')
  calm.stop()
})

it('changes no oftener than its pace, then to what is true by then', async () => {
  const source = ref('0')
  const calm = inScope(() => ({ shown: useCalm(() => source.value, { settle: 1000, pace: 3000 }) }))
  const seen = new Set<string>()
  for (let second = 1; second <= 10; second += 1) {
    await change(source, String(second))
    vi.advanceTimersByTime(1000)
    seen.add(calm.shown.value)
  }
  expect([...seen]).toEqual(['1', '4', '7', '10'])
  calm.stop()
})

it('shows at once what must not wait', async () => {
  const source = ref('a')
  const calm = inScope(() => ({
    shown: useCalm(() => source.value, { settle: 1000, pace: 3000, atOnce: next => next === 'now' }),
  }))
  await change(source, 'b')
  await change(source, 'now')
  expect(calm.shown.value).toBe('now')
  vi.advanceTimersByTime(9000)
  expect(calm.shown.value).toBe('now')
  calm.stop()
})
