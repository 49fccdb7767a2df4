import { useEventListener, useIntervalFn } from '@vueuse/core'
import { onScopeDispose, readonly, shallowRef, type Ref } from 'vue'
import { audioUrl, checkSession, NotTaken, postAudio } from '../server/api'
import { FINAL, FINAL_REASONS, hintOf } from './refusals'
import { UnackedAudio } from './unackedAudio'
import { PASSING, Trouble } from '../server/trouble'
import { backoff } from '../server/backoff'

export type SocketState = 'closed' | 'connecting' | 'open' | 'reconnecting'

/** Audio kept for a reconnect. */
export const BUFFER_SECONDS = 60
const DROPPED_AT_ONCE = 5
/** Seconds sent ahead of their acknowledgements; so much is sent twice after a cut. */
const IN_FLIGHT_FRAMES = 50
/**
 * A connection that says nothing for so long, though it should, is taken for dead even if nobody closed it. A server
 * that is far behind is silent too, so each further suspicion waits twice as long.
 */
const SILENT_TOO_LONG = 20_000
const MOST_DOUBLINGS = 3

/** ms after which a socket without a word is doubted, if plain calls are answered meanwhile; twice, and it is blocked. */
const WORD_WITHIN = 5000
const DOUBTS = 2
/** ms from one posted frame to the next, as long as none is full. */
const POST_EVERY = 500
/** ms after which a blocked way is tried again. */
const TRY_AGAIN = 60_000
/** No session has it: a socket for it only shows whether a socket gets through. */
const NO_SESSION = '0-0'

interface Answer {
  ok?: boolean
  bytes?: number
  next_offset?: number
  lag_seconds?: number
  error?: string
  detail?: string
}

export interface AudioSocket {
  /** Whether audio is getting through. */
  state: Readonly<Ref<SocketState>>
  /** Seconds of audio that it was given since the session began. */
  givenSeconds: Readonly<Ref<number>>
  /** Seconds of audio that wait for the server's acknowledgement. */
  waitingSeconds: Readonly<Ref<number>>
  /** Seconds of audio that were given up because the buffer was full. */
  droppedSeconds: Readonly<Ref<number>>
  /** Seconds that classification lags behind, as the last acknowledgement said. */
  lagSeconds: Readonly<Ref<number>>
  /** Why the server refused for good; null while there is hope. */
  failure: Readonly<Ref<Trouble | null>>
  /** Why the server takes nothing for now, in its own words; null once it does, or where it said nothing. */
  hint: Readonly<Ref<Trouble | null>>
  /** No WebSocket gets through, so audio goes by plain calls. */
  posting: Readonly<Ref<boolean>>
  /** `from`: samples that the server already has, when the session was begun by an earlier page. */
  open: (sessionId: string, rate: number, from?: number) => void
  send: (pcm: Int16Array<ArrayBuffer>) => void
  /** Resolves once everything has arrived, or never will: however long a server is away, what is kept can still be sent. */
  drained: () => Promise<void>
  close: () => void
}

/** A session's audio socket: one ordered line to the server that survives cuts. */
export function useAudioSocket(): AudioSocket {
  const state = shallowRef<SocketState>('closed')
  const givenSeconds = shallowRef(0)
  const waitingSeconds = shallowRef(0)
  const droppedSeconds = shallowRef(0)
  const lagSeconds = shallowRef(0)
  const failure = shallowRef<Trouble | null>(null)
  const hint = shallowRef<Trouble | null>(null)
  const posting = shallowRef(false)

  let session = ''
  let rate = 16_000
  let buffer = new UnackedAudio(0, 0)
  let socket: WebSocket | null = null
  let timer: ReturnType<typeof setTimeout> | undefined
  let attempts = 0
  let welcomed = false
  let lastHeard = 0
  let suspicions = 0
  let lastAnswer: Answer = {}
  let doubts = 0
  let doubt: ReturnType<typeof setTimeout> | undefined
  let sender = ''
  let probing: ReturnType<typeof setTimeout> | undefined
  let posted = 0 // tells a call that it was overtaken
  let whenDrained: (() => void) | null = null

  function measure(): void {
    givenSeconds.value = buffer.total / rate
    waitingSeconds.value = buffer.size / rate
    droppedSeconds.value = buffer.dropped / rate
    if (buffer.size === 0) whenDrained?.()
  }

  function pump(): void {
    if (!socket || !welcomed) return
    while (buffer.inFlight < IN_FLIGHT_FRAMES) {
      if (buffer.inFlight === 0) lastHeard = Date.now() // nothing was due until now
      const frame = buffer.next()
      if (!frame) return
      socket.send(frame.pcm)
    }
  }

  /** Lets go of the connection without listening to its last words: the next one matters. */
  function drop(): void {
    clearTimeout(timer)
    clearTimeout(doubt)
    posted += 1
    const old = socket
    socket = null
    welcomed = false
    if (!old) return
    old.onmessage = old.onclose = old.onerror = null
    old.close()
  }

  function connect(): void {
    drop()
    buffer.resend()
    if (posting.value) return void post()
    lastHeard = Date.now()
    doubt = setTimeout(() => void suspect(), WORD_WITHIN)
    const fresh = new WebSocket(audioUrl(session, buffer.oldest))
    fresh.binaryType = 'arraybuffer'
    fresh.onmessage = ({ data }) => hear(String(data))
    fresh.onclose = ({ code, reason }) => lose(code, reason)
    socket = fresh
  }

  function hear(data: string): void {
    let answer: Answer
    try {
      answer = JSON.parse(data) as Answer
    } catch {
      return
    }
    lastHeard = Date.now()
    clearTimeout(doubt)
    doubts = 0
    lastAnswer = answer
    if (answer.ok === false) return // the close that follows says whether it is final
    hint.value = null
    if (typeof answer.next_offset === 'number') {
      welcomed = true
      attempts = 0
      state.value = 'open'
    } else if (typeof answer.bytes === 'number') {
      suspicions = 0
      buffer.acknowledge()
      measure()
    }
    lagSeconds.value = typeof answer.lag_seconds === 'number' ? answer.lag_seconds : 0
    pump()
  }

  function lose(code: number, reason: string): void {
    const word = lastAnswer.ok === false ? lastAnswer : null
    const wordless = !welcomed && !word
    drop()
    if (FINAL[code]) return fail(new Trouble(FINAL[code], word?.detail || reason))
    takeHint(word ?? {})
    state.value = 'reconnecting'
    timer = setTimeout(connect, backoff(attempts++))
    if (wordless) void suspect()
  }

  function takeHint({ error, detail }: Answer): void {
    lastAnswer = {}
    hint.value = hintOf(error, detail)
  }

  function fail(because: Trouble): void {
    drop()
    failure.value = because
    state.value = 'closed'
    whenDrained?.()
  }

  /** No word came from a socket. If plain calls are answered meanwhile, something in between lets none through. */
  async function suspect(): Promise<void> {
    const asked = session
    const reached = await checkSession(asked).then(
      () => true,
      (error: unknown) => error instanceof Trouble && !PASSING.has(error.code),
    )
    if (!reached || asked !== session || welcomed || posting.value || state.value === 'closed') return
    doubts += 1
    if (doubts >= DOUBTS) {
      posting.value = true
      sender = ''
      tryAgainLater()
    }
    if (posting.value || socket) connect()
  }

  function tryAgainLater(): void {
    clearTimeout(probing)
    probing = setTimeout(tryAgain, TRY_AGAIN)
  }

  /** Tries, with a socket that changes nothing, whether one gets through by now. */
  function tryAgain(): void {
    if (!posting.value || state.value === 'closed') return
    tryAgainLater()
    const probe = new WebSocket(audioUrl(NO_SESSION, 0))
    setTimeout(() => probe.close(), WORD_WITHIN)
    probe.onmessage = () => {
      doubts = 0
      posting.value = false
      if (state.value !== 'closed') connect()
    }
  }

  /** Sends what there is, a second at most a call, in order; then waits for more. */
  async function post(): Promise<void> {
    const mine = ++posted
    const next = buffer.nextJoined(rate)
    if (next) {
      try {
        const answer = await postAudio(session, next.offset, next.pcm, sender)
        if (mine !== posted) return
        taken(next.frames, answer.sender, answer.lagSeconds)
      } catch (error) {
        if (mine === posted) refuse(error instanceof NotTaken ? error : new NotTaken('', ''))
        return
      }
    }
    const more = buffer.size >= rate || whenDrained !== null
    timer = setTimeout(() => void post(), more && buffer.size > 0 ? 0 : POST_EVERY)
  }

  function taken(frames: number, by: string, lag: number): void {
    sender = by
    attempts = 0
    state.value = 'open'
    hint.value = null
    lagSeconds.value = lag
    for (let n = 0; n < frames; n += 1) buffer.acknowledge()
    measure()
  }

  function refuse({ reason, detail }: NotTaken): void {
    const final = FINAL_REASONS[reason]
    if (final) return fail(new Trouble(final, detail))
    if (reason) sender = '' // what the server knew of this page may be gone
    takeHint({ error: reason, detail })
    buffer.resend()
    state.value = 'reconnecting'
    timer = setTimeout(connect, backoff(attempts++))
  }

  const reconnectNow = (): void => {
    if (state.value === 'closed') return
    state.value = 'reconnecting'
    connect()
  }

  useEventListener(window, 'online', () => {
    reconnectNow()
    tryAgain() // another network may let it through
  })
  const watchdog = useIntervalFn(
    () => {
      const due = !welcomed || buffer.inFlight > 0
      if (!socket || !due || Date.now() - lastHeard <= SILENT_TOO_LONG * 2 ** suspicions) return
      suspicions = Math.min(MOST_DOUBLINGS, suspicions + 1)
      reconnectNow()
    },
    1000,
    { immediate: false },
  )

  function open(sessionId: string, sampleRate: number, from = 0): void {
    close()
    session = sessionId
    rate = sampleRate
    buffer = new UnackedAudio(BUFFER_SECONDS * rate, DROPPED_AT_ONCE * rate, from)
    failure.value = hint.value = null
    lastAnswer = {}
    sender = ''
    attempts = suspicions = doubts = 0
    lagSeconds.value = 0
    measure()
    state.value = 'connecting'
    watchdog.resume()
    connect()
    tryAgain()
  }

  function send(pcm: Int16Array<ArrayBuffer>): void {
    if (state.value === 'closed') return
    const droppedBefore = buffer.dropped
    buffer.push(pcm)
    measure()
    // A hole: only a new connection can say where the audio goes on. A waiting reconnect will anyway.
    if (buffer.dropped > droppedBefore) sender = ''
    if (buffer.dropped > droppedBefore && socket) reconnectNow()
    else pump()
  }

  function drained(): Promise<void> {
    if (buffer.size === 0 || state.value === 'closed') return Promise.resolve()
    return new Promise(resolve => {
      whenDrained = () => {
        whenDrained = null
        resolve()
      }
    })
  }

  function close(): void {
    watchdog.pause()
    clearTimeout(probing)
    drop()
    state.value = 'closed'
    whenDrained?.()
  }

  onScopeDispose(close)

  return {
    state: readonly(state),
    givenSeconds: readonly(givenSeconds),
    waitingSeconds: readonly(waitingSeconds),
    droppedSeconds: readonly(droppedSeconds),
    lagSeconds: readonly(lagSeconds),
    failure: readonly(failure),
    hint: readonly(hint),
    posting: readonly(posting),
    open,
    send,
    drained,
    close,
  }
}
