/** What of a reading is worth its memory for as long as a session lasts, when there may be 20 000 of them. */

import type { ToneEvent } from '../contract/events'

/** Scores of tones that it could have been are worth a word, and so worth keeping, from here on. */
export const WORTH_SAYING = 0.1

/** Different words of one session; there are some hundred. More are not worth searching. */
const MOST_SHARED = 2000

/**
 * Makes readings small. Words that came before are kept once: each event brings its own copy of the same few labels,
 * sentences and flags, and they would be most of its memory.
 */
export function readingKeeper(): (tone: ToneEvent) => ToneEvent {
  const texts = new Map<string, string>()
  const lists = new Map<string, string[]>()
  const wordings = new Map<string, unknown>()

  function shared<Value>(known: Map<string, Value>, key: string, value: Value): Value {
    const before = known.get(key)
    if (before !== undefined) return before
    if (known.size >= MOST_SHARED) known.clear()
    known.set(key, value)
    return value
  }
  const text = (value: string): string => shared(texts, value, value)

  return tone => ({
    ...tone,
    label: text(tone.label),
    subtext: tone.subtext === null ? null : text(tone.subtext),
    speakerId: text(tone.speakerId),
    prosodyFlags: shared(lists, tone.prosodyFlags.join(' '), tone.prosodyFlags),
    wording: shared(wordings, JSON.stringify(tone.wording), tone.wording),
    scores: Object.fromEntries(Object.entries(tone.scores).filter(([, score]) => score >= WORTH_SAYING)),
  })
}
