import type { SpokenWord, TranscriptEvent } from '../contract/transcripts'

/** A line, plain unless said otherwise. */
export const aLine = (change: Partial<TranscriptEvent> = {}): TranscriptEvent => ({
  id: '48000-2',
  timestamp: 3,
  utteranceId: 'u1',
  start: 1,
  end: 2.5,
  text: 'That’s fine.',
  words: [],
  language: 'en',
  speakerId: 'speaker_a',
  mismatch: null,
  ...change,
})

/** Words of half a second each, from `start` on; "word?" is a doubtful one. */
export const wordsOf = (said: string, start = 0): SpokenWord[] =>
  said.split(' ').map((word, at) => ({
    text: word.replace('?', ''),
    start: start + at / 2,
    end: start + at / 2 + 0.4,
    probability: word.endsWith('?') ? 0.3 : 0.9,
  }))

/** A line as a gateway sends it. */
export const sentLine = (change: object = {}): object => ({
  event_type: 'transcript',
  session_id: '3-abc',
  timestamp: 3,
  utterance_id: 'u1',
  start: 1,
  end: 2.5,
  text: 'That’s fine.',
  words: [
    { text: 'That’s', start: 1, end: 1.6, probability: 0.9 },
    { text: 'fine.', start: 1.7, end: 2.5, probability: 0.4 },
  ],
  language: 'en',
  speaker_id: 'speaker_a',
  words_tone: null,
  mismatch: null,
  seq: 1,
  ...change,
})

/** Words so far, as a gateway sends them. */
export const sentPartial = (change: object = {}): object => ({
  event_type: 'partial-transcript',
  session_id: '3-abc',
  timestamp: 2,
  utterance_id: 'u1',
  start: 1,
  text: 'That’s fi',
  stable: 'That’s',
  language: 'en',
  ...change,
})
