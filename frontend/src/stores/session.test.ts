import { beforeEach, describe, expect, it, vi } from 'vitest'
import { FakeBufferSource, FakeContext, FakeWorklet } from '../testing/fakeAudio'
import { FakeSocket } from '../testing/fakeSocket'
import { FakeSource } from '../testing/fakeSource'
import { inSurroundings, listen, noWorker, speak, Surroundings, tick, tone, type Session } from '../testing/surroundings'
import { speak as speakLanguage } from '../strings'
import { useSettings } from './settings'

let around: Surroundings
let session: Session

inSurroundings((given, store) => ([around, session] = [given, store]))

describe('a session', () => {
  it('begins: microphone, session at its rate, events, audio', async () => {
    useSettings().kept.elcor = true
    await listen(session)
    expect(session.phase).toBe('live')
    expect(around.bodies).toEqual([{ sample_rate: 16_000, elcor: true }])
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

  it('stops and says why when another page takes over', async () => {
    await listen(session)
    FakeSocket.last.cuts(4009)
    await tick()
    expect(session.phase).toBe('ended')
    expect(session.trouble?.code).toBe('taken-over')
    expect(session.status).toBe('Stopped')
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

  it('resumes the events when the audio had to reconnect', async () => {
    await listen(session)
    FakeSource.last.sends('tone-event', tone, '5-1')
    FakeSocket.last.cuts()
    await tick()
    expect(session.status).toBe('Reconnecting – nothing lost so far')
    await tick(500)
    FakeSocket.last.welcomes(0)
    await tick()
    expect(FakeSource.last.url).toBe('/session/3-abc/stream?last_event_id=5-1')
  })

  it('says when no worker is alive, until one is', async () => {
    around.answers = path => (path === '/ready' ? noWorker() : undefined)
    await listen(session)
    expect(session.trouble?.code).toBe('no-worker')
    around.answers = () => undefined
    await tick(10_000)
    expect(session.trouble).toBeNull()
  })

  it('takes any live word for proof that a worker is alive', async () => {
    around.answers = path => (path === '/ready' ? noWorker() : undefined)
    await listen(session)
    expect(session.status).toBe('Waiting – audio is not being analysed yet')
    FakeSource.last.sends('status', { state: 'listening' })
    expect(session.trouble).toBeNull()
    expect(session.status).toBe('Listening')
  })

  it('says that it is offline as soon as the browser does, and that only', async () => {
    await listen(session)
    vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false)
    vi.stubGlobal(
      'fetch',
      vi.fn(async () => Promise.reject(new TypeError('network'))),
    )
    window.dispatchEvent(new Event('offline'))
    await tick()
    expect([session.trouble?.code, session.status]).toEqual(['offline', 'Offline – nothing lost so far'])
    await tick(20_000)
    expect([session.trouble?.code, session.status]).toEqual(['offline', 'Offline – nothing lost so far'])
  })

  it('says that the server does not answer when it is frozen, not that nothing reads', async () => {
    await listen(session)
    vi.stubGlobal(
      'fetch',
      vi.fn(
        (_: string, { signal }: RequestInit) =>
          new Promise((_, reject) => {
            signal?.addEventListener('abort', () => reject(new DOMException('', 'TimeoutError')))
          }),
      ),
    )
    vi.spyOn(AbortSignal, 'timeout').mockImplementation(ms => {
      const patience = new AbortController()
      setTimeout(() => patience.abort(), ms)
      return patience.signal
    })
    for (let second = 0; second < 9; second += 1) {
      speak(10)
      await tick(1000)
    }
    expect([session.trouble?.code, session.status]).toEqual(['server-away', 'Reconnecting – nothing lost so far'])
  })

  it('does not take it for proof that the server says how far behind it is', async () => {
    around.answers = path => (path === '/ready' ? noWorker() : undefined)
    await listen(session)
    FakeSource.last.sends('status', { state: 'behind', lag_seconds: 12 })
    expect(session.trouble?.code).toBe('no-worker')
    expect(session.status).toBe('Waiting – audio is not being analysed yet')
  })

  it('says when the microphone gives nothing but zeros', async () => {
    await listen(session)
    for (let n = 0; n < 50; n += 1) FakeWorklet.last.posts({ pcm: new Int16Array(1600).buffer, peak: 0 })
    expect(session.status).toContain('muted')
    speak(1)
    expect(session.status).toBe('Listening')
  })

  it('says what the server says while it takes no sound', async () => {
    await listen(session)
    FakeSocket.last.says({ ok: false, error: 'fleet_full', detail: 'Linnet is full.' })
    FakeSocket.last.cuts(1013)
    expect([session.trouble?.code, session.trouble?.detail]).toEqual(['server-full', 'Linnet is full.'])
    await tick(1000)
    FakeSocket.last.welcomes(0)
    expect(session.trouble).toBeNull()
  })

  it('says honestly what was lost', async () => {
    await listen(session)
    FakeSocket.last.cuts()
    speak(601)
    await tick()
    expect(session.notices.map(notice => notice.text)).toEqual([expect.stringContaining('5 s of sound was lost')])
  })

  it('shows gaps and service events in words', async () => {
    await listen(session)
    FakeSource.last.sends('audio-gap', { from: 61, to: 65 }, '1-1')
    FakeSource.last.sends('service-event', { code: 'x', detail: 'A worker was replaced.' }, '2-1')
    expect(session.notices.map(notice => notice.text)).toEqual([
      'There is no sound from 1:01 to 1:05, so there are no readings there.',
      'A worker was replaced.',
    ])
    await speakLanguage('de')
    FakeSource.last.sends('service-event', { code: 'model-changed', detail: 'From here on …' }, '3-1')
    expect(session.notices.at(-1)?.text).toContain('Ab hier wertet ein anderes Modell den Tonfall aus.')
    await speakLanguage('en')
    session.dismiss(session.notices[0]?.key ?? -1)
    session.dismiss(session.notices[0]?.key ?? -1)
    expect(session.notices.length).toBe(1)
  })
})

describe('a reading', () => {
  const reads = (timestamp: number): void =>
    FakeSource.last.sends('tone-event', { ...tone, timestamp }, `${timestamp * 16_000}-1`)
  const says = (state: string): void => FakeSource.last.sends('status', { state })

  it.each(['silence', 'unclear', 'behind'])('is no longer current after %s, until another one comes', async state => {
    await listen(session)
    speak(10)
    reads(1)
    expect(session.reading.current).toBe(true)
    says(state)
    expect(session.reading.current).toBe(true) // a pause for breath, maybe
    await tick(2000)
    expect(session.reading.current).toBe(false)
    expect(session.reading.unclear).toBe(state === 'unclear')
    says('listening')
    expect(session.reading.current).toBe(false)
    speak(10)
    reads(2)
    expect(session.reading.current).toBe(true)
  })

  it('is no longer current once speech went on without another', async () => {
    await listen(session)
    speak(10)
    reads(1)
    speak(60)
    expect(session.reading.current).toBe(true)
    speak(1)
    expect(session.reading.current).toBe(false)
  })

  it.each<[string, () => unknown]>([
    ['the audio', () => FakeSocket.last.cuts()],
    ['the events', () => FakeSource.last.fails(false)],
    ['the microphone', () => around.audio.streams[0]?.track.onended?.()],
    ['the end', () => session.stop()],
  ])('is no longer current without %s', async (_, lose) => {
    await listen(session)
    speak(10)
    reads(1)
    void lose()
    await tick()
    expect(session.reading.current).toBe(false)
  })

  it('is no longer current when no worker is alive', async () => {
    await listen(session)
    await tick(8000)
    speak(10)
    reads(1)
    around.answers = path => (path === '/ready' ? new Response('{}', { status: 503 }) : undefined)
    await tick(2000)
    expect(session.reading.current).toBe(false)
  })
})

describe('a recording', () => {
  async function play(): Promise<void> {
    void session.playRecording(new Blob(['RIFF']), 'talk.wav')
    await tick()
    FakeSocket.last.welcomes(0)
    await tick()
  }

  it('goes the same way, and ends the session by itself', async () => {
    await play()
    expect(session.recordingName).toBe('talk.wav')
    speak(3)
    FakeSocket.last.acknowledges(3)
    FakeBufferSource.last.onended?.()
    await tick()
    expect(session.phase).toBe('finishing')
    expect(around.calls).toContainEqual(['/session/3-abc/end', 'DELETE'])
  })

  it('waits for a server that is away, and goes on after it', async () => {
    await play()
    FakeSocket.last.cuts()
    speak(101)
    await tick()
    expect(FakeContext.all.at(-1)?.state).toBe('suspended')
    await tick(500)
    FakeSocket.last.welcomes(0)
    await tick()
    expect(session.status).toBe('The recording is waiting for the server')
    FakeSocket.last.acknowledges(52)
    await tick()
    expect(FakeContext.all.at(-1)?.state).toBe('running')
  })
})
