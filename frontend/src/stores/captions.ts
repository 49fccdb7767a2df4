import { defineStore } from 'pinia'
import { computed, shallowReactive, shallowRef } from 'vue'
import { isNewer } from '../contract/events'
import { transcriptFrom, type PartialTranscript, type TranscriptEvent } from '../contract/transcripts'
import { fieldsOf, type Fields } from '../contract/values'
import { correctText, takeCorrectionBack } from '../server/api'

/** Lines kept in the page: several hours of unbroken talk. The server has the others. */
export const MOST_LINES = 5000
/** How many go at once when there are too many, so that it happens seldom. */
const CUT = 500
/** Seconds of sound after which unfinished words whose end never came are shown no longer. */
const ABANDONED = 30

/** What was said in the present session: finished lines in the stream's order, and what is still being spoken. */
export const useCaptions = defineStore('captions', () => {
  const lines = shallowRef<readonly TranscriptEvent[]>([])
  const unfinished = shallowRef<readonly PartialTranscript[]>([])
  /** A person's text for a line, by the line's id. */
  const corrections = shallowReactive(new Map<string, string>())
  /** The line that came last over the stream: what a screen reader has not heard yet. */
  const latest = shallowRef<TranscriptEvent | null>(null)

  const any = computed(() => lines.value.length > 0 || unfinished.value.length > 0)
  const finished = new Set<string>()

  function add(line: TranscriptEvent): void {
    const last = lines.value.at(-1)
    if ((last && !isNewer(line.id, last.id)) || finished.has(line.utteranceId)) return
    if (lines.value.length >= MOST_LINES) show(lines.value.slice(CUT))
    finished.add(line.utteranceId)
    lines.value = [...lines.value, line]
    latest.value = line
    // Before this line's first word everything is over: what began and stopped there has no line.
    unfinished.value = unfinished.value.filter(one => one.utteranceId !== line.utteranceId && one.timestamp > line.start)
  }

  function show(kept: readonly TranscriptEvent[]): void {
    lines.value = kept
    finished.clear()
    for (const { utteranceId } of kept) finished.add(utteranceId)
  }

  /** Replaces what was known of that utterance; its stable beginning never shrinks. */
  function addPartial(partial: PartialTranscript): void {
    if (finished.has(partial.utteranceId)) return
    const before = unfinished.value.find(one => one.utteranceId === partial.utteranceId)
    if (before && partial.timestamp < before.timestamp) return
    if (before && partial.text && !partial.text.startsWith(before.stable)) return
    const stable = before && before.stable.length > partial.stable.length ? before.stable : partial.stable
    const others = unfinished.value.filter(one => one !== before && one.timestamp > partial.timestamp - ABANDONED)
    const now = partial.text ? [...others, { ...partial, stable }] : others
    unfinished.value = now.sort((one, other) => one.start - other.start)
  }

  /** Nothing more comes of what was being spoken. */
  function hush(): void {
    unfinished.value = []
  }

  /** Forgets what the server has lost: the lines behind the event with this id. */
  function rewind(lastId: string): void {
    show(lines.value.filter(line => !isNewer(line.id, lastId)))
    hush()
  }

  function clear(): void {
    show([])
    hush()
    corrections.clear()
    latest.value = null
  }

  /** What the server has of a session that this page did not hear itself, from the entries of its export. */
  function load(entries: readonly Fields[]): void {
    clear()
    const found = entries.flatMap(entry => {
      const line = entry.event === 'transcript-event' ? transcriptFrom(String(entry.id), fieldsOf(entry.data)) : null
      const { text } = fieldsOf(entry.correction)
      if (line && typeof text === 'string' && text) corrections.set(line.id, text)
      return line ? [line] : []
    })
    show(found.slice(-MOST_LINES))
  }

  /** Resolves once the server has it. */
  async function correct(sessionId: string, lineId: string, text: string): Promise<void> {
    await correctText(sessionId, lineId, text)
    corrections.set(lineId, text)
  }

  /** Resolves once the server has forgotten it. */
  async function takeBack(sessionId: string, lineId: string): Promise<void> {
    await takeCorrectionBack(sessionId, lineId)
    corrections.delete(lineId)
  }

  const textOf = (line: TranscriptEvent): string => corrections.get(line.id) ?? line.text

  return { lines, unfinished, corrections, latest, any, add, addPartial, hush, rewind, clear, load, correct, takeBack, textOf }
})
