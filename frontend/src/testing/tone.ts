import type { ToneEvent } from '../contract/events'

/** A reading, plain unless said otherwise. */
export const aTone = (change: Partial<ToneEvent> = {}): ToneEvent => ({
  id: '48000-1',
  timestamp: 3,
  label: 'Calm and even',
  confidence: 0.8,
  affect: 'calm',
  subtext: null,
  speakerId: 'speaker_a',
  shiftMagnitude: 0,
  shiftDirection: 'stable',
  prosodyFlags: [],
  scores: {},
  arousal: null,
  valence: null,
  pitchHz: null,
  loudnessDb: null,
  wording: null,
  utteranceId: '',
  ...change,
})
