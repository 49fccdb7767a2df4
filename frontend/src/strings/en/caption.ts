/** What the captions say, in English. */

import type { Mismatch } from '../../contract/transcripts'

export const caption = {
  title: 'Captions',
  waiting: 'Words appear here as people speak.',
  log: 'Lines of the captions',
  earlier: 'Show earlier lines',
  latest: 'Latest',
  print: 'Print',
  unknownVoice: 'Unidentified voice',
  tone: (label: string): string => `Tone: ${label}`,
  unsure: 'unsure:',
  mark: (flag: string): string => `(${flag})`,
  /** In English as the server words it. */
  mismatch: ({ sentence }: Mismatch): string => sentence,
  doubtfulKey: 'Words with a dotted underline may be wrong.',
  toneKey: 'Words in brackets were measured in the voice. Tones are guessed from the voice and can be wrong.',
  correct: 'Correct',
  correctLine: (at: string): string => `Correct the line at ${at}`,
  corrected: 'What was said',
  save: 'Save',
  cancel: 'Cancel',
  undo: 'Undo',
  saved: 'Saved.',
  undone: 'Undone.',
  heardAs: (text: string): string => `Corrected. Recognised as: ${text}`,
  layout: 'Captions',
  layouts: { 'words-first': 'Words first', 'tone-first': 'Tone first', 'words-only': 'Words only' },
  size: 'Caption size',
  printed: (date: string): string =>
    `Transcript, printed on ${date}. Words were recognised and tones guessed by a machine; both can be wrong.`,
}
