/** The words of utterances, as shared/contract/transcript_event.py has them. */

import { isAffect, type Affect } from './affects'
import { fieldsOf, measure, number, text, unit, type Fields } from './values'

export const POLARITIES = ['negative', 'neutral', 'positive'] as const
export type Polarity = (typeof POLARITIES)[number]

/** Probability under which a word counts as doubtful. */
const DOUBTFUL = 0.5

export interface SpokenWord {
  text: string
  start: number
  end: number
  probability: number
}

/** Words and voice that part, where both are sure. */
export interface Mismatch {
  words: Polarity
  voice: Affect
  /** In English, as the server words it. */
  sentence: string
}

/** One utterance's words: a line of the captions. */
export interface TranscriptEvent {
  /** The SSE id, `{sample}-{n}`. */
  id: string
  /** When the utterance was over; s of the session's audio, like all times here. */
  timestamp: number
  utteranceId: string
  start: number
  end: number
  text: string
  words: SpokenWord[]
  /** ISO 639-1; empty when the server does not say. */
  language: string
  /** Empty when it is not known whose voice it was. */
  speakerId: string
  mismatch: Mismatch | null
}

/** What has been recognised of an utterance that is still being spoken. */
export interface PartialTranscript {
  timestamp: number
  utteranceId: string
  start: number
  /** Empty when there were no words after all. */
  text: string
  /** What `text` begins with and later ones begin with, too. */
  stable: string
  language: string
}

export const isDoubtful = (word: SpokenWord): boolean => word.probability < DOUBTFUL

function wordFrom(value: unknown): SpokenWord[] {
  const fields = fieldsOf(value)
  const [start, end] = [measure(fields.start), measure(fields.end)]
  if (!text(fields.text) || start === null || end === null) return []
  return [{ text: text(fields.text), start, end, probability: unit(fields.probability) }]
}

const polarityFrom = (value: unknown): Polarity | null => POLARITIES.find(one => one === value) ?? null

function mismatchFrom(value: unknown): Mismatch | null {
  const { words: said, voice, sentence } = fieldsOf(value)
  const words = polarityFrom(said)
  return words && isAffect(voice) && text(sentence) ? { words, voice, sentence: text(sentence) } : null
}

/** The line in a transcript-event's data, or null when it is none. */
export function transcriptFrom(id: string, fields: Fields): TranscriptEvent | null {
  const [utteranceId, said] = [text(fields.utterance_id), text(fields.text).trim()]
  if (fields.event_type !== 'transcript' || !utteranceId || !said) return null
  const start = number(fields.start, 0)
  const end = number(fields.end, start)
  return {
    id,
    timestamp: number(fields.timestamp, end),
    utteranceId,
    start,
    end,
    text: said,
    words: Array.isArray(fields.words) ? fields.words.flatMap(wordFrom) : [],
    language: text(fields.language),
    speakerId: text(fields.speaker_id),
    mismatch: mismatchFrom(fields.mismatch),
  }
}

/** The words so far in a live transcript's data, or null when they are none. */
export function partialFrom(fields: Fields): PartialTranscript | null {
  const [utteranceId, said, stable] = [text(fields.utterance_id), fields.text, text(fields.stable)]
  if (fields.event_type !== 'partial-transcript' || !utteranceId) return null
  if (typeof said !== 'string' || !said.startsWith(stable)) return null
  return {
    timestamp: number(fields.timestamp, 0),
    utteranceId,
    start: number(fields.start, 0),
    text: said,
    stable,
    language: text(fields.language),
  }
}
