/** What the gateway sends, and how it is read. Unknown fields are ignored; what is malformed is dropped, not guessed. */

import { isAffect, type Affect } from './affects'
import type { Schemas, Unchecked } from './schemas'
import { partialFrom, transcriptFrom, type PartialTranscript, type TranscriptEvent } from './transcripts'
import { flagsFrom, measure, number, text, unit, type Fields } from './values'

export type { Fields } from './values'

export type ShiftDirection = Schemas['ToneEvent']['shift_direction']

/** The fields of shared/contract/tone_event.py that the page shows. */
export interface ToneEvent {
  /** The SSE id, `{sample}-{n}`. */
  id: string
  timestamp: number
  label: string
  confidence: number
  affect: Affect
  subtext: string | null
  speakerId: string
  shiftMagnitude: number
  shiftDirection: ShiftDirection
  prosodyFlags: string[]
  /** Affect → probability; empty when the worker does not say. */
  scores: Partial<Record<Affect, number>>
  /** −1…1, projected from the scores; null when the worker does not say, like those below. */
  arousal: number | null
  valence: number | null
  pitchHz: number | null
  loudnessDb: number | null
  /** As it came, read by the languages that need it (strings/wording.ts); null when the worker does not say. */
  wording: unknown
  /** Of the words that were said in this tone; empty when the worker does not say. */
  utteranceId: string
}

/** The fields of shared/contract/facts_event.py: what is measured, in a session in which no tone is inferred. */
export interface FactsEvent {
  /** The SSE id, `{sample}-{n}`. */
  id: string
  timestamp: number
  speakerId: string
  prosodyFlags: string[]
  pitchHz: number | null
  loudnessDb: number | null
  /** The flags in plain English; null while what is usual for this voice is not known yet. */
  text: string | null
}

export type LiveState = 'listening' | 'silence' | 'unclear' | 'behind'

export interface LiveStatus {
  state: LiveState
  lagSeconds: number
}

/** Sound that never came: from … to, in seconds of the session's audio. */
export interface AudioGap {
  from: number
  to: number
}

export type StreamEvent =
  | { kind: 'tone-event'; tone: ToneEvent }
  | { kind: 'facts-event'; facts: FactsEvent }
  | { kind: 'service-event'; code: string; detail: string }
  | { kind: 'audio-gap'; gap: AudioGap }
  | { kind: 'correction'; verdict: Fields }
  | { kind: 'gap'; from: string }
  | { kind: 'session-ended'; reason: string }
  | { kind: 'status'; status: LiveStatus }
  | { kind: 'transcript-event'; line: TranscriptEvent }
  | { kind: 'transcript'; partial: PartialTranscript }

export const STREAM_EVENTS = [
  'tone-event',
  'facts-event',
  'service-event',
  'audio-gap',
  'correction',
  'gap',
  'session-ended',
  'status',
  'transcript-event',
  'transcript',
] as const
export type StreamEventKind = (typeof STREAM_EVENTS)[number]

/** Live events carry no id of their own: an EventSource repeats the one before. */
const LIVE: readonly string[] = ['status', 'gap', 'transcript'] satisfies StreamEventKind[]

export const isStored = (kind: string): boolean => !LIVE.includes(kind)

function scoresFrom(value: unknown): ToneEvent['scores'] {
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(Object.entries(value).filter(([name, score]) => isAffect(name) && measure(score) !== null))
}

/** The reading in a tone-event's data, or null when it is none. */
export function toneFrom(id: string, fields: Unchecked<'ToneEvent'>): ToneEvent | null {
  const label = text(fields.label)
  if (!label) return null
  const direction = fields.shift_direction
  return {
    id,
    label,
    timestamp: number(fields.timestamp, 0),
    confidence: unit(fields.confidence),
    // An affect that a newer server may know: its label still says what was heard.
    affect: isAffect(fields.affect) ? fields.affect : 'neutral',
    subtext: text(fields.subtext) || null,
    speakerId: text(fields.speaker_id),
    shiftMagnitude: unit(fields.shift_magnitude),
    shiftDirection: direction === 'escalating' || direction === 'de-escalating' ? direction : 'stable',
    prosodyFlags: flagsFrom(fields.prosody_flags),
    scores: scoresFrom(fields.scores),
    arousal: measure(fields.arousal),
    valence: measure(fields.valence),
    pitchHz: measure(fields.pitch_hz),
    loudnessDb: measure(fields.loudness_db),
    wording: isAffect(fields.affect) ? (fields.wording ?? null) : null,
    utteranceId: text(fields.utterance_id),
  }
}

/** What a facts-event's data says was measured, or null when it is none. */
export function factsFrom(id: string, fields: Unchecked<'FactsEvent'>): FactsEvent | null {
  if (fields.event_type !== 'facts') return null
  return {
    id,
    timestamp: number(fields.timestamp, 0),
    speakerId: text(fields.speaker_id),
    prosodyFlags: flagsFrom(fields.prosody_flags),
    pitchHz: measure(fields.pitch_hz),
    loudnessDb: measure(fields.loudness_db),
    text: text(fields.text) || null,
  }
}

function statusFrom(fields: Fields): LiveStatus | null {
  const state = fields.state
  if (state !== 'listening' && state !== 'silence' && state !== 'unclear' && state !== 'behind') return null
  return { state, lagSeconds: number(fields.lag_seconds, 0) }
}

export const gapFrom = (fields: Fields): AudioGap => ({ from: number(fields.from, 0), to: number(fields.to, 0) })

/** The event behind one SSE block, or null when it is none that the page understands. */
export function parseStreamEvent(kind: StreamEventKind, id: string, data: string): StreamEvent | null {
  let fields: Fields
  try {
    const parsed: unknown = JSON.parse(data)
    if (typeof parsed !== 'object' || parsed === null) return null
    fields = parsed as Fields
  } catch {
    return null
  }
  switch (kind) {
    case 'tone-event': {
      const tone = toneFrom(id, fields)
      return tone && { kind, tone }
    }
    case 'facts-event': {
      const facts = factsFrom(id, fields)
      return facts && { kind, facts }
    }
    case 'status': {
      const status = statusFrom(fields)
      return status && { kind, status }
    }
    case 'transcript-event': {
      const line = transcriptFrom(id, fields)
      return line && { kind, line }
    }
    case 'transcript': {
      const partial = partialFrom(fields)
      return partial && { kind, partial }
    }
    case 'audio-gap':
      return { kind, gap: gapFrom(fields) }
    case 'service-event':
      return text(fields.detail) ? { kind, code: text(fields.code), detail: text(fields.detail) } : null
    case 'correction':
      return { kind, verdict: fields }
    case 'session-ended':
      return { kind, reason: text(fields.reason) }
    case 'gap':
      return { kind, from: text(fields.from) }
  }
}

/** Orders stored events: is `id` newer than `than`? Anything that is not an id counts as newer, so that no event is lost. */
export function isNewer(id: string, than: string): boolean {
  const [sample = NaN, n = NaN] = id.split('-').map(Number)
  const [thanSample = NaN, thanN = NaN] = than.split('-').map(Number)
  if ([sample, n, thanSample, thanN].some(Number.isNaN)) return true
  return sample !== thanSample ? sample > thanSample : n > thanN
}

export interface StreamBlock {
  kind: string
  /** Its own, or the one before where it has none, as in an EventSource. */
  id: string
  data: string
}

/** The events in an event stream's text, which is whole. */
export function blocksIn(text: string, lastId: string): StreamBlock[] {
  let id = lastId
  return text.split('\n\n').flatMap(block => {
    const fields = new Map(block.split('\n').map(line => line.split(/: ?(.*)/s, 2) as [string, string]))
    id = fields.get('id') ?? id
    const [kind, data] = [fields.get('event'), fields.get('data')]
    return kind && data ? [{ kind, id, data }] : []
  })
}
