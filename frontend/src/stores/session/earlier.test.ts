import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { useSessionHold } from '../../session/useSessionHold'
import { installFakeLocks, removeFakeLocks, type FakeLocks } from '../../testing/fakeLocks'
import { FakeSocket } from '../../testing/fakeSocket'
import { FakeSource } from '../../testing/fakeSource'
import { inScope } from '../../testing/scope'
import { inSurroundings, listen, Surroundings, tick, tone, type Session } from '../../testing/surroundings'
import { useReadings } from '../readings'
import { useSession } from '../session'
import { useSpeakers } from '../speakers'

let around: Surroundings
let session: Session

inSurroundings((given, store) => ([around, session] = [given, store]))

describe('a session that a reload has cut off', () => {
  let record: object
  let stored: object[]

  beforeEach(async () => {
    session.$dispose()
    sessionStorage.setItem('linnet-session', '5-old')
    record = { state: 'running', sample_rate: 16_000, audio_seconds: 2.5001875 }
    stored = [
      { id: '16000-1', event: 'tone-event', data: { ...tone, label: 'L1' }, correction: { affect: 'sad', note: '' } },
      { id: '32000-1', event: 'tone-event', data: { ...tone, timestamp: 2, label: 'L2' } },
      { id: '48000-1', event: 'audio-gap', data: { from: 2, to: 3 } },
    ]
    around.answers = path =>
      path === '/session/5-old'
        ? new Response(JSON.stringify(record))
        : path.startsWith('/session/5-old/export')
          ? new Response(JSON.stringify({ events: stored }))
          : undefined
    setActivePinia(createPinia())
    session = useSession()
    await tick()
  })

  it('is offered, and goes on with the next sample', async () => {
    expect(session.interrupted).toBe(true)
    void session.goOn()
    await tick()
    expect(around.calls.map(([path]) => path)).not.toContain('/session/start')
    expect(FakeSource.last.url).toBe('/session/5-old/stream?last_event_id=48000-1')
    expect(FakeSocket.last.url).toContain('/session/5-old/audio?offset=40003')
    expect([session.phase, session.id, session.interrupted]).toEqual(['live', '5-old', false])
  })

  it.each([{ sample_rate: 48_000 }, { state: 'stopped' }])(
    'gives way to a new one where its sound cannot go on: %o',
    async change => {
      record = { ...record, ...change }
      void session.goOn()
      await tick()
      expect(FakeSocket.last.url).toContain('/session/3-abc/audio?offset=0')
    },
  )

  it('shows what was read of it, at once and when it goes on, each reading once', async () => {
    const readings = useReadings()
    expect(readings.all.map(one => one.label)).toEqual(['L1', 'L2'])
    expect(session.history.map(one => one.label)).toEqual(['L2', 'L1'])
    expect([readings.corrections.get('16000-1')?.affect, readings.gaps.length]).toEqual(['sad', 1])
    expect(useSpeakers().heard).toEqual(['speaker_a'])
    expect(session.reading.tone).toBeNull() // nothing of it is now
    stored.push({ id: '64000-1', event: 'tone-event', data: { ...tone, timestamp: 4, label: 'L4' } })
    void session.goOn()
    await tick()
    FakeSource.last.sends('tone-event', { ...tone, timestamp: 4, label: 'L4' }, '64000-1')
    FakeSource.last.sends('tone-event', { ...tone, timestamp: 5, label: 'L5' }, '80000-1')
    expect(readings.all.map(one => one.label)).toEqual(['L1', 'L2', 'L4', 'L5'])
    expect(readings.gaps.length).toBe(1)
  })

  it('is shown, when it is over, until another one begins', async () => {
    stored.push({ id: '70000-1', event: 'session-ended', data: { reason: 'idle' } })
    record = { state: 'stopped' }
    session.$dispose()
    setActivePinia(createPinia())
    session = useSession()
    await tick()
    expect([session.phase, session.interrupted, session.earlier]).toEqual(['idle', false, '5-old'])
    expect(session.history.map(one => one.label)).toEqual(['L2', 'L1'])
    await listen(session)
    expect(session.history).toEqual([])
  })

  it('is not shown in the place of a session that began meanwhile', async () => {
    let release = (): void => undefined
    const held = new Promise<void>(resolve => (release = resolve))
    const before = fetch
    vi.stubGlobal(
      'fetch',
      vi.fn(async (path: string, init?: RequestInit) => {
        if (path.startsWith('/session/5-old/export')) await held
        return before(path, init)
      }),
    )
    session.$dispose()
    setActivePinia(createPinia())
    session = useSession()
    await listen(session)
    release()
    await tick()
    expect([session.id, session.history]).toEqual(['3-abc', []])
  })

  it('says what is the matter while the server is away, and lets go of it when that is asked for', async () => {
    around.answers = () => new Response('', { status: 502 })
    void session.goOn()
    await tick(3000)
    expect([session.phase, session.trouble?.code]).toEqual(['starting', 'server-away'])
    expect(session.history.length).toBe(2)
    void session.stop()
    await tick()
    expect([session.phase, session.trouble, session.earlier]).toEqual(['idle', null, '5-old'])
  })

  it('goes on by itself once the server is back', async () => {
    const there = around.answers
    around.answers = () => new Response('', { status: 502 })
    void session.goOn()
    await tick(3000)
    around.answers = there
    window.dispatchEvent(new Event('online'))
    await tick()
    expect([session.phase, session.id, session.trouble]).toEqual(['live', '5-old', null])
  })

  it('can be ended; the last readings still come', async () => {
    void session.endEarlier()
    await tick()
    expect(around.calls).toContainEqual(['/session/5-old/end', 'DELETE'])
    expect([session.phase, session.id]).toEqual(['finishing', '5-old'])
    expect(FakeSource.last.url).toBe('/session/5-old/stream?last_event_id=48000-1')
    FakeSource.last.sends('tone-event', { ...tone, timestamp: 5, label: 'L5' }, '80000-1')
    FakeSource.last.sends('session-ended', { reason: 'client' }, '81000-1')
    await tick()
    expect([session.phase, session.reading.tone?.label]).toEqual(['ended', 'L5'])
  })

  it('is not said to be ended while the server is away', async () => {
    const there = around.answers
    around.answers = () => new Response('', { status: 502 })
    void session.endEarlier()
    await tick(3000)
    expect([session.phase, session.trouble?.code]).toEqual(['idle', 'server-away'])
    around.answers = there
    await tick(5000)
    expect([session.phase, session.trouble]).toEqual(['finishing', null])
  })

  describe('or so it seems, as another tab has it', () => {
    let locks: FakeLocks
    let other: ReturnType<typeof useSessionHold> & { stop: () => void }

    beforeEach(async () => {
      locks = installFakeLocks()
      other = inScope(useSessionHold)
      other.take('5-old')
      session.$dispose()
      setActivePinia(createPinia())
      session = useSession()
      await tick(600)
    })

    afterEach(() => {
      other.stop()
      removeFakeLocks()
    })

    it('is never said to be cut off, but read along', async () => {
      expect([session.following, session.interrupted]).toEqual([true, false])
      expect(session.status).toBe('Open in another tab')
      FakeSource.last.opens()
      expect(FakeSource.last.url).toBe('/session/5-old/stream?last_event_id=48000-1')
      FakeSource.last.sends('tone-event', { ...tone, timestamp: 5, label: 'L5' }, '80000-1')
      expect([session.reading.tone?.label, session.reading.current]).toEqual(['L5', true])
      expect(FakeSocket.all).toEqual([])
    })

    it('is offered once that tab was closed without an end', async () => {
      other.stop()
      await tick()
      expect([session.following, session.interrupted]).toEqual([false, true])
      expect(FakeSource.last.readyState).toBe(FakeSource.CLOSED)
    })

    it('stays to be read once it ends there', async () => {
      record = { state: 'stopped' }
      FakeSource.last.sends('session-ended', { reason: 'client' }, '81000-1')
      other.release()
      await tick()
      expect([session.phase, session.following, session.interrupted, session.earlier]).toEqual(['idle', false, false, '5-old'])
      expect([session.history.length, session.trouble]).toEqual([2, null])
    })

    it('can be taken over', async () => {
      void session.goOn()
      await tick()
      expect([session.phase, session.id, session.following]).toEqual(['live', '5-old', false])
      other.release()
      await tick()
      expect(locks.isHeld('linnet-session-5-old')).toBe(true)
    })
  })
})
