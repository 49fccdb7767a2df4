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
  vi.stubGlobal(
    'fetch',
    vi.fn(() => new Promise<Response>(resolve => answers.push(resolve))),
  )
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

it('says which of the three it is', async () => {
  const online = vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(true)
  const active = shallowRef(true)
  const readiness = inScope(() => useReadiness(active))
  const says = async (answer: () => Promise<Response>): Promise<string | null> => {
    vi.stubGlobal('fetch', vi.fn(answer))
    await readiness.ask()
    return readiness.hindrance.value
  }
  expect(await says(async () => new Response('{"reason":"no_worker"}', { status: 503 }))).toBe('no-worker')
  expect(await says(async () => new Response('{"reason":"no_progress"}', { status: 503 }))).toBe('no-worker')
  expect(await says(async () => new Response('{"detail":"Redis is away"}', { status: 503 }))).toBe('server-away')
  expect(await says(async () => Promise.reject(new TypeError('refused')))).toBe('server-away')
  online.mockReturnValue(false)
  expect(await says(async () => Promise.reject(new TypeError('network')))).toBe('offline')
  // A server on this very computer is reached without any network.
  expect(await says(async () => new Response('{}'))).toBeNull()
  online.mockRestore()
  readiness.stop()
})

it('asks at once when the browser goes offline or online, and lets no older answer win', async () => {
  const active = shallowRef(true)
  const readiness = inScope(() => useReadiness(active))
  window.dispatchEvent(new Event('offline'))
  window.dispatchEvent(new Event('online'))
  expect(answers.length).toBe(2)
  answers[1]?.(new Response('{}'))
  await settle()
  answers[0]?.(no())
  await settle()
  expect(readiness.hindrance.value).toBeNull()
  readiness.stop()
})

it('knows that a server is back by its word, and that this says nothing of workers', async () => {
  const active = shallowRef(true)
  const readiness = inScope(() => useReadiness(active))
  void readiness.ask()
  answers[0]?.(no())
  await settle()
  expect(readiness.hindrance.value).toBe('server-away')
  readiness.answered()
  expect(readiness.hindrance.value).toBeNull()
  answers[1]?.(new Response('{"reason":"no_worker"}', { status: 503 }))
  await settle()
  readiness.answered()
  expect(readiness.hindrance.value).toBe('no-worker')
  readiness.stop()
})
