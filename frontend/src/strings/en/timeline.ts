/** What the whole session's timeline and table say, in English. */

import type { Curve } from '../../timeline/chart/curves'
import { minus, seconds } from '../figures'

const signed = (value: number): string => minus(value.toFixed(2))

export const timeline = {
  title: 'Timeline',
  whole: 'The whole session',
  empty: 'There are no readings yet.',
  closer: 'Zoom in',
  farther: 'Zoom out',
  earlier: 'Earlier',
  later: 'Later',
  keys: 'Arrow keys go from reading to reading, Home and End to the first and last. + and − zoom, Shift with an arrow key scrolls, and 0 shows the whole session. You can also click a reading, or drag across a part to zoom in on it.',
  key: 'Tones in this timeline',
  bars: 'Where there is no room for icons, bars are shown instead. Taller bars are tones nearer the top of this list.',
  noVoice: 'Unidentified voice',
  gap: (length: number): string => `gap, ${seconds(length)}`,
  silent: 'no sound',
  noMoment: 'No moment selected',
  moment: (who: string, label: string, at: string): string => [who, label, `at ${at}`].filter(Boolean).join(', '),
  curves: 'Curves',
  curve: { arousal: 'Activation', valence: 'Pleasantness', loudness: 'Loudness', pitch: 'Pitch' },
  noCurve: 'None of the readings shown has a value for this.',
  reach: (low: string, high: string): string => `In the part shown: ${low} to ${high}. The table lists every value.`,
  value: (curve: Curve, value: number): string =>
    ({
      arousal: signed(value),
      valence: signed(value),
      loudness: `${minus(Math.round(value))} dB`,
      pitch: `${Math.round(value)} Hz`,
    })[curve],
  curveHint: {
    arousal: 'from calm (−1) to very lively (1), computed from the tones',
    valence: 'from unpleasant (−1) to pleasant (1), computed from the tones',
    loudness: 'measured, in decibels below full scale',
    pitch: 'measured, in hertz',
  },
}
