import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { shallowRef } from 'vue'
import { useReadings } from '../stores/readings'
import { installFakeLocks, removeFakeLocks } from '../testing/fakeLocks'
import { inScope } from '../testing/scope'
import { Surroundings, tick, tone } from '../testing/surroundings'
import type { Phase } from './statusLine'
import { countTurns, type Turns } from './turns'
import { useResume, type Resume } from './useResume'
import { useSessionHold } from './useSessionHold'

const RUNNING = { state: 'running', sample_rate: 16_000, audio_seconds: 2.5, facts: true, words: true }

let around: Surroundings
let record: object
let turns: Turns
const phase = shallowRef<Phase>('idle')
const away = vi.fn()
const stream = { open: vi.fn(), close: vi.fn(), rest: vi.fn(), refresh: vi.fn() }
let resume: Resume & { stop: () => void }

const afterReload = async (): Promise<void> => {
  resume = inScope(() => useResume({ phase, stream, turns, away }))
  await tick(600)
}

beforeEach(() => {
  around = new Surroundings()
  installFakeLocks()
  setActivePinia(createPinia())
  vi.clearAllMocks()
  sessionStorage.setItem('linnet-session', '5-old')
  phase.value = 'idle'
  turns = countTurns()
  record = RUNNING
  around.answers = path =>
    path === '/session/5-old'
      ? Response.json(record)
      : path.startsWith('/session/5-old/export')
        ? Response.json({ events: [{ id: '16000-1', event: 'tone-event', data: tone }] })
        : undefined
})

afterEach(async () => {
  resume.stop()
  await tick()
  removeFakeLocks()
  around.remove()
})

it('knows a session that was cut off, and shows what was read of it', async () => {
  await afterReload()
  expect([resume.earlier.value, resume.interrupted.value, resume.following.value]).toEqual(['5-old', true, false])
  expect(useReadings().all.map(({ label }) => label)).toEqual(['Calm'])
  expect(stream.open).not.toHaveBeenCalled()
})

it('goes on where the server has the sound', async () => {
  await afterReload()
  expect(await resume.rejoin(16_000, turns.next())).toEqual({
    id: '5-old',
    from: 40_000,
    after: '16000-1',
    facts: true,
    words: true,
  })
})

it.each([{ sample_rate: 48_000 }, { state: 'stopped' }])('does not go on where the sound cannot: %o', async change => {
  await afterReload()
  record = { ...RUNNING, ...change }
  expect(await resume.rejoin(16_000, turns.next())).toBeNull()
})

it('says that the server is away, and tries again while that is wanted', async () => {
  await afterReload()
  around.answers = () => new Response('', { status: 503 })
  const failed = vi.fn()
  void resume.rejoin(16_000, turns.next()).catch(failed)
  await tick(2000)
  expect([away.mock.calls.length > 1, failed.mock.calls.length]).toEqual([true, 0])
  turns.next()
  await tick(10_000)
  expect(failed).toHaveBeenCalledOnce()
})

it('follows the tab that has the session, until that tab lets go of it', async () => {
  const other = inScope(useSessionHold)
  other.take('5-old')
  await afterReload()
  expect([resume.following.value, resume.interrupted.value]).toEqual([true, false])
  expect(stream.open).toHaveBeenCalledWith('5-old', '16000-1')
  other.stop()
  await tick()
  expect([resume.following.value, resume.interrupted.value]).toEqual([false, true])
  expect(stream.close).toHaveBeenCalled()
})

it('is found again after a reload once it is taken, and not once it is forgotten', async () => {
  await afterReload()
  resume.take('6-new')
  await tick()
  expect([resume.earlier.value, sessionStorage.getItem('linnet-session')]).toEqual(['', '6-new'])
  resume.forget()
  await tick()
  expect(sessionStorage.getItem('linnet-session')).not.toBe('6-new')
})
