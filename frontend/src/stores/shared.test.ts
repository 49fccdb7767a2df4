import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FakeSocket } from '../testing/fakeSocket'
import { FakeSource } from '../testing/fakeSource'
import { useReadings } from './readings'
import { useSharedSession } from './shared'
import { useSpeakers } from './speakers'

const LINK = '3-rdef'
const toneAt = (timestamp: number): object => ({
  session_id: LINK,
  label: `L${timestamp}`,
  affect: 'calm',
  confidence: 0.8,
  timestamp,
  speaker_id: 'speaker_b',
})

let session: ReturnType<typeof useSharedSession>
let calls: string[]
let stored: object[]
let answers: (path: string) => Response | undefined

const tick = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)
const reads = (timestamp: number): void => FakeSource.last.sends('tone-event', toneAt(timestamp), `${timestamp * 16_000}-1`)

async function open(): Promise<void> {
  void session.open(LINK)
  await tick()
  FakeSource.last.opens()
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
  vi.stubGlobal('EventSource', FakeSource)
  vi.stubGlobal('WebSocket', FakeSocket)
  FakeSource.all = []
  FakeSocket.all = []
  calls = []
  stored = [1, 2].map(second => ({ id: `${second * 16_000}-1`, event: 'tone-event', data: toneAt(second) }))
  answers = () => undefined
  vi.stubGlobal(
    'fetch',
    vi.fn(async (path: string, init: RequestInit = {}) => {
      calls.push(`${init.method ?? 'GET'} ${path}`)
      return answers(path) ?? new Response(JSON.stringify({ session_id: LINK, events: stored }))
    }),
  )
  setActivePinia(createPinia())
  session = useSharedSession()
})

afterEach(() => {
  session.$dispose()
  vi.useRealTimers()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
  localStorage.clear()
  sessionStorage.clear()
})

describe('a shared session', () => {
  it('is read from its beginning, then live, without a hole between', async () => {
    await open()
    expect(FakeSource.last.url).toBe(`/session/${LINK}/stream?last_event_id=32000-1`)
    expect(session.history.map(tone => tone.label)).toEqual(['L2', 'L1'])
    expect(useSpeakers().heard).toEqual(['speaker_b'])
    reads(2)
    reads(3)
    expect(session.history.map(tone => tone.label)).toEqual(['L3', 'L2', 'L1'])
    for (let second = 4; second <= 12; second += 1) reads(second)
    expect(session.history.map(tone => tone.label)).toEqual(['L12', 'L11', 'L10', 'L9', 'L8', 'L7', 'L6', 'L5'])
    expect(useReadings().all).toHaveLength(12)
  })

  it('says what to do with a link that is not whole', async () => {
    await session.open('')
    expect([session.trouble?.code, session.gone, calls]).toEqual(['link-broken', true, []])
  })

  it('shows where there was no sound, once, and goes on behind it', async () => {
    stored.push({ id: '64000-1', event: 'audio-gap', data: { from: 2, to: 4 } })
    await open()
    expect(FakeSource.last.url).toBe(`/session/${LINK}/stream?last_event_id=64000-1`)
    FakeSource.last.sends('audio-gap', { from: 7, to: 8 }, '128000-1')
    expect(useReadings().gaps).toEqual([
      { from: 2, to: 4 },
      { from: 7, to: 8 },
    ])
  })

  it('asks for nothing further of a session that is over', async () => {
    stored.push({ id: '64000-1', event: 'session-ended', data: { reason: 'client' } })
    void session.open(LINK)
    await tick()
    expect([session.phase, session.reading.tone?.label, FakeSource.all.length]).toEqual(['ended', 'L2', 0])
    expect(session.notices.map(notice => notice.text)).toEqual([expect.stringContaining('This session is over')])
  })

  it('asks only, and opens no audio socket', async () => {
    await open()
    reads(3)
    FakeSource.last.sends('session-ended', { reason: 'client' }, '64000-1')
    await tick(30_000)
    expect(calls.filter(call => !call.startsWith('GET '))).toEqual([])
    expect(FakeSocket.all).toEqual([])
    expect(sessionStorage.getItem('linnet-session')).toBeNull()
  })

  it('says what is heard, and that a reading is current only for a while', async () => {
    await open()
    expect(session.status).toBe('Connected – waiting for a voice')
    expect(session.reading.current).toBe(false)
    FakeSource.last.sends('status', { state: 'listening' })
    reads(3)
    expect([session.status, session.reading.current]).toEqual(['Listening', true])
    await tick(6100)
    expect(session.reading.current).toBe(false)
    reads(4)
    FakeSource.last.sends('status', { state: 'unclear' })
    expect([session.reading.current, session.reading.unclear]).toEqual([true, false])
    await tick(2000)
    expect([session.reading.current, session.reading.unclear]).toEqual([false, true])
    FakeSource.last.fails(false)
    expect(session.status).toBe('Reconnecting – nothing lost so far')
    expect(session.reading.unclear).toBe(false)
  })

  it('ends as the session ends, and stays to be read', async () => {
    await open()
    reads(3)
    FakeSource.last.sends('session-ended', { reason: 'idle' }, '64000-1')
    await tick()
    expect([session.phase, session.status, session.trouble, session.gone]).toEqual(['ended', 'Stopped', null, false])
    expect(session.reading.tone?.label).toBe('L3')
    expect(session.notices.map(notice => notice.text)).toEqual([expect.stringContaining('This session is over')])
  })

  it('shows nothing any longer once sharing was ended', async () => {
    await open()
    reads(3)
    answers = () => new Response('{"detail":"unknown"}', { status: 404 })
    FakeSource.last.fails(true)
    await tick(1000)
    expect([session.phase, session.trouble?.code, session.gone]).toEqual(['ended', 'link-unknown', true])
    expect([session.reading.tone, useReadings().all]).toEqual([null, []])
  })

  it('says at once that a link does not work', async () => {
    answers = () => new Response('{"detail":"unknown"}', { status: 404 })
    void session.open(LINK)
    await tick()
    expect([session.phase, session.trouble?.code]).toEqual(['ended', 'link-unknown'])
    expect(FakeSource.all).toEqual([])
  })

  it('waits for a server that is away', async () => {
    answers = () => new Response('', { status: 502 })
    void session.open(LINK)
    await tick(2000)
    expect([session.phase, session.trouble?.code]).toEqual(['starting', 'server-away'])
    answers = () => undefined
    await tick(5000)
    expect([session.phase, session.trouble]).toEqual(['live', null])
  })

  it('says that this device is offline, not that nobody reads', async () => {
    await open()
    vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false)
    vi.stubGlobal(
      'fetch',
      vi.fn(async () => Promise.reject(new TypeError('network'))),
    )
    window.dispatchEvent(new Event('offline'))
    await tick(14_000)
    expect([session.trouble?.code, session.status]).toEqual(['offline', 'Offline – nothing lost so far'])
  })

  it('goes on from the last event when the page is looked at again', async () => {
    await open()
    reads(3)
    vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden')
    document.dispatchEvent(new Event('visibilitychange'))
    await tick()
    expect(FakeSource.all).toHaveLength(1)
    vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('visible')
    document.dispatchEvent(new Event('visibilitychange'))
    await tick()
    expect(FakeSource.last.url).toBe(`/session/${LINK}/stream?last_event_id=48000-1`)
    expect(FakeSource.all).toHaveLength(2)
  })
})
