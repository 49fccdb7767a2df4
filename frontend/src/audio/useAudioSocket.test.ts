import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FakeSocket } from '../testing/fakeSocket'
import { FakeServer } from '../testing/fakeServer'
import { inScope } from '../testing/scope'
import { BUFFER_SECONDS, useAudioSocket } from './useAudioSocket'

const RATE = 16_000
const FRAME = 1600

/** Frame n: each sample is n, so that a test sees which one went. */
const frame = (n: number): Int16Array<ArrayBuffer> => new Int16Array(FRAME).fill(n)
const numbers = (socket: FakeSocket): number[] => socket.sent.map(pcm => pcm[0] ?? NaN)

let socket: ReturnType<typeof useAudioSocket> & { stop: () => void }

beforeEach(() => {
  vi.useFakeTimers()
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
  vi.stubGlobal('WebSocket', FakeSocket)
  vi.stubGlobal('fetch', async () => new Response('', { status: 502 }))
  FakeSocket.all = []
  socket = inScope(useAudioSocket)
  socket.open('3-abc', RATE)
})

afterEach(() => {
  socket.stop()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

function sendFrames(from: number, to: number): void {
  for (let n = from; n < to; n += 1) socket.send(frame(n))
}

describe('useAudioSocket', () => {
  it('opens at offset 0 and keeps quiet until the server has said where to begin', () => {
    expect(FakeSocket.last.url).toMatch(/^ws:.*\/session\/3-abc\/audio\?offset=0$/)
    sendFrames(0, 3)
    expect(FakeSocket.last.sent).toEqual([])
    expect(socket.state.value).toBe('connecting')
    FakeSocket.last.welcomes(0)
    expect(socket.state.value).toBe('open')
    expect(numbers(FakeSocket.last)).toEqual([0, 1, 2])
  })

  it('counts what is unacknowledged', () => {
    FakeSocket.last.welcomes(0)
    sendFrames(0, 5)
    expect(socket.waitingSeconds.value).toBeCloseTo(0.5)
    FakeSocket.last.acknowledges(4)
    expect(socket.waitingSeconds.value).toBeCloseTo(0.1)
  })

  it('sends again exactly what was not acknowledged, from its own position', () => {
    FakeSocket.last.welcomes(0)
    sendFrames(0, 10)
    FakeSocket.last.acknowledges(4)
    FakeSocket.last.cuts()
    expect(socket.state.value).toBe('reconnecting')
    sendFrames(10, 12)
    vi.advanceTimersByTime(500)
    expect(FakeSocket.all.length).toBe(2)
    expect(FakeSocket.last.offset).toBe(4 * FRAME)
    // The server has two frames more than it could acknowledge; positions still begin at ?offset.
    FakeSocket.last.welcomes(6 * FRAME)
    expect(numbers(FakeSocket.last)).toEqual([4, 5, 6, 7, 8, 9, 10, 11])
    FakeSocket.last.acknowledges(8)
    expect(socket.waitingSeconds.value).toBe(0)
    expect(socket.droppedSeconds.value).toBe(0)
  })

  it('waits longer after each failure, up to five seconds, and quickly again after a success', () => {
    for (const wait of [500, 1000, 2000, 4000, 5000, 5000]) {
      const before = FakeSocket.all.length
      FakeSocket.last.cuts()
      vi.advanceTimersByTime(wait - 1)
      expect(FakeSocket.all.length).toBe(before)
      vi.advanceTimersByTime(1)
      expect(FakeSocket.all.length).toBe(before + 1)
    }
    FakeSocket.last.welcomes(0)
    const before = FakeSocket.all.length
    FakeSocket.last.cuts()
    vi.advanceTimersByTime(500)
    expect(FakeSocket.all.length).toBe(before + 1)
  })

  it('keeps a minute; then drops the oldest and says so', () => {
    FakeSocket.last.welcomes(0)
    FakeSocket.last.cuts()
    sendFrames(0, BUFFER_SECONDS * 10)
    expect(socket.droppedSeconds.value).toBe(0)
    socket.send(frame(600))
    expect(socket.droppedSeconds.value).toBeCloseTo(5.1)
    vi.advanceTimersByTime(500)
    expect(FakeSocket.last.offset).toBe(51 * FRAME)
    FakeSocket.last.welcomes(0)
    expect(numbers(FakeSocket.last)[0]).toBe(51)
  })

  it('after dropping while connected, says the new position on a new connection', () => {
    FakeSocket.last.welcomes(0)
    sendFrames(0, BUFFER_SECONDS * 10 + 1)
    expect(FakeSocket.all.length).toBe(2)
    expect(FakeSocket.all[0]?.closed).toBe(true)
    expect(FakeSocket.last.offset).toBe(51 * FRAME)
  })

  it('has at most five seconds in flight', () => {
    FakeSocket.last.welcomes(0)
    sendFrames(0, 80)
    expect(FakeSocket.last.sent.length).toBe(50)
    FakeSocket.last.acknowledges(10)
    expect(FakeSocket.last.sent.length).toBe(60)
  })

  it.each([
    [4009, 'taken-over'],
    [4010, 'session-ended'],
    [4004, 'session-unknown'],
    [4003, 'refused'],
  ])('close %i is final: %s', (code, trouble) => {
    FakeSocket.last.welcomes(0)
    FakeSocket.last.says({ ok: false, error: 'x', detail: 'A sentence.' })
    FakeSocket.last.cuts(code)
    vi.advanceTimersByTime(60_000)
    expect(FakeSocket.all.length).toBe(1)
    expect(socket.state.value).toBe('closed')
    expect(socket.failure.value?.code).toBe(trouble)
    expect(socket.failure.value?.detail).toBe('A sentence.')
  })

  it('takes a connection that owes an answer for 20 s for dead, then doubts twice as long', () => {
    FakeSocket.last.welcomes(0)
    vi.advanceTimersByTime(60_000)
    expect(FakeSocket.all.length).toBe(1) // nothing was owed
    sendFrames(0, 2)
    vi.advanceTimersByTime(21_000)
    expect(FakeSocket.all.length).toBe(2)
    FakeSocket.last.welcomes(0)
    expect(numbers(FakeSocket.last)).toEqual([0, 1])
    vi.advanceTimersByTime(30_000)
    expect(FakeSocket.all.length).toBe(2)
    vi.advanceTimersByTime(11_000)
    expect(FakeSocket.all.length).toBe(3)
  })

  it('reconnects at once when the device is online again', () => {
    FakeSocket.last.welcomes(0)
    window.dispatchEvent(new Event('online'))
    expect(FakeSocket.all.length).toBe(2)
  })

  it('tells the lag that the server tells', () => {
    FakeSocket.last.welcomes(0)
    sendFrames(0, 2)
    FakeSocket.last.says({ ok: true, bytes: 3200, lag_seconds: 31.5 })
    expect(socket.lagSeconds.value).toBe(31.5)
    FakeSocket.last.acknowledges(1)
    expect(socket.lagSeconds.value).toBe(0)
  })

  it('is drained when all has arrived', async () => {
    FakeSocket.last.welcomes(0)
    sendFrames(0, 2)
    const done = vi.fn()
    void socket.drained().then(done)
    FakeSocket.last.acknowledges(1)
    await vi.advanceTimersByTimeAsync(0)
    expect(done).not.toHaveBeenCalled()
    FakeSocket.last.acknowledges(1)
    await vi.advanceTimersByTimeAsync(0)
    expect(done).toHaveBeenCalled()
  })

  it('keeps what is not through for as long as a server is away, and sends it then', async () => {
    FakeSocket.last.welcomes(0)
    sendFrames(0, 2)
    FakeSocket.last.cuts()
    const done = vi.fn()
    void socket.drained().then(done)
    await vi.advanceTimersByTimeAsync(120_000)
    expect(done).not.toHaveBeenCalled()
    FakeSocket.last.welcomes(0)
    expect(numbers(FakeSocket.last)).toEqual([0, 1])
    FakeSocket.last.acknowledges(2)
    await vi.advanceTimersByTimeAsync(0)
    expect(done).toHaveBeenCalled()
  })

  it('is drained, too, once nothing can be sent any longer', async () => {
    sendFrames(0, 2)
    const done = vi.fn()
    void socket.drained().then(done)
    FakeSocket.last.cuts(4010)
    await vi.advanceTimersByTimeAsync(0)
    expect(done).toHaveBeenCalled()
    expect(socket.waitingSeconds.value).toBeCloseTo(0.2)
  })

  it('ends with its scope', () => {
    socket.stop()
    expect(FakeSocket.last.closed).toBe(true)
    vi.advanceTimersByTime(60_000)
    expect(FakeSocket.all.length).toBe(1)
  })
})

describe('through any number of cuts', () => {
  /** What the server has: which sample (frame number) lies at which position, as it drops overlap by offset. */
  class Server {
    heard: number[] = []
    private taken = new Map<FakeSocket, number>()
    private answered = new Map<FakeSocket, number>()

    /** Takes what came on the newest connection, and answers at most so many frames of it. */
    take(answers: number): void {
      const link = FakeSocket.last
      const frames = numbers(link)
      for (let place = this.taken.get(link) ?? 0; place < frames.length; place += 1) {
        const at = link.offset / FRAME + place
        expect(frames[place]).toBe(at) // every frame says truly where it belongs
        if (at === this.heard.length) this.heard.push(at)
        expect(at).toBeLessThan(this.heard.length) // no hole
      }
      const before = this.answered.get(link) ?? 0
      const now = Math.min(answers, frames.length - before)
      this.taken.set(link, frames.length)
      this.answered.set(link, before + now)
      link.acknowledges(now)
    }
  }

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('no sample is lost and none is heard twice (schedule %i)', seed => {
    let state = seed * 7919
    const draw = (below: number): number => {
      state = (state * 48271) % 2147483647
      return state % below
    }
    const server = new Server()
    let produced = 0
    FakeSocket.last.welcomes(0)
    for (let step = 0; step < 300; step += 1) {
      const frames = draw(5)
      sendFrames(produced, (produced += frames))
      if (draw(3) > 0) server.take(draw(4))
      if (draw(8) === 0) {
        if (draw(2)) server.take(0) // it has them, but its answers are lost
        FakeSocket.last.cuts([1006, 1012, 1013][draw(3)])
        sendFrames(produced, (produced += draw(10)))
        vi.advanceTimersByTime(6000)
        FakeSocket.last.welcomes(server.heard.length * FRAME)
      }
    }
    for (let round = 0; round < 100; round += 1) server.take(50)
    expect(server.heard).toEqual(Array.from({ length: produced }, (_, n) => n))
    expect(socket.droppedSeconds.value).toBe(0)
    expect(socket.waitingSeconds.value).toBe(0)
  })
})

describe('where no WebSocket gets through', () => {
  let server: FakeServer
  const tick = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)
  const samples = (frames: number): number[] => Array.from({ length: frames * FRAME }, (_, n) => Math.floor(n / FRAME))

  beforeEach(() => {
    server = new FakeServer()
    vi.stubGlobal('fetch', server.fetch)
  })

  async function speak(from: number, to: number): Promise<void> {
    for (let n = from; n < to; n += 1) {
      socket.send(frame(n))
      await tick(100)
    }
  }

  it.each([
    ['is swallowed', () => undefined],
    ['is refused', () => FakeSocket.last.cuts()],
  ])('because it %s, audio goes by plain calls within 15 s: all of it, once, in order', async (_, meanwhile) => {
    for (let second = 0; second < 15; second += 1) {
      await speak(second * 10, second * 10 + 10)
      if (!socket.posting.value) meanwhile()
    }
    expect(socket.posting.value).toBe(true)
    expect(socket.state.value).toBe('open')
    void socket.drained()
    await tick(2000)
    expect(server.heard).toEqual(samples(150))
    expect(Math.max(...server.posts.map(({ length }) => length))).toBeLessThanOrEqual(RATE)
    expect(server.posts.length).toBeLessThan(40)
    expect([socket.waitingSeconds.value, socket.droppedSeconds.value]).toEqual([0, 0])
    expect(server.posts.map(({ sender }) => sender).slice(1)).not.toContain('')
  })

  it('is not believed while the server does not answer at all', async () => {
    server.trouble = () => new Response('', { status: 502 })
    for (let n = 0; n < 10; n += 1) {
      FakeSocket.last.cuts()
      await tick(6000)
    }
    expect(socket.posting.value).toBe(false)
    server.trouble = () => undefined
    await tick(1000)
    FakeSocket.last.welcomes(0)
    expect(socket.state.value).toBe('open')
  })

  it('is not believed of a server that speaks', async () => {
    for (let n = 0; n < 10; n += 1) {
      FakeSocket.last.says({ ok: false, error: 'fleet_full', detail: 'Full. Wait.' })
      FakeSocket.last.cuts(1013)
      expect([socket.hint.value?.code, socket.hint.value?.detail]).toEqual(['server-full', 'Full. Wait.'])
      await tick(6000)
    }
    expect(socket.posting.value).toBe(false)
    FakeSocket.last.welcomes(0)
    expect(socket.hint.value).toBeNull()
  })

  describe('once that is known', () => {
    beforeEach(async () => {
      await tick(11_000)
      expect(socket.posting.value).toBe(true)
    })

    it('what a broken connection left open is sent again, and a refusal for now is told', async () => {
      await speak(0, 20)
      let calls = 0
      server.trouble = (_, method) => {
        if (method !== 'POST' || (calls += 1) > 4) return undefined
        return calls <= 2 ? Response.error() : Response.json({ reason: 'store_full', detail: 'No room.' }, { status: 503 })
      }
      await speak(20, 40)
      expect(socket.hint.value?.detail).toBe('No room.')
      await tick(20_000)
      expect(server.heard).toEqual(samples(40))
      expect([socket.hint.value, socket.state.value]).toEqual([null, 'open'])
    })

    it('a call that was taken and whose answer was lost is not heard twice', async () => {
      const { fetch } = server
      let lost = 0
      vi.stubGlobal('fetch', async (path: string, init: RequestInit) => {
        const answer = await fetch(path, init)
        if (init.method === 'POST' && (lost += 1) % 3 === 1) throw new TypeError('network')
        return answer
      })
      await speak(0, 60)
      await tick(20_000)
      expect(server.heard).toEqual(samples(60))
    })

    it('another page that takes the session over ends it', async () => {
      await speak(0, 10)
      await server.fetch('/session/3-abc/audio?offset=0', { method: 'POST', body: new Int16Array(1) })
      await speak(10, 20)
      expect([socket.failure.value?.code, socket.failure.value?.detail]).toEqual(['taken-over', 'Another one has it.'])
      expect(socket.state.value).toBe('closed')
    })

    it('it is tried again now and then, without harm, and a socket that gets through is used', async () => {
      await speak(0, 10)
      const before = FakeSocket.all.length
      await tick(60_000)
      expect(FakeSocket.all.length).toBe(before + 1)
      expect(FakeSocket.last.url).toContain('/session/0-0/audio')
      await tick(60_000)
      FakeSocket.last.says({ ok: false, error: 'unknown_session', detail: 'None.' })
      expect(socket.posting.value).toBe(false)
      expect(FakeSocket.last.offset).toBe(10 * FRAME)
      FakeSocket.last.welcomes(10 * FRAME)
      socket.send(frame(10))
      expect(numbers(FakeSocket.last)).toEqual([10])
      expect(socket.failure.value).toBeNull()
    })
  })
})
