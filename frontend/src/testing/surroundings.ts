import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, vi } from 'vitest'
import { useSession } from '../stores/session'
import { FakeWorklet, installFakeAudio } from './fakeAudio'
import { FakeSocket } from './fakeSocket'
import { FakeSource } from './fakeSource'

export type Session = ReturnType<typeof useSession>
type Call = [path: string, method: string]

export const tone = { label: 'Calm', affect: 'calm', confidence: 0.8, timestamp: 1, speaker_id: 'speaker_a' }
export const noWorker = (): Response => new Response('{"detail":"no worker","reason":"no_worker"}', { status: 503 })

export const tick = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)

/** Frames of 100 ms each. */
export function speak(frames: number): void {
  for (let n = 0; n < frames; n += 1) FakeWorklet.last.posts({ pcm: new Int16Array(1600).buffer, peak: 0.3 })
}

export async function listen(session: Session): Promise<void> {
  void session.startMicrophone()
  await tick()
  FakeSocket.last.welcomes(0)
  FakeSource.last.opens()
  await tick()
}

/** What a session's page has around it: sound, a server, and a clock that the test moves. */
export class Surroundings {
  calls: Call[] = []
  bodies: unknown[] = []
  /** The server's; where it gives none, the call succeeds as session 3-abc. */
  answers: (path: string, method: string) => Response | undefined = () => undefined
  readonly audio: ReturnType<typeof installFakeAudio>

  constructor() {
    vi.useFakeTimers()
    vi.spyOn(Math, 'random').mockReturnValue(0.5)
    this.audio = installFakeAudio(vi.stubGlobal)
    vi.stubGlobal('WebSocket', FakeSocket)
    vi.stubGlobal('EventSource', FakeSource)
    FakeSocket.all = []
    FakeSource.all = []
    vi.stubGlobal(
      'fetch',
      vi.fn(async (path: string, init: RequestInit = {}) => {
        const method = init.method ?? 'GET'
        this.calls.push([path, method])
        if (init.body) this.bodies.push(JSON.parse(String(init.body)))
        return this.answers(path, method) ?? new Response(JSON.stringify({ session_id: '3-abc', state: 'running', words: true }))
      }),
    )
  }

  remove(): void {
    vi.useRealTimers()
    vi.restoreAllMocks()
    vi.unstubAllGlobals()
    localStorage.clear()
    sessionStorage.clear()
  }
}

/** Gives each test a session's store of its own, in surroundings of its own, and takes both away afterwards. */
export function inSurroundings(given: (around: Surroundings, session: Session) => void): void {
  let [around, session]: [Surroundings?, Session?] = []
  beforeEach(() => {
    around = new Surroundings()
    setActivePinia(createPinia())
    session = useSession()
    given(around, session)
  })
  afterEach(async () => {
    session?.$dispose()
    await tick()
    around?.remove()
  })
}
