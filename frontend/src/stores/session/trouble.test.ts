import { describe, expect, it, vi } from 'vitest'
import { FakeWorklet } from '../../testing/fakeAudio'
import { FakeSocket } from '../../testing/fakeSocket'
import { FakeSource } from '../../testing/fakeSource'
import { inSurroundings, listen, noWorker, speak, tick, tone, Surroundings, type Session } from '../../testing/surroundings'
import { speak as speakLanguage } from '../../strings'

let around: Surroundings
let session: Session

inSurroundings((given, store) => ([around, session] = [given, store]))

describe('a session in trouble', () => {
  it('stops and says why when another page takes over', async () => {
    await listen(session)
    FakeSocket.last.cuts(4009)
    await tick()
    expect(session.phase).toBe('ended')
    expect(session.trouble?.code).toBe('taken-over')
    expect(session.status).toBe('Stopped')
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
