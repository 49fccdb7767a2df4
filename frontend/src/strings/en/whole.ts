/** What the whole session’s readings and their corrections say, in English. */

import type { Outcome } from '../../server/api'
import type { Curve } from '../../timeline/chart/curves'
import { seconds } from '../figures'

const table = {
  title: 'Table',
  columns: ['When', 'Voice', 'Tone', 'How sure', 'Notable'],
  corrected: 'Corrected to',
  gap: (length: number): string => `no sound for ${seconds(length)}`,
  pages: 'Pages of the table',
  newer: 'Newer',
  older: 'Older',
  page: (page: number, pages: number): string => `Page ${page} of ${pages}`,
}

const detail = {
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

const correction = {
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
}

export const whole = { table, detail, correction }
