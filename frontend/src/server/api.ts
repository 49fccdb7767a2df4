/** The gateway's HTTP calls. Each resolves, or rejects with a Trouble. */

import type { Affect } from '../contract/affects'
import type { Schemas, Unchecked } from '../contract/schemas'
import { fieldsOf } from '../contract/values'
import { Trouble } from './trouble'

export interface StartOptions {
  sampleRate: number
  elcor: boolean
  /** Only what is measured is to be said. */
  facts: boolean
  /** What is said is to be written down. */
  words: boolean | null
  /** ISO 639-1 of what will be spoken; null: it is found out. */
  language: string | null
  /** The server's API key, where it asks for one; else empty. */
  key: string
  /** Token of what the person kept of earlier corrections; empty when there is none. */
  voiceProfile?: string
}

export type ExportFormat = 'json' | 'csv' | 'vtt' | 'md'

const LONGEST_WAIT = 10_000

/** Where the server answers `path`: behind whatever path prefix the page itself was opened. */
export function here(path: string, page = document.baseURI): string {
  const { pathname, search } = new URL(path.slice(1), page)
  return pathname + search
}

async function call(path: string, init: RequestInit = {}): Promise<unknown> {
  let response: Response
  try {
    response = await fetch(here(path), { signal: AbortSignal.timeout(LONGEST_WAIT), ...init })
  } catch {
    // Offline is only a reason for what failed: a server on this very computer is reached all the same.
    throw new Trouble(navigator.onLine ? 'server-away' : 'offline')
  }
  const body: unknown = await response.json().catch(() => null)
  if (response.ok) return body
  const problem: Unchecked<'Problem'> = fieldsOf(body)
  const detail = typeof problem.detail === 'string' ? problem.detail : ''
  const reason = problem.reason
  if (reason === 'fleet_full') throw new Trouble('server-full', detail)
  if (reason === 'no_worker' || reason === 'no_progress') throw new Trouble('no-worker', detail)
  if (response.status >= 500) throw new Trouble('server-away', detail)
  if (response.status === 404) throw new Trouble('session-unknown', detail)
  if (response.status === 401) throw new Trouble('key-missing', detail)
  if (response.status === 429) throw new Trouble('too-often', detail)
  if (response.status === 402) throw new Trouble('licence', detail)
  throw new Trouble('refused', detail)
}

export interface StartedSession {
  /** The key to everything of it. */
  id: string
  /** No tone is inferred in it, by this person's choice or the server's. */
  facts: boolean
  /** What is said in it is written down. */
  words: boolean
}

/** Rejects with server-full when it has to wait its turn. */
export async function startSession(wish: StartOptions): Promise<StartedSession> {
  const { sampleRate, elcor, facts, words, language, key, voiceProfile } = wish
  const answer = await call('/session/start', {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      ...(key && { Authorization: `Bearer ${key}` }),
      ...profileHeader(voiceProfile),
    },
    body: JSON.stringify({
      sample_rate: sampleRate,
      elcor,
      ...(facts && { facts }),
      words,
      ...(language !== null && { language }),
    } satisfies Schemas['StartRequest']),
  }).catch((error: unknown) => {
    throw key && error instanceof Trouble && error.code === 'key-missing' ? new Trouble('key-invalid', error.detail) : error
  })
  const started: Unchecked<'StartAnswer'> = fieldsOf(answer)
  const { session_id: id } = started
  if (typeof id === 'string') return { id, facts: started.facts === true, words: started.words === true }
  throw new Trouble('server-away')
}

export async function endSession(id: string): Promise<void> {
  await call(`/session/${id}/end`, { method: 'DELETE' })
}

export async function eraseSession(id: string): Promise<void> {
  await call(`/session/${id}`, { method: 'DELETE' })
}

export async function pinSession(id: string): Promise<void> {
  await call(`/session/${id}/pin`, { method: 'POST' })
}

/** The id of the session's read-only link, made if there is none yet. */
export async function shareSession(id: string): Promise<string> {
  const answer = await call(`/session/${id}/link`, { method: 'POST' })
  const linkId = linkIn(answer)
  if (linkId) return linkId
  throw new Trouble('server-away')
}

/** Revokes the link. */
export async function unshareSession(id: string): Promise<void> {
  await call(`/session/${id}/link`, { method: 'DELETE' })
}

function linkIn(answer: unknown): string {
  const shared: Unchecked<'Shared'> = fieldsOf(answer)
  return typeof shared.link_id === 'string' ? shared.link_id : ''
}

export interface Correction {
  affect: Affect
  note: string
}

/** What came of a correction, in the server's words. */
export type Outcome = Schemas['CorrectionAnswer']['outcome']
export const OUTCOMES = [
  'accepted',
  'refused',
  'not_said',
  'taken_back',
  'not_counted',
  'ended',
  'waiting',
] as const satisfies readonly Outcome[]

export const isOutcome = (value: unknown): value is Outcome => OUTCOMES.includes(value as Outcome)

/** `stored`: a server that only stores corrections says nothing of them. */
function outcomeIn(answer: unknown): Outcome | 'stored' {
  const told: Unchecked<'CorrectionAnswer'> = fieldsOf(answer)
  return isOutcome(told.outcome) ? told.outcome : 'stored'
}

const profileHeader = (token = ''): Record<string, string> => (token ? { 'X-Voice-Profile': token } : {})

/** The newest correction of an event counts. With a voice profile's token it is kept for later sessions. */
export async function correctReading(
  id: string,
  eventId: string,
  { affect, note }: Correction,
  keepUnder = '',
): Promise<Outcome | 'stored'> {
  return outcomeIn(
    await call(`/session/${id}/corrections`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...profileHeader(keepUnder) },
      body: JSON.stringify({
        event_id: eventId,
        affect,
        note: note || null,
        ...(keepUnder && { keep: true }),
      } satisfies Schemas['CorrectionRequest']),
    }),
  )
}

/** The newest text of a line counts; what was recognised stays beside it. */
export async function correctText(id: string, eventId: string, text: string): Promise<void> {
  await call(`/session/${id}/corrections`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ event_id: eventId, text }),
  })
}

/** As if the event had never been corrected, here and in the voice profile. */
export async function takeCorrectionBack(id: string, eventId: string, voiceProfile = ''): Promise<void> {
  await call(`/session/${id}/corrections/${eventId}`, { method: 'DELETE', headers: profileHeader(voiceProfile) })
}

/** Nothing is kept under this token any more. */
export async function eraseVoiceProfile(token: string): Promise<void> {
  await call('/voice-profile', { method: 'DELETE', headers: profileHeader(token) })
}

/** Every stored event of the session, with its corrections, as the export has them. */
export async function storedEntries(id: string): Promise<unknown[]> {
  const answer = await call(exportUrl(id, 'json'), { signal: AbortSignal.timeout(6 * LONGEST_WAIT) })
  const { events } = fieldsOf(answer)
  return Array.isArray(events) ? (events as unknown[]) : []
}

export interface SessionState {
  running: boolean
  sampleRate: number
  /** Samples that the server has; where sound goes on. */
  received: number
  /** Id of its read-only link; empty when there is none. */
  linkId: string
  /** No tone is inferred in it. */
  facts: boolean
  /** What is said in it is written down. */
  words: boolean
}

/** Rejects with session-unknown when the server no longer has it. */
export async function checkSession(id: string): Promise<SessionState> {
  const answer = await call(`/session/${id}`)
  const fields: Unchecked<'SessionView'> = fieldsOf(answer)
  const [sampleRate, seconds] = [Number(fields.sample_rate) || 0, Number(fields.audio_seconds) || 0]
  return {
    running: fields.state === 'running',
    sampleRate,
    received: Math.round(sampleRate * seconds),
    linkId: linkIn(answer),
    facts: fields.facts === true,
    words: fields.words === true,
  }
}

export interface PostedAudio {
  /** For the next frame: it says that this page goes on. */
  sender: string
  lagSeconds: number
}

/** Why a posted frame was not taken, by the server's own word; empty where no server of ours answered. */
export class NotTaken extends Error {
  constructor(
    readonly reason: string,
    readonly detail: string,
  ) {
    super(reason)
  }
}

/** One frame of audio where no WebSocket gets through; rejects with NotTaken. Without a `sender` it takes the session over. */
export async function postAudio(id: string, offset: number, pcm: Int16Array<ArrayBuffer>, sender: string): Promise<PostedAudio> {
  const response = await fetch(here(`/session/${id}/audio?offset=${offset}${sender && `&sender=${sender}`}`), {
    method: 'POST',
    headers: { 'Content-Type': 'application/octet-stream' },
    body: pcm,
    signal: AbortSignal.timeout(3 * LONGEST_WAIT),
  }).catch(() => null)
  const answer = (await response?.json().catch(() => null)) as Record<string, unknown> | null
  const text = (name: string): string => (typeof answer?.[name] === 'string' ? answer[name] : '')
  if (!response?.ok) throw new NotTaken(text('reason'), text('detail'))
  return { sender: text('sender'), lagSeconds: Number(answer?.lag_seconds) || 0 }
}

/** What an event stream would bring behind the event with this id, as its text; null once nothing follows. */
export async function readStream(id: string, lastEventId: string): Promise<string | null> {
  const response = await fetch(`${streamUrl(id, lastEventId)}&once=true`, {
    signal: AbortSignal.timeout(LONGEST_WAIT),
    cache: 'no-store',
  }).catch(() => {
    throw new Trouble('server-away')
  })
  if (response.status === 204) return null
  if (response.status === 404) throw new Trouble('session-unknown')
  if (!response.ok) throw new Trouble('server-away')
  return await response.text()
}

/** Resolves when the server can classify; rejects with offline, server-away or no-worker. */
export async function checkReady(): Promise<void> {
  await call('/ready', { signal: AbortSignal.timeout(LONGEST_WAIT / 2) })
}

export async function describeModel(): Promise<Record<string, unknown>> {
  const answer = await call('/model')
  if (typeof answer === 'object' && answer) return answer as Record<string, unknown>
  throw new Trouble('server-away')
}

export const exportUrl = (id: string, format: ExportFormat): string =>
  here(`/session/${id}/export?format=${format}&pseudonym=true`)
export const streamUrl = (id: string, lastEventId: string | null): string =>
  here(`/session/${id}/stream${lastEventId === null ? '' : `?last_event_id=${encodeURIComponent(lastEventId)}`}`)
export const audioUrl = (id: string, offset: number, base: Pick<Location, 'protocol' | 'host'> = location): string =>
  `${base.protocol === 'https:' ? 'wss' : 'ws'}://${base.host}${here(`/session/${id}/audio?offset=${offset}`)}`
