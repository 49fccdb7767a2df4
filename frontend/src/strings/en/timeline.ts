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
  keys: 'Arrow keys go from reading to reading, Home and End to the first and last. + and − zoom, Shift with an arrow key moves the part that is shown, 0 shows everything. Or click, or drag over a part to zoom in on it.',
  key: 'Tones in this timeline',
  bars: 'Where there is no room for a picture, a bar stands for it: the higher the bar, the earlier its tone comes in this list.',
  noVoice: 'Unidentified voice',
  gap: (length: number): string => `gap, ${seconds(length)}`,
  silent: 'no sound',
  noMoment: 'No moment selected',
  moment: (who: string, label: string, at: string): string => [who, label, `at ${at}`].filter(Boolean).join(', '),
  curves: 'Curves',
  curve: { arousal: 'Activation', valence: 'Pleasantness', loudness: 'Loudness', pitch: 'Pitch' },
  noCurve: 'No reading in this part has this figure.',
  reach: (low: string, high: string): string => `Here from ${low} to ${high}; the table has every value.`,
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
  columns: ['When', 'Voice', 'Tone', 'How sure', 'Stands out'],
  corrected: 'Corrected to',
  gap: (length: number): string => `no sound for ${seconds(length)}`,
  pages: 'Pages of the table',
  newer: 'Newer',
  older: 'Older',
  page: (page: number, pages: number): string => `Page ${page} of ${pages}`,
}

export const detail = {
  title: 'Selected moment',
  none: 'Choose a moment to read it in full.',
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
  note: 'A note, if you like',
  keep: 'Use this in later sessions, too',
  keepHint:
    'This server keeps the voice’s scores and what you chose, for 90 days by default. It keeps no sound, no words and no voiceprint. The correction then counts for every voice, because Linnet does not recognise people.',
  send: 'Save',
  takeBack: 'Undo',
  erase: 'Erase what was kept for later sessions',
  erased: 'Nothing is kept for later sessions any more.',
  outcome: {
    stored: 'Saved beside the reading.',
    accepted: 'Saved. When this voice sounds like that again in this session, its readings lean towards what you chose.',
    refused: 'Saved as a note only: if it counted, other people’s speech would be misread too often.',
    not_said: 'Saved as a note only: this model never says what you chose.',
    taken_back: 'Taken back. It no longer counts.',
    not_counted: 'Taken back. It had not counted.',
    ended: 'Saved as a note. This session is over, so nothing changes in it.',
    waiting: 'Saved. It counts as soon as the sound before it has been analysed.',
  } satisfies Record<Outcome | 'stored', string>,
  begun: (counted: boolean): string =>
    counted
      ? 'Corrections from your earlier sessions count here, for every voice.'
      : 'Corrections from your earlier sessions do not count here: with them, other speech would be misread too often.',
}
