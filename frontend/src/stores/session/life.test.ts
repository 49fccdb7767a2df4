import { beforeEach, describe, expect, it, vi } from 'vitest'
import { FakeContext, FakeWorklet } from '../../testing/fakeAudio'
import { FakeSocket } from '../../testing/fakeSocket'
import { FakeSource } from '../../testing/fakeSource'
import { inSurroundings, listen, speak, tick, tone, Surroundings, type Session } from '../../testing/surroundings'
import { useSettings } from '../settings'

let around: Surroundings
let session: Session

inSurroundings((given, store) => ([around, session] = [given, store]))

describe('a session', () => {
  it('begins: microphone, session at its rate, events, audio', async () => {
    useSettings().kept.elcor = true
    await listen(session)
    expect(session.phase).toBe('live')
    expect(around.bodies).toEqual([{ sample_rate: 16_000, elcor: true, words: null }])
    expect(FakeSource.last.url).toBe('/session/3-abc/stream')
    expect(FakeSocket.last.url).toContain('/session/3-abc/audio?offset=0')
    speak(2)
    expect(FakeSocket.last.sent.length).toBe(2)
    expect(sessionStorage.getItem('linnet-session')).toBe('3-abc')
    session.forget()
    await tick()
    expect(sessionStorage.getItem('linnet-session')).toBe('')
  })

  it('keeps the last eight readings, newest first', async () => {
    await listen(session)
    for (let n = 1; n <= 10; n += 1) FakeSource.last.sends('tone-event', { ...tone, label: `L${n}` }, `${n}-1`)
    expect(session.reading.tone?.label).toBe('L10')
    expect(session.history.map(event => event.label)).toEqual(['L10', 'L9', 'L8', 'L7', 'L6', 'L5', 'L4', 'L3'])
  })

  it('ends in order: last sound, its answer, the end, then the last reading', async () => {
    await listen(session)
    speak(1)
    FakeWorklet.last.rest = new Int16Array(70)
    void session.stop()
    await tick()
    expect(FakeSocket.last.sent.map(pcm => pcm.length)).toEqual([1600, 70])
    expect(around.calls).not.toContainEqual(['/session/3-abc/end', 'DELETE'])
    FakeSocket.last.acknowledges(2)
    await tick()
    expect(around.calls).toContainEqual(['/session/3-abc/end', 'DELETE'])
    expect(session.phase).toBe('finishing')
    FakeSource.last.sends('tone-event', tone, '5-1')
    FakeSource.last.sends('session-ended', { reason: 'client' }, '6-1')
    await tick()
    expect(session.phase).toBe('ended')
    expect(session.reading.tone?.label).toBe('Calm')
    expect(session.trouble).toBeNull()
    expect(around.audio.streams[0]?.track.stopped).toBe(true)
  })

  describe('that is stopped while the link is away', () => {
    beforeEach(async () => {
      await listen(session)
      speak(10)
      FakeSocket.last.acknowledges(10)
      around.answers = path => (path === '/session/3-abc' ? new Response('', { status: 502 }) : undefined)
      FakeSocket.last.cuts()
      speak(100)
      void session.stop()
      await tick()
    })

    it('still sends what it has, however long that takes', async () => {
      expect(session.status).toBe('Stopped – 10 s of sound still to be sent')
      await tick(60_000)
      expect([session.phase, Math.round(session.unsent)]).toEqual(['finishing', 10])
      expect(around.calls).not.toContainEqual(['/session/3-abc/end', 'DELETE'])
      FakeSocket.last.welcomes(16_000)
      FakeSocket.last.acknowledges(50)
      FakeSocket.last.acknowledges(50)
      await tick()
      expect(around.calls).toContainEqual(['/session/3-abc/end', 'DELETE'])
      FakeSource.last.sends('session-ended', { reason: 'client' }, '200000-1')
      await tick()
      expect([session.phase, session.trouble, session.notices]).toEqual(['ended', null, []])
    })

    it('can give it up, though not by a double click, and says how much it was', async () => {
      void session.stop()
      await tick()
      expect(session.phase).toBe('finishing')
      await tick(1000)
      around.answers = () => new Response('', { status: 502 })
      void session.stop()
      await tick()
      expect(session.phase).toBe('ended')
      around.answers = () => undefined
      around.calls.length = 0
      await tick(5000)
      expect(around.calls).toEqual([['/session/3-abc/end', 'DELETE']]) // it is ended once the server is back
      expect(session.notices.map(notice => notice.text)).toEqual([
        'The last 10 s of sound may not have reached the server. Any sound that was lost will not be analysed.',
      ])
    })

    it('says how much was lost when the session ended meanwhile', async () => {
      await tick(90_000)
      FakeSocket.last.cuts(4010)
      await tick()
      expect([session.phase, session.trouble?.code]).toEqual(['ended', 'session-ended'])
      expect(session.notices.map(notice => notice.text)).toEqual([expect.stringContaining('The last 10 s of sound')])
    })
  })

  it('asks again for an end that does not come', async () => {
    await listen(session)
    void session.stop()
    await tick(11_000)
    expect(FakeSource.all.length).toBe(2)
    expect(FakeSource.last.url).toContain('last_event_id=')
  })

  it('tries again while the server is away at the start, and says so', async () => {
    around.answers = path => (path === '/session/start' ? new Response('', { status: 502 }) : undefined)
    void session.startMicrophone()
    await tick(3000)
    expect(session.phase).toBe('starting')
    expect(session.trouble?.code).toBe('server-away')
    around.answers = () => undefined
    await tick(5000)
    expect(session.phase).toBe('live')
    expect(session.trouble).toBeNull()
  })

  it('waits its turn while the server is full, and says so', async () => {
    const full = '{"status":503,"detail":"Linnet is following as many conversations as it can.","reason":"fleet_full"}'
    around.answers = path => (path === '/session/start' ? new Response(full, { status: 503 }) : undefined)
    void session.startMicrophone()
    await tick(3000)
    expect(session.phase).toBe('starting')
    expect(session.trouble?.code).toBe('server-full')
    around.answers = () => undefined
    await tick(5000)
    expect(session.phase).toBe('live')
    expect(session.trouble).toBeNull()
  })

  it('can be cancelled meanwhile', async () => {
    around.answers = path => (path === '/session/start' ? new Response('', { status: 502 }) : undefined)
    void session.startMicrophone()
    await tick(1000)
    void session.stop()
    await tick(20_000)
    expect(session.phase).toBe('idle')
    expect(session.trouble).toBeNull()
    expect(FakeSocket.all).toEqual([])
    expect(around.audio.streams[0]?.track.stopped).toBe(true)
  })

  it('ends what it started when it is cancelled before the sound runs', async () => {
    let run: () => void = () => undefined
    vi.spyOn(FakeContext.prototype, 'resume').mockReturnValue(
      new Promise(resolve => {
        run = resolve
      }),
    )
    void session.startMicrophone()
    await tick(100)
    expect(session.phase).toBe('starting')
    void session.stop()
    run()
    await tick(100)
    expect(around.calls).toContainEqual(['/session/3-abc/end', 'DELETE'])
  })

  it('says when the microphone is denied, and starts once it is allowed', async () => {
    const allowed = around.audio.devices.getUserMedia
    around.audio.devices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'))
    void session.startMicrophone()
    await tick()
    expect(session.phase).toBe('idle')
    expect(session.trouble?.code).toBe('microphone-denied')
    around.audio.devices.getUserMedia = allowed
    await listen(session)
    expect(session.phase).toBe('live')
    expect(session.trouble).toBeNull()
  })
})
