import { afterEach, expect, it, vi } from 'vitest'
import { inScope } from '../testing/scope'
import { useLiveStatus } from './useLiveStatus'

afterEach(() => {
  vi.useRealTimers()
})

it('says quiet only once it has lasted', () => {
  vi.useFakeTimers()
  const status = inScope(useLiveStatus)
  status.hear({ state: 'listening', lagSeconds: 0 })
  status.hear({ state: 'silence', lagSeconds: 0 })
  expect(status.live.value?.state).toBe('silence')
  vi.advanceTimersByTime(1500)
  status.hear({ state: 'listening', lagSeconds: 0 })
  vi.advanceTimersByTime(3000)
  expect(status.settled.value?.state).toBe('listening')
  status.hear({ state: 'silence', lagSeconds: 0 })
  vi.advanceTimersByTime(1900)
  expect(status.settled.value?.state).toBe('listening')
  vi.advanceTimersByTime(100)
  expect(status.settled.value?.state).toBe('silence')
  status.reset()
  expect(status.settled.value).toBeNull()
  status.stop()
})
