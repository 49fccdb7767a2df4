import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { StreamEvent } from '../contract/events'
import { FakeSource } from '../testing/fakeSource'
import { installFakeLocks, removeFakeLocks } from '../testing/fakeLocks'
import { FakeServer } from '../testing/fakeServer'
import { inScope } from '../testing/scope'
import { useToneStream } from './useToneStream'

const tone = { label: 'Warmly amused', affect: 'warm', confidence: 0.8, timestamp: 3, speaker_id: 'speaker_a' }

let events: StreamEvent[]
let stream: ReturnType<typeof useToneStream> & { stop: () => void }
let answer: () => Response

beforeEach(() => {
  vi.useFakeTimers()
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
  vi.stubGlobal('EventSource', FakeSource)
  vi.stubGlobal(
    'fetch',
    vi.fn(async () => answer()),
  )
  answer = () => new Response('{}')
  FakeSource.all = []
  events = []
  stream = inScope(() => useToneStream(event => events.push(event)))
  stream.open('3-abc')
})

afterEach(() => {
  stream.stop()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('useToneStream', () => {
  it('opens the stream from its beginning and hands events over', () => {
    expect(FakeSource.last.url).toBe('/session/3-abc/stream')
    FakeSource.last.opens()
    expect(stream.state.value).toBe('open')
    FakeSource.last.sends('tone-event', tone, '48000-1')
    expect(events).toMatchObject([{ kind: 'tone-event', tone: { id: '48000-1', label: 'Warmly amused', affect: 'warm' } }])
    expect(stream.lastEventId.value).toBe('48000-1')
  })

  it('goes back to where the server goes on after it has lost its newest events', () => {
    FakeSource.last.sends('tone-event', tone, '64000-1')
    FakeSource.last.sends('gap', { from: '48000-1', to: '64000-1', detail: 'lost' }, '64000-1')
    expect(stream.lastEventId.value).toBe('48000-1')
    FakeSource.last.sends('tone-event', tone, '64000-1')
    expect(events.map(event => event.kind)).toEqual(['tone-event', 'gap', 'tone-event'])
    FakeSource.last.sends('gap', {}, '')
    expect(stream.lastEventId.value).toBe('64000-1')
  })

  it('begins behind an event that is known already', () => {
    stream.open('3-abc', '48000-1')
    expect(FakeSource.last.url).toBe('/session/3-abc/stream?last_event_id=48000-1')
    FakeSource.last.sends('tone-event', tone, '48000-1')
    expect(events).toEqual([])
    stream.open('3-abc', '0-0')
    expect(FakeSource.last.url).toBe('/session/3-abc/stream?last_event_id=0-0')
    stream.open('3-abc')
    expect(FakeSource.last.url).toBe('/session/3-abc/stream')
  })

  it('lets the browser reconnect while it does', async () => {
    FakeSource.last.opens()
    FakeSource.last.fails(false)
    expect(stream.state.value).toBe('reconnecting')
    await vi.advanceTimersByTimeAsync(60_000)
    expect(FakeSource.all.length).toBe(1)
    FakeSource.last.opens()
    expect(stream.state.value).toBe('open')
  })

  it('reopens from the last id after an error answer', async () => {
    FakeSource.last.opens()
    FakeSource.last.sends('tone-event', tone, '48000-1')
    FakeSource.last.fails(true)
    await vi.advanceTimersByTimeAsync(500)
    expect(FakeSource.last.url).toBe('/session/3-abc/stream?last_event_id=48000-1')
    FakeSource.last.opens()
    expect(stream.state.value).toBe('open')
  })

  it('loses nothing when the cut came before the first event', async () => {
    FakeSource.last.fails(true)
    await vi.advanceTimersByTimeAsync(500)
    expect(FakeSource.last.url).toBe('/session/3-abc/stream?last_event_id=0-0')
  })

  it('waits while the server is away, and goes on when it is back', async () => {
    FakeSource.last.opens()
    answer = () => new Response('bad gateway', { status: 502 })
    FakeSource.last.fails(true)
    await vi.advanceTimersByTimeAsync(20_000)
    expect(FakeSource.all.length).toBe(1)
    answer = () => new Response('{}')
    await vi.advanceTimersByTimeAsync(6000)
    expect(FakeSource.all.length).toBe(2)
  })

  it('gives up when the server no longer has the session', async () => {
    answer = () => new Response('{"detail":"gone"}', { status: 404 })
    FakeSource.last.fails(true)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(stream.state.value).toBe('gone')
    expect(FakeSource.all.length).toBe(1)
  })

  it('resumes on a new connection when asked, unless it is over', () => {
    FakeSource.last.opens()
    FakeSource.last.sends('tone-event', tone, '48000-1')
    stream.refresh()
    expect(FakeSource.all[0]?.readyState).toBe(2)
    expect(FakeSource.last.url).toBe('/session/3-abc/stream?last_event_id=48000-1')
    FakeSource.last.sends('session-ended', { reason: 'client' }, '50000-1')
    stream.refresh()
    expect(FakeSource.all.length).toBe(2)
  })

  it('shows nothing twice', () => {
    FakeSource.last.sends('tone-event', tone, '48000-1')
    FakeSource.last.sends('tone-event', tone, '48000-1')
    FakeSource.last.sends('tone-event', tone, '48000-2')
    expect(events.length).toBe(2)
  })

  it('passes live status on although it repeats the id before', () => {
    FakeSource.last.sends('tone-event', tone, '48000-1')
    FakeSource.last.sends('status', { state: 'behind', lag_seconds: 3 }, '48000-1')
    expect(events[1]).toEqual({ kind: 'status', status: { state: 'behind', lagSeconds: 3 } })
  })

  it('stops for good after session-ended', async () => {
    FakeSource.last.sends('session-ended', { reason: 'client' }, '50000-1')
    expect(stream.state.value).toBe('ended')
    expect(FakeSource.last.readyState).toBe(2)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(FakeSource.all.length).toBe(1)
  })

  it('ignores what is malformed or unknown', () => {
    FakeSource.last.dispatchEvent(new MessageEvent('tone-event', { data: '{', lastEventId: '1-1' }))
    FakeSource.last.sends('tone-event', { ...tone, label: 7 }, '2-1')
    FakeSource.last.sends('tone-event', { ...tone, affect: 'wistful', surprise: true }, '3-1')
    expect(events).toMatchObject([{ tone: { affect: 'neutral', label: 'Warmly amused' } }])
  })

  it('ends with its scope', () => {
    stream.stop()
    expect(FakeSource.last.readyState).toBe(2)
    expect(stream.state.value).toBe('closed')
  })
})

describe('a stream that is held back', () => {
  let server: FakeServer
  const tick = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)
  const happens = (second: number, kind = 'tone-event', data: object = { ...tone, timestamp: second }): void =>
    void server.events.push({ id: `${second * 16_000}-1`, kind, data })
  const seconds = (): number[] => events.flatMap(event => (event.kind === 'tone-event' ? [event.tone.timestamp] : []))

  beforeEach(() => {
    server = new FakeServer()
    vi.stubGlobal('fetch', server.fetch)
  })

  it.each([
    ['after its head', true],
    ['as a whole', false],
  ])('%s is got around within 15 s, and nothing is shown twice', async (_, opens) => {
    if (opens) FakeSource.last.opens()
    for (let second = 1; second <= 15; second += 1) {
      if (second > 5) happens(second)
      await tick(1000)
    }
    expect([stream.heldBack.value, stream.state.value]).toEqual([true, 'open'])
    expect(FakeSource.last.readyState).toBe(2)
    await tick(1000)
    expect(seconds()).toEqual([6, 7, 8, 9, 10, 11, 12, 13, 14, 15])
    happens(16)
    happens(17, 'session-ended', { reason: 'client' })
    await tick(1100)
    expect(seconds().at(-1)).toBe(16)
    expect([events.at(-1)?.kind, stream.state.value]).toEqual(['session-ended', 'ended'])
  })

  it('is not suspected where it brings what it has, or where there is nothing to bring', async () => {
    FakeSource.last.opens()
    await tick(30_000)
    for (let second = 30; second <= 300; second += 1) {
      happens(second)
      await tick(500)
      FakeSource.last.sends('tone-event', { ...tone, timestamp: second }, `${second * 16_000}-1`)
      await tick(500)
    }
    expect([stream.heldBack.value, FakeSource.all.length]).toEqual([false, 1])
    expect(seconds().length).toBe(271)
  })

  it('waits while the server is away, and gives up where the session is gone', async () => {
    FakeSource.last.opens()
    happens(3)
    await tick(8000)
    expect(stream.heldBack.value).toBe(true)
    server.trouble = () => new Response('', { status: 502 })
    await tick(2000)
    expect(stream.state.value).toBe('reconnecting')
    happens(4)
    server.trouble = () => undefined
    await tick(6000)
    expect([stream.state.value, seconds()]).toEqual(['open', [3, 4]])
    server.trouble = () => Response.json({ detail: 'gone' }, { status: 404 })
    await tick(2000)
    expect(stream.state.value).toBe('gone')
  })

  it('rests, and then brings what was missed', async () => {
    FakeSource.last.opens()
    stream.rest()
    expect(FakeSource.last.readyState).toBe(2)
    await tick(60_000)
    expect(FakeSource.all.length).toBe(1)
    stream.refresh()
    expect(FakeSource.all.length).toBe(2)
  })
})

describe('the tabs of one browser', () => {
  const tick = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)
  const open = (): number => FakeSource.all.filter(({ readyState }) => readyState !== 2).length
  let tabs: (ReturnType<typeof useToneStream> & { stop: () => void })[]
  let seen: number[]

  beforeEach(async () => {
    const server = new FakeServer()
    server.events = [{ id: '16000-1', kind: 'tone-event', data: tone }]
    vi.stubGlobal('fetch', server.fetch)
    installFakeLocks()
    stream.stop()
    FakeSource.all = []
    seen = []
    tabs = Array.from({ length: 9 }, (_, n) => inScope(() => useToneStream(() => seen.push(n))))
    tabs.forEach(tab => tab.open('3-abc'))
    await tick(1000)
  })
  afterEach(() => {
    tabs.forEach(tab => tab.stop())
    removeFakeLocks()
  })

  it('hold three streams together; the others ask, and all get everything once', async () => {
    expect(open()).toBe(3)
    FakeSource.all.forEach(source => {
      source.opens()
      source.sends('tone-event', tone, '16000-1')
    })
    await tick(30_000)
    expect(tabs.map(tab => [tab.state.value, tab.heldBack.value])).toEqual(Array(9).fill(['open', false]))
    expect(seen.sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
    expect(open()).toBe(3)
  })

  it('take a stream over that another one has let go', async () => {
    FakeSource.all.forEach(source => source.opens())
    tabs[0]?.stop()
    tabs[1]?.rest()
    expect(open()).toBe(1)
    await tick(20_000)
    expect(open()).toBe(3)
  })
})
