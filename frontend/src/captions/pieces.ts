/** A line as it is shown: its words, which of them are doubtful, and what was measured while they were said. */

import { isDoubtful, type SpokenWord, type TranscriptEvent } from '../contract/transcripts'

/** What was measured in a voice up to a moment. */
export interface Measured {
  timestamp: number
  prosodyFlags: readonly string[]
}

export type Piece = { kind: 'text'; text: string } | { kind: 'doubtful'; text: string } | { kind: 'mark'; flag: string }

/** Seconds between two words that may be the long pause that was measured. */
const PAUSE = 0.7

/** Before which word a flag stands; as many as there are words: behind the last. */
interface Mark {
  before: number
  flag: string
}

/** The flags that begin within the line; one that goes on is not said again. */
function marksIn(words: readonly SpokenWord[], measured: readonly Measured[]): Mark[] {
  let before: readonly string[] = []
  return measured.flatMap(({ timestamp, prosodyFlags }) => {
    const begun = prosodyFlags.filter(flag => !before.includes(flag))
    before = prosodyFlags
    return begun.map(flag => ({ before: flag === 'long_pause' ? pauseBefore(words, timestamp) : wordAt(words, timestamp), flag }))
  })
}

function wordAt(words: readonly SpokenWord[], time: number): number {
  const at = words.findIndex(word => word.end >= time)
  return at < 0 ? words.length : at
}

/** The longest pause until then, or else the one before the line. */
function pauseBefore(words: readonly SpokenWord[], time: number): number {
  let [found, longest] = [0, PAUSE]
  words.forEach((word, at) => {
    const pause = word.start - (words[at - 1]?.end ?? word.start)
    if (word.start <= time && pause >= longest) [found, longest] = [at, pause]
  })
  return found
}

/** The line's text in pieces; joined, the pieces of text are the text. */
export function piecesOf({ text, words }: TranscriptEvent, measured: readonly Measured[]): Piece[] {
  const pieces: Piece[] = []
  const marks = marksIn(words, measured)
  let done = 0
  const put = (kind: 'text' | 'doubtful', to: number): void => {
    const [part, last] = [text.slice(done, to), pieces.at(-1)]
    done = Math.max(done, to)
    if (!part) return
    if (kind === 'text' && last?.kind === 'text') last.text += part
    else pieces.push({ kind, text: part })
  }
  words.forEach((word, at) => {
    const found = text.indexOf(word.text, done)
    if (found >= 0) put('text', found)
    pieces.push(...marksBefore(marks, at))
    if (found >= 0) put(isDoubtful(word) ? 'doubtful' : 'text', found + word.text.length)
  })
  put('text', text.length)
  return [...pieces, ...marksBefore(marks, words.length)]
}

/** A person's text for the line. Where in it something was measured is not known, so that follows it. */
export const piecesOfCorrected = (text: string, { words }: TranscriptEvent, measured: readonly Measured[]): Piece[] => [
  { kind: 'text', text },
  ...marksIn(words, measured).map(({ flag }): Piece => ({ kind: 'mark', flag })),
]

const marksBefore = (marks: readonly Mark[], word: number): Piece[] =>
  marks.filter(({ before }) => before === word).map(({ flag }) => ({ kind: 'mark', flag }))
