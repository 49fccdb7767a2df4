import { useEventListener } from '@vueuse/core'
import { onScopeDispose, readonly, shallowRef, type Ref } from 'vue'
import { checkSession, streamUrl } from '../api'
import { isNewer, parseStreamEvent, STREAM_EVENTS, type StreamEvent } from '../events'
import { Trouble } from '../trouble'
import { backoff } from './backoff'

export type StreamState = 'closed' | 'connecting' | 'open' | 'reconnecting' | 'ended' | 'gone'

/** Before every stored event. */
const BEGINNING = '0-0'

export interface ToneStream {
  /** Whether events are getting through; `ended` after session-ended, `gone` when the server no longer has the session. */
  state: Readonly<Ref<StreamState>>
  /** Id of the newest stored event, from which a new connection resumes. */
  lastEventId: Readonly<Ref<string>>
  /** From now on; or everything behind the event with id `after`, `0-0` being before the first. */
  open: (sessionId: string, after?: string) => void
  /** Resumes on a new connection: this one is suspected to be dead, which an EventSource cannot notice. */
  refresh: () => void
  close: () => void
}

/**
 * A session's events, each once and in order, through cuts and restarts.
 *
 * The browser's EventSource resumes by itself while the server answers at all; an error answer (503 …) closes it for
 * good, and then this reopens it.
 */
export function useToneStream(onEvent: (event: StreamEvent) => void): ToneStream {
  const state = shallowRef<StreamState>('closed')
  const lastEventId = shallowRef(BEGINNING)

  let session = ''
  let source: EventSource | null = null
  let timer: ReturnType<typeof setTimeout> | undefined
  let attempts = 0

  function drop(): void {
    clearTimeout(timer)
    source?.close()
    source = null
  }

  function finish(as: StreamState): void {
    drop()
    state.value = as
  }

  function receive(message: MessageEvent<string>, kind: (typeof STREAM_EVENTS)[number]): void {
    // Live events carry no id of their own; lastEventId then repeats the one before.
    const stored = kind !== 'status' && kind !== 'gap'
    if (stored && message.lastEventId) {
      if (!isNewer(message.lastEventId, lastEventId.value)) return
      lastEventId.value = message.lastEventId
    }
    const event = parseStreamEvent(kind, message.lastEventId, message.data)
    // The server has lost what it had sent behind this id: other events may follow under the same ids.
    if (event?.kind === 'gap' && event.from && isNewer(lastEventId.value, event.from)) lastEventId.value = event.from
    if (event) onEvent(event)
    if (kind === 'session-ended') finish('ended')
  }

  function connect(resume: boolean): void {
    drop()
    const fresh = new EventSource(streamUrl(session, resume ? lastEventId.value : null))
    source = fresh
    fresh.onopen = () => {
      attempts = 0
      state.value = 'open'
    }
    fresh.onerror = () => {
      state.value = 'reconnecting'
      if (fresh.readyState === EventSource.CLOSED) retryLater()
    }
    for (const kind of STREAM_EVENTS) fresh.addEventListener(kind, message => receive(message, kind))
  }

  function retryLater(): void {
    drop()
    timer = setTimeout(retry, backoff(attempts++))
  }

  async function retry(): Promise<void> {
    const asked = session
    try {
      await checkSession(asked)
    }
    catch (error) {
      if (asked !== session || state.value !== 'reconnecting') return
      if (error instanceof Trouble && error.code === 'session-unknown') finish('gone')
      else retryLater()
      return
    }
    if (asked === session && state.value === 'reconnecting') connect(true)
  }

  function refresh(): void {
    if (state.value === 'open' || state.value === 'connecting' || state.value === 'reconnecting') connect(true)
  }
  useEventListener(window, 'online', refresh)

  function open(sessionId: string, after?: string): void {
    session = sessionId
    lastEventId.value = after ?? BEGINNING
    attempts = 0
    state.value = 'connecting'
    connect(after !== undefined)
  }

  const close = (): void => finish('closed')
  onScopeDispose(close)

  return { state: readonly(state), lastEventId: readonly(lastEventId), open, refresh, close }
}
