import { computed } from 'vue'
import type { Affect } from '../contract/affects'
import type { ToneEvent } from '../contract/events'
import type { TranscriptEvent } from '../contract/transcripts'
import { useReadings } from '../stores/readings'
import { t } from '../strings'
import type { Measured } from './pieces'

/** How a line was said, in words. */
export interface ToneTag {
  affect: Affect
  label: string
  /** In words; empty where a person said what it was. */
  sureness: string
  /** In Elcor style: how it was said, in brackets; else empty. */
  delivery: string
}

export interface LineTones {
  /** The surest tone of the utterance; null where none was said of it. Nothing is taken from its neighbours. */
  tagOf: (line: TranscriptEvent) => ToneTag | null
  /** What was measured while it was said, in order. */
  measuredIn: (line: TranscriptEvent) => readonly Measured[]
}

const NONE: readonly ToneEvent[] = []

export function useLineTones(): LineTones {
  const readings = useReadings()
  const byUtterance = computed(() => {
    const found = new Map<string, ToneEvent[]>()
    for (const tone of readings.all) {
      const of = found.get(tone.utteranceId)
      if (of) of.push(tone)
      else found.set(tone.utteranceId, [tone])
    }
    return found
  })
  const tonesOf = (utteranceId: string): readonly ToneEvent[] => byUtterance.value.get(utteranceId) ?? NONE

  function tagOf({ utteranceId }: TranscriptEvent): ToneTag | null {
    let surest: ToneEvent | null = null
    for (const tone of tonesOf(utteranceId)) if (!surest || tone.confidence > surest.confidence) surest = tone
    if (!surest) return null
    const corrected = readings.corrections.get(surest.id)
    if (corrected) return { affect: corrected.affect, label: t.affects[corrected.affect], sureness: '', delivery: '' }
    return {
      affect: surest.affect,
      label: t.label(surest),
      sureness: t.confidence(surest.confidence),
      delivery: /^\[[^\]]+\]/.exec(t.subtext(surest) ?? '')?.[0] ?? '',
    }
  }

  /** Events that do not say their utterance belong to it by time and voice. */
  function measuredIn(line: TranscriptEvent): readonly Measured[] {
    const inTime = [...tonesOf(''), ...readings.facts].filter(
      ({ timestamp, speakerId }) =>
        timestamp >= line.start && timestamp <= line.timestamp && (!line.speakerId || speakerId === line.speakerId),
    )
    return [...tonesOf(line.utteranceId), ...inTime].sort((one, other) => one.timestamp - other.timestamp)
  }

  return { tagOf, measuredIn }
}
