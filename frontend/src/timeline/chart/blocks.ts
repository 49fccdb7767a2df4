/** Readings → what a timeline shows: a lane for each voice, and in it a block for each stretch of one tone. */

import { AFFECTS, type Affect } from '../../contract/affects'
import type { ToneEvent } from '../../contract/events'

/** s that a reading reaches back, and that may lie between two readings of one stretch: hop and a half. */
const REACH = 1.5

export interface Block {
  speakerId: string
  affect: Affect
  /** s of session audio. */
  from: number
  to: number
  /** Places of its first and last reading among all. */
  first: number
  last: number
}

/** In order of their beginning. */
export function blocksOf(readings: readonly ToneEvent[]): Block[] {
  const blocks: Block[] = []
  const open = new Map<string, Block>()
  readings.forEach(({ speakerId, affect, timestamp }, place) => {
    const before = open.get(speakerId)
    const near = before && timestamp - before.to <= REACH
    if (near && before.affect === affect) {
      before.to = timestamp
      before.last = place
      return
    }
    const block = {
      speakerId,
      affect,
      from: near ? before.to : Math.max(0, timestamp - REACH),
      to: timestamp,
      first: place,
      last: place,
    }
    blocks.push(block)
    open.set(speakerId, block)
  })
  return blocks
}

/** Voices in the order in which they came. */
export const lanesOf = (readings: readonly ToneEvent[]): string[] => [...new Set(readings.map(tone => tone.speakerId))]

/** Place of the reading of a lane nearest to `at` s; −1 when there is none. */
export function nearest(readings: readonly ToneEvent[], at: number, speakerId?: string): number {
  let found = -1
  readings.forEach((tone, place) => {
    if (speakerId !== undefined && tone.speakerId !== speakerId) return
    const best = readings[found]
    if (!best || Math.abs(tone.timestamp - at) < Math.abs(best.timestamp - at)) found = place
  })
  return found
}

/** The tones that there are, in the page's one order. */
export function affectsIn(readings: readonly ToneEvent[]): Affect[] {
  const heard = new Set(readings.map(tone => tone.affect))
  return AFFECTS.filter(affect => heard.has(affect))
}
