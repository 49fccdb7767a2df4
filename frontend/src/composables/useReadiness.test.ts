import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { nextTick, shallowRef } from 'vue'
import { inScope } from '../testing/scope'
import { useReadiness } from './useReadiness'

let answers: ((response: Response) => void)[]
const no = (): Response => new Response('{}', { status: 503 })
const settle = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)

beforeEach(() => {
  vi.useFakeTimers()
  answers = []
  vi.stubGlobal('fetch', vi.fn(() => new Promise<Response>(resolve => answers.push(resolve))))
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

it('asks more often while it waits, and believes a live word over an older answer', async () => {
  const active = shallowRef(false)
  const readiness = inScope(() => useReadiness(active))
  active.value = true
  await nextTick()
  answers[0]?.(no())
  await settle()
  expect(readiness.ready.value).toBe(false)
  await settle(3000)
  expect(answers.length).toBe(2)
  readiness.confirm()
  expect(readiness.ready.value).toBe(true)
  answers[1]?.(no())
  await settle()
  expect(readiness.ready.value).toBe(true)
  await settle(9000)
  expect(answers.length).toBe(2)
  await settle(1000)
  expect(answers.length).toBe(3)
  readiness.stop()
})
