import { defineStore } from 'pinia'
import { computed, shallowReactive, shallowRef } from 'vue'
import { correctReading, isOutcome, storedEntries, takeCorrectionBack, type Correction, type Outcome } from '../server/api'
import { isAffect } from '../contract/affects'
import {
  factsFrom,
  gapFrom,
  isNewer,
  toneFrom,
  type AudioGap,
  type FactsEvent,
  type Fields,
  type ToneEvent,
} from '../contract/events'
import { fieldsOf } from '../contract/values'
import { useCaptions } from './captions'
import { readingKeeper } from './keptReading'
import { useSpeakers } from './speakers'
import { useVoiceProfile } from './voiceProfile'

/** Readings kept in the page: some five and a half hours of unbroken speech. The server has the others. */
export const MOST_READINGS = 20_000
/** How many go at once when there are too many, so that it happens seldom. */
const CUT = 1000
/** Before every stored event. */
export const BEGINNING = '0-0'

export interface Stored {
  /** Id of the newest event, whatever its kind; a stream that goes on behind it leaves nothing out and repeats nothing. */
  lastId: string
  /** Nothing follows. */
  ended: boolean
}

/**
 * Everything that was read of the present session, oldest first, where there was no sound, and what the person corrected.
 * The session's captions come and go with it.
 */
export const useReadings = defineStore('readings', () => {
  const speakers = useSpeakers()
  const captions = useCaptions()
  const voiceProfile = useVoiceProfile()
  const all = shallowRef<ToneEvent[]>([])
  /** What was measured, oldest first, where no tone is inferred. */
  const facts = shallowRef<readonly FactsEvent[]>([])
  /** Stretches without sound, in s of the session's audio, in the order of their ends; at most as many as readings. */
  const gaps = shallowRef<readonly AudioGap[]>([])
  const corrections = shallowReactive(new Map<string, Correction>())
  /** What came of each correction, by event; also of those that were taken back. */
  const outcomes = shallowReactive(new Map<string, Outcome | 'stored'>())
  const selectedId = shallowRef('')

  let keep = readingKeeper()

  const selectedIndex = computed(() => (selectedId.value ? all.value.findIndex(tone => tone.id === selectedId.value) : -1))
  const selected = computed(() => all.value[selectedIndex.value] ?? null)

  function add(tone: ToneEvent): void {
    const last = all.value.at(-1)
    if (last && !isNewer(tone.id, last.id)) return
    // A new array: what is computed from it by components would not notice a change within it.
    all.value = [...(all.value.length < MOST_READINGS ? all.value : all.value.slice(CUT)), keep(tone)]
  }

  function addFacts(measured: FactsEvent): void {
    const last = facts.value.at(-1)
    if (!last || isNewer(measured.id, last.id)) facts.value = [...facts.value, measured].slice(-MOST_READINGS)
  }

  function addGap(gap: AudioGap): void {
    if (gap.to <= (gaps.value.at(-1)?.to ?? 0)) return
    gaps.value = [...gaps.value, gap].slice(-MOST_READINGS)
  }

  /** Forgets what the server has lost: the readings behind the event with this id. */
  function rewind(lastId: string): void {
    if (!/^\d+-\d+$/.test(lastId)) return
    all.value = all.value.filter(tone => !isNewer(tone.id, lastId))
    facts.value = facts.value.filter(measured => !isNewer(measured.id, lastId))
    captions.rewind(lastId)
    if (!selected.value) selectedId.value = ''
  }

  function clear(): void {
    all.value = []
    facts.value = []
    keep = readingKeeper()
    gaps.value = []
    corrections.clear()
    outcomes.clear()
    selectedId.value = ''
    captions.clear()
  }

  /** What the server has of a session that this page did not hear itself. Changes nothing here when it is `wanted` no longer. */
  async function load(sessionId: string, wanted: () => boolean = () => true): Promise<Stored> {
    const entries = (await storedEntries(sessionId)).map(fieldsOf)
    const stored = {
      lastId: (entries.findLast(entry => entry.id)?.id as string | undefined) ?? BEGINNING,
      ended: entries.some(entry => entry.event === 'session-ended'),
    }
    if (!wanted()) return stored
    clear()
    all.value = entries
      .flatMap(entry => {
        const tone = entry.event === 'tone-event' ? toneFrom(String(entry.id), fieldsOf(entry.data)) : null
        return tone ? [keep(tone)] : []
      })
      .slice(-MOST_READINGS)
    facts.value = entries
      .flatMap(entry => {
        const measured = entry.event === 'facts-event' ? factsFrom(String(entry.id), fieldsOf(entry.data)) : null
        return measured ? [measured] : []
      })
      .slice(-MOST_READINGS)
    for (const entry of entries) {
      if (entry.event === 'audio-gap') addGap(gapFrom(fieldsOf(entry.data)))
      const { affect, note } = fieldsOf(entry.correction)
      if (entry.event === 'correction') judge(fieldsOf(entry.data))
      if (isAffect(affect)) corrections.set(String(entry.id), { affect, note: typeof note === 'string' ? note : '' })
    }
    captions.load(entries)
    speakers.meet(sessionId)
    for (const { speakerId } of [...all.value, ...facts.value, ...captions.lines]) speakers.hear(speakerId)
    return stored
  }

  /** Resolves once the server has it, with what came of it. */
  async function correct(sessionId: string, eventId: string, correction: Correction, keep = false): Promise<void> {
    const outcome = await correctReading(sessionId, eventId, correction, keep ? voiceProfile.make() : '')
    corrections.set(eventId, correction)
    outcomes.set(eventId, outcome)
  }

  /** Resolves once the server has forgotten it. */
  async function takeBack(sessionId: string, eventId: string): Promise<void> {
    await takeCorrectionBack(sessionId, eventId, voiceProfile.token)
    corrections.delete(eventId)
    outcomes.set(eventId, 'taken_back')
  }

  /** What the worker said of a correction, from whichever page it came. */
  function judge({ event_id: eventId, outcome }: Fields): void {
    if (typeof eventId === 'string' && isOutcome(outcome)) outcomes.set(eventId, outcome)
  }

  /** The reading so many further on; the newest when none was selected. Stops at both ends. */
  function travel(by: number): void {
    const last = all.value.length - 1
    const to = selectedIndex.value < 0 && Number.isFinite(by) ? last : Math.min(Math.max(selectedIndex.value + by, 0), last)
    selectedId.value = all.value[to]?.id ?? ''
  }

  return {
    all,
    facts,
    gaps,
    corrections,
    selectedId,
    selectedIndex,
    selected,
    add,
    addFacts,
    addGap,
    rewind,
    clear,
    load,
    correct,
    takeBack,
    judge,
    outcomes,
    travel,
  }
})
