/** What can be drawn as a line over the session. */

import type { ToneEvent } from '../events'

export const CURVES = ['arousal', 'valence', 'loudness', 'pitch'] as const
export type Curve = (typeof CURVES)[number]

export const VALUE_OF: Record<Curve, (tone: ToneEvent) => number | null> = {
  arousal: tone => tone.arousal,
  valence: tone => tone.valence,
  loudness: tone => tone.loudnessDb,
  pitch: tone => tone.pitchHz,
}

/** Whole range where there is one; else as the session has it. */
export const RANGE_OF: Record<Curve, [number, number] | null> = {
  arousal: [-1, 1],
  valence: [-1, 1],
  loudness: null,
  pitch: null,
}
