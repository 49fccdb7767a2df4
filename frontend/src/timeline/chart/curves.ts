/** What can be drawn as a line over the session, and which points of it a line needs. */

import type { AudioGap, ToneEvent } from '../../contract/events'
import type { Span } from './span'

export const CURVES = ['arousal', 'valence', 'loudness', 'pitch'] as const
export type Curve = (typeof CURVES)[number]

export const VALUE_OF: Record<Curve, (tone: ToneEvent) => number | null> = {
  arousal: tone => tone.arousal,
  valence: tone => tone.valence,
  loudness: tone => tone.loudnessDb,
  pitch: tone => tone.pitchHz,
}

/** The whole range where there is one; else, from the session's own, out to the next multiple of this. */
const SCALE: Record<Curve, [number, number] | number> = { arousal: [-1, 1], valence: [-1, 1], loudness: 10, pitch: 50 }

export function rangeOf(curve: Curve, low: number | null, high: number | null): [number, number] {
  const scale = SCALE[curve]
  if (typeof scale !== 'number') return scale
  if (low === null || high === null) return [0, scale]
  const bottom = Math.floor(low / scale) * scale
  return [bottom, Math.max(Math.ceil(high / scale) * scale, bottom + scale)]
}

/** Place of the first reading that is not before `at`; readings are in order of time. */
function firstFrom(readings: readonly ToneEvent[], at: number): number {
  let [low, high] = [0, readings.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((readings[middle]?.timestamp ?? Infinity) < at) low = middle + 1
    else high = middle
  }
  return low
}

/** Places of the readings that a picture of `span` needs: [first, behind the last], with a neighbour on either side. */
function within(readings: readonly ToneEvent[], { from, to }: Span): [number, number] {
  return [Math.max(0, firstFrom(readings, from) - 1), Math.min(readings.length, firstFrom(readings, to) + 1)]
}

/** Lowest and highest value in `span`; null when there is none. */
export function extremes(readings: readonly ToneEvent[], curve: Curve, span: Span): [number, number] | null {
  const [first, end] = within(readings, span)
  let [low, high] = [Infinity, -Infinity]
  for (let place = first; place < end; place += 1) {
    const tone = readings[place]
    const value = tone && tone.timestamp >= span.from && tone.timestamp <= span.to ? VALUE_OF[curve](tone) : null
    if (value === null) continue
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  return low <= high ? [low, high] : null
}

export type Points = [at: number[], values: (number | null)[]]

/**
 * A line through `columns` of pixels that looks like one through every reading: of each column its first, lowest,
 * highest and last value (Jugel et al. 2014, M4, doi 10.14778/2732951.2732953). It is broken where there was no sound.
 */
export function pointsOf(
  readings: readonly ToneEvent[],
  gaps: readonly AudioGap[],
  curve: Curve,
  span: Span,
  columns: number,
): Points {
  const [first, end] = within(readings, span)
  const points: Points = [[], []]
  let gap = 0
  const put = (tone: ToneEvent): void => {
    const before = points[0].at(-1) ?? tone.timestamp
    while ((gaps[gap]?.from ?? Infinity) < before) gap += 1
    const broken = gaps[gap]
    if (broken && broken.from < tone.timestamp) {
      points[0].push(broken.from)
      points[1].push(null)
    }
    points[0].push(tone.timestamp)
    points[1].push(VALUE_OF[curve](tone))
  }
  if (end - first <= 4 * columns) {
    for (let place = first; place < end; place += 1) put(readings[place] as ToneEvent)
    return points
  }
  const valueOf = VALUE_OF[curve]
  const perSecond = columns / (span.to - span.from)
  for (let place = first; place < end;) {
    const column = Math.floor((readings[place] as ToneEvent).timestamp * perSecond)
    const from = place
    let [low, high, least, most] = [from, from, Infinity, -Infinity]
    for (; place < end; place += 1) {
      const tone = readings[place] as ToneEvent
      if (Math.floor(tone.timestamp * perSecond) !== column) break
      const value = valueOf(tone)
      if (value === null) continue
      if (value < least) [least, low] = [value, place]
      if (value > most) [most, high] = [value, place]
    }
    for (const one of new Set([from, Math.min(low, high), Math.max(low, high), place - 1])) put(readings[one] as ToneEvent)
  }
  return points
}
