import { useEventListener, useIntervalFn } from '@vueuse/core'
import { onScopeDispose, readonly, shallowRef, type Ref } from 'vue'
import { audioUrl } from '../api'
import { UnackedAudio } from '../audio/unackedAudio'
import { Trouble, type TroubleCode } from '../trouble'
import { backoff } from './backoff'

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

const FINAL: Record<number, TroubleCode> = {
  4003: 'refused',
  4004: 'session-unknown',
  4008: 'refused',
  4009: 'taken-over',
  4010: 'session-ended',
  4011: 'refused',
}

interface Answer {
  ok?: boolean
  bytes?: number
  next_offset?: number
  lag_seconds?: number
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

  let session = ''
  let rate = 16_000
  let buffer = new UnackedAudio(0, 0)
  let socket: WebSocket | null = null
  let timer: ReturnType<typeof setTimeout> | undefined
  let attempts = 0
  let welcomed = false
  let lastHeard = 0
  let suspicions = 0
  let lastDetail = ''
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
    lastHeard = Date.now()
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
    }
    catch {
      return
    }
    lastHeard = Date.now()
    if (answer.ok === false) {
      // The close that follows says whether it is final; keep the server's sentence for it.
      lastDetail = answer.detail ?? ''
      return
    }
    if (typeof answer.next_offset === 'number') {
      welcomed = true
      attempts = 0
      state.value = 'open'
    }
    else if (typeof answer.bytes === 'number') {
      suspicions = 0
      buffer.acknowledge()
      measure()
    }
    lagSeconds.value = typeof answer.lag_seconds === 'number' ? answer.lag_seconds : 0
    pump()
  }

  function lose(code: number, reason: string): void {
    drop()
    const final = FINAL[code]
    if (final) {
      failure.value = new Trouble(final, lastDetail || reason)
      state.value = 'closed'
      whenDrained?.()
      return
    }
    state.value = 'reconnecting'
    timer = setTimeout(connect, backoff(attempts++))
  }

  const reconnectNow = (): void => {
    if (state.value === 'closed') return
    state.value = 'reconnecting'
    connect()
  }

  useEventListener(window, 'online', reconnectNow)
  const watchdog = useIntervalFn(() => {
    const due = !welcomed || buffer.inFlight > 0
    if (!socket || !due || Date.now() - lastHeard <= SILENT_TOO_LONG * 2 ** suspicions) return
    suspicions = Math.min(MOST_DOUBLINGS, suspicions + 1)
    reconnectNow()
  }, 1000, { immediate: false })

  function open(sessionId: string, sampleRate: number, from = 0): void {
    close()
    session = sessionId
    rate = sampleRate
    buffer = new UnackedAudio(BUFFER_SECONDS * rate, DROPPED_AT_ONCE * rate, from)
    failure.value = null
    lastDetail = ''
    attempts = suspicions = 0
    lagSeconds.value = 0
    measure()
    state.value = 'connecting'
    watchdog.resume()
    connect()
  }

  function send(pcm: Int16Array<ArrayBuffer>): void {
    if (state.value === 'closed') return
    const droppedBefore = buffer.dropped
    buffer.push(pcm)
    measure()
    // A hole: only a new connection can say where the audio goes on. A waiting reconnect will anyway.
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
    failure: readonly(failure) as Readonly<Ref<Trouble | null>>,
    open,
    send,
    drained,
    close,
  }
}
