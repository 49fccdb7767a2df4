/** What the whole session's timeline and table say, in English. */

import type { Outcome } from '../../server/api'
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

export const table = {
  title: 'Table',
  columns: ['When', 'Voice', 'Tone', 'How sure', 'Notable'],
  corrected: 'Corrected to',
  gap: (length: number): string => `no sound for ${seconds(length)}`,
  pages: 'Pages of the table',
  newer: 'Newer',
  older: 'Older',
  page: (page: number, pages: number): string => `Page ${page} of ${pages}`,
}

export const detail = {
  title: 'Selected moment',
  none: 'Choose a moment to see its reading in full.',
  sure: 'How sure:',
  others: 'It could also have been:',
  shift: 'Compared with before:',
  projected: 'Computed from the tones:',
  figure: { arousal: 'activation', valence: 'pleasantness', loudness: 'loudness', pitch: 'pitch' } satisfies Record<
    Curve,
    string
  >,
  corrected: (affect: string): string => `Corrected to: ${affect}`,
}

export const correction = {
  title: 'That’s not right',
  instead: 'What it was instead',
  choose: 'Choose …',
  note: 'Note (optional)',
  keep: 'Use this in later sessions, too',
  keepHint:
    'This server keeps the voice’s scores and what you chose, for 90 days by default. It keeps no sound, no words and no voiceprint. The correction then applies to every voice, because Linnet does not recognise people.',
  send: 'Save',
  takeBack: 'Undo',
  erase: 'Erase what was kept for later sessions',
  erased: 'Nothing is kept for later sessions any more.',
  outcome: {
    stored: 'Saved with the reading.',
    accepted:
      'Saved. When this voice sounds like that again in this session, Linnet is more likely to report the tone you chose.',
    refused: 'Saved as a note only: applying it would cause too many wrong readings for other speakers.',
    not_said: 'Saved as a note only: this model never reports the tone you chose.',
    taken_back: 'Undone. The correction no longer applies.',
    not_counted: 'Undone. The correction was not being applied.',
    ended: 'Saved as a note. This session is over, so its readings do not change.',
    waiting: 'Saved. It will apply once all earlier sound has been analysed.',
  } satisfies Record<Outcome | 'stored', string>,
  begun: (counted: boolean): string =>
    counted
      ? 'Corrections from your earlier sessions apply here, to every voice.'
      : 'Corrections from your earlier sessions are not applied here: they would cause too many wrong readings for other speakers.',
}
