/** What the whole session's timeline and table say, in English. */

import type { Curve } from '../../timeline/curves'
import { minus, seconds } from '../figures'

const signed = (value: number): string => minus(value.toFixed(2))

export const timeline = {
  title: 'Timeline',
  whole: 'The whole session',
  empty: 'Nothing was read yet.',
  closer: 'Closer',
  farther: 'Farther',
  earlier: 'Earlier',
  later: 'Later',
  keys: 'Arrow keys go from reading to reading, Home and End to the first and last. + and − zoom, Shift with an arrow key moves the part that is shown, 0 shows everything. Or click, or drag over a part to see it closer.',
  key: 'Tones in this timeline',
  bars: 'Where there is no room for a picture there is a bar: the higher it stands, the earlier its tone comes in this list.',
  noVoice: 'A voice not told apart',
  gap: (length: number): string => `gap, ${seconds(length)}`,
  silent: 'no sound',
  noMoment: 'No moment is chosen',
  moment: (who: string, label: string, at: string): string => [who, label, `at ${at}`].filter(Boolean).join(', '),
  curves: 'Curves',
  curve: { arousal: 'Activation', valence: 'Pleasantness', loudness: 'Loudness', pitch: 'Pitch' },
  noCurve: 'No reading in this part has this figure.',
  reach: (low: string, high: string): string => `Here from ${low} to ${high}; the table has every value.`,
  value: (curve: Curve, value: number): string => ({
    arousal: signed(value), valence: signed(value), loudness: `${minus(Math.round(value))} dB`, pitch: `${Math.round(value)} Hz`,
  })[curve],
  curveHint: {
    arousal: 'from calm (−1) to very lively (1), computed from the tones',
    valence: 'from unpleasant (−1) to pleasant (1), computed from the tones',
    loudness: 'measured, in decibels below full scale',
    pitch: 'measured, in hertz',
  },
}

export const table = {
  title: 'Table',
  columns: ['When', 'Voice', 'Tone', 'How sure', 'Stands out'],
  corrected: 'Corrected to',
  gap: (length: number): string => `no sound for ${seconds(length)}`,
  pages: 'Pages of the table',
  newer: 'Newer',
  older: 'Older',
  page: (page: number, pages: number): string => `Page ${page} of ${pages}`,
}

export const detail = {
  title: 'The chosen moment',
  none: 'Choose a moment to read it in full.',
  sure: 'How sure:',
  others: 'It could also have been:',
  shift: 'Compared with before:',
  projected: 'Computed from the tones:',
  figure: { arousal: 'activation', valence: 'pleasantness', loudness: 'loudness', pitch: 'pitch' } satisfies Record<Curve, string>,
  corrected: (affect: string): string => `Corrected to: ${affect}`,
}

export const correction = {
  title: 'It was not that',
  instead: 'What it was instead',
  choose: 'Choose …',
  note: 'A note, if you like',
  send: 'Keep the correction',
  kept: 'Kept beside the reading.',
}
