import { useEventListener } from '@vueuse/core'
import { onScopeDispose, readonly, shallowRef, type Ref } from 'vue'
import { checkSession, readStream, streamUrl } from '../server/api'
import {
  blocksIn,
  isNewer,
  isStored,
  parseStreamEvent,
  STREAM_EVENTS,
  type StreamBlock,
  type StreamEvent,
  type StreamEventKind,
} from '../contract/events'
import { Trouble } from '../server/trouble'
import { backoff } from '../server/backoff'
import { slotsAreCounted, takeSlot } from './streamSlots'

export type StreamState = 'closed' | 'connecting' | 'open' | 'reconnecting' | 'ended' | 'gone'

/** Before every stored event. */
const BEGINNING = '0-0'
/** ms from one look to the next where there is no stream. */
const LOOK_EVERY = 1000
/** So many looks after one another without a stream, then it is seen whether another tab has let one go. */
const LOOKS = 15
/** ms after which a plain call says whether a stream holds anything back: so often at its beginning, then more seldom. */
const COMPARE_EVERY = 4000
const COMPARE_OFTEN = 6
const COMPARE_SELDOM = 60_000
/** ms in which a stream has to bring what a plain call has brought. */
const GRACE = 2000

export interface ToneStream {
  /** Whether events are getting through; `ended` after session-ended, `gone` when the server no longer has the session. */
  state: Readonly<Ref<StreamState>>
  /** Id of the newest stored event, from which a new connection resumes. */
  lastEventId: Readonly<Ref<string>>
  /** A stream does not get through as it is sent, so events are asked for. */
  heldBack: Readonly<Ref<boolean>>
  /** From now on; or everything behind the event with id `after`, `0-0` being before the first. */
  open: (sessionId: string, after?: string) => void
  /** Resumes on a new connection: this one is suspected to be dead, which an EventSource cannot notice. */
  refresh: () => void
  /** Holds no connection until `refresh`, which brings what was missed. */
  rest: () => void
  close: () => void
}

/**
 * A session's events, each once and in order, through cuts and restarts.
 *
 * The browser's EventSource resumes by itself while the server answers at all; an error answer (503 …) closes it for
 * good, and then this reopens it. Where other tabs hold as many streams as is good, or something on the way holds this one
 * back, it asks every second instead.
 */
export function useToneStream(onEvent: (event: StreamEvent) => void): ToneStream {
  const state = shallowRef<StreamState>('closed')
  const lastEventId = shallowRef(BEGINNING)
  const heldBack = shallowRef(false)

  let session = ''
  let source: EventSource | null = null
  let timer: ReturnType<typeof setTimeout> | undefined
  let comparing: ReturnType<typeof setTimeout> | undefined
  let attempts = 0
  let slot: (() => void) | null = null
  let turn = 0 // tells a slow answer that it is wanted no longer

  function drop(): void {
    turn += 1
    clearTimeout(timer)
    clearTimeout(comparing)
    source?.close()
    source = null
  }

  function giveSlot(): void {
    slot?.()
    slot = null
  }

  function finish(as: StreamState): void {
    drop()
    giveSlot()
    state.value = as
  }

  function receive(kind: StreamEventKind, id: string, data: string): void {
    if (isStored(kind) && id) {
      if (!isNewer(id, lastEventId.value)) return
      lastEventId.value = id
    }
    const event = parseStreamEvent(kind, id, data)
    // The server has lost what it had sent behind this id: other events may follow under the same ids.
    if (event?.kind === 'gap' && event.from && isNewer(lastEventId.value, event.from)) lastEventId.value = event.from
    if (event) onEvent(event)
    if (kind === 'session-ended') finish('ended')
  }

  function connect(resume: boolean): void {
    drop()
    if (heldBack.value) return void look()
    if (slot || !slotsAreCounted()) return listen(resume)
    const mine = turn
    void takeSlot().then(release => {
      if (mine !== turn) return release?.()
      slot = release
      if (release) listen(resume)
      else void look()
    })
  }

  function listen(resume: boolean): void {
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
    for (const kind of STREAM_EVENTS) {
      fresh.addEventListener(kind, ({ lastEventId: id, data }) => receive(kind, id, String(data)))
    }
    compareLater(0)
  }

  function compareLater(time: number): void {
    comparing = setTimeout(() => void compare(time), time < COMPARE_OFTEN ? COMPARE_EVERY : COMPARE_SELDOM)
  }

  /** A stream that is held back seems to be a quiet one. What a plain call brings and the stream does not tells. */
  async function compare(time: number): Promise<void> {
    const mine = turn
    const before = lastEventId.value
    const text = await readStream(session, before).catch(() => '')
    const newest = blocksIn(text ?? '', before).findLast(({ kind }) => isStored(kind))?.id ?? before
    const unopened = text !== '' && state.value === 'connecting' && time > 0
    await new Promise(resolve => (comparing = setTimeout(resolve, GRACE)))
    if (mine !== turn) return
    if (!isNewer(newest, lastEventId.value) && !(unopened && state.value === 'connecting')) return compareLater(time + 1)
    heldBack.value = true
    giveSlot()
    connect(true)
  }

  /** Asks for what came meanwhile, and again a little later. */
  async function look(looks = 0): Promise<void> {
    const mine = turn
    let text: string | null
    try {
      text = await readStream(session, lastEventId.value)
    } catch (error) {
      if (mine !== turn) return
      if (error instanceof Trouble && error.code === 'session-unknown') return finish('gone')
      state.value = 'reconnecting'
      timer = setTimeout(() => void look(looks), backoff(attempts++))
      return
    }
    if (mine !== turn) return
    if (text === null) return finish('ended')
    attempts = 0
    state.value = 'open'
    for (const { kind, id, data } of blocksIn(text, lastEventId.value).filter(isKnown)) receive(kind, id, data)
    if (mine !== turn) return
    // A tab that has closed may have left its slot.
    if (!heldBack.value && looks >= LOOKS) connect(true)
    else timer = setTimeout(() => void look(looks + 1), LOOK_EVERY)
  }

  function retryLater(): void {
    drop()
    timer = setTimeout(() => void retry(), backoff(attempts++))
  }

  async function retry(): Promise<void> {
    const asked = session
    try {
      await checkSession(asked)
    } catch (error) {
      if (asked !== session || state.value !== 'reconnecting') return
      if (error instanceof Trouble && error.code === 'session-unknown') finish('gone')
      else retryLater()
      return
    }
    if (asked === session && state.value === 'reconnecting') connect(true)
  }

  function rest(): void {
    if (state.value !== 'closed' && state.value !== 'ended' && state.value !== 'gone') {
      drop()
      giveSlot()
    }
  }

  function refresh(): void {
    if (state.value === 'open' || state.value === 'connecting' || state.value === 'reconnecting') connect(true)
  }
  useEventListener(window, 'online', () => {
    heldBack.value = false // another network may let it through
    refresh()
  })

  function open(sessionId: string, after?: string): void {
    session = sessionId
    lastEventId.value = after ?? BEGINNING
    attempts = 0
    heldBack.value = false
    state.value = 'connecting'
    connect(after !== undefined)
  }

  const close = (): void => finish('closed')
  onScopeDispose(close)

  return { state: readonly(state), lastEventId: readonly(lastEventId), heldBack: readonly(heldBack), open, refresh, rest, close }
}

const isKnown = (block: StreamBlock): block is StreamBlock & { kind: StreamEventKind } =>
  STREAM_EVENTS.includes(block.kind as StreamEventKind)
