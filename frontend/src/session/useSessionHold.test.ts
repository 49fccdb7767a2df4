import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { installFakeLocks, removeFakeLocks, type FakeLocks } from '../testing/fakeLocks'
import { inScope } from '../testing/scope'
import { useSessionHold } from './useSessionHold'

let locks: FakeLocks
const tick = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)

beforeEach(() => {
  vi.useFakeTimers()
  locks = installFakeLocks()
})

afterEach(() => {
  removeFakeLocks()
  vi.useRealTimers()
})

it('knows that another tab has a session, until that one lets go of it', async () => {
  const [first, second] = [inScope(useSessionHold), inScope(useSessionHold)]
  first.take('3-abc')
  void second.ask('3-abc')
  await tick(600)
  expect(second.elsewhere.value).toBe(true)
  first.stop() // its tab was closed
  await tick()
  expect(second.elsewhere.value).toBe(false)
  second.stop()
})

it('is not deceived by its own page before a reload', async () => {
  const before = inScope(useSessionHold)
  before.take('3-abc')
  const after = inScope(useSessionHold)
  const asked = after.ask('3-abc')
  await tick(200)
  before.stop()
  await tick()
  await asked
  expect(after.elsewhere.value).toBe(false)
  await tick(1000)
  expect(after.elsewhere.value).toBe(false)
  after.stop()
})

it('takes a session from whoever has it', async () => {
  const [first, second] = [inScope(useSessionHold), inScope(useSessionHold)]
  first.take('3-abc')
  void second.ask('3-abc')
  await tick(600)
  second.take('3-abc')
  expect(second.elsewhere.value).toBe(false)
  first.release()
  await tick()
  expect(locks.isHeld('linnet-session-3-abc')).toBe(true)
  second.stop()
  await tick()
  expect(locks.isHeld('linnet-session-3-abc')).toBe(false)
})

it('says nothing where a browser has no locks', async () => {
  removeFakeLocks()
  const hold = inScope(useSessionHold)
  hold.take('3-abc')
  await hold.ask('3-abc')
  expect(hold.elsewhere.value).toBe(false)
  hold.stop()
})
