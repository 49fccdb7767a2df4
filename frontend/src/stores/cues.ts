/** The parts of a reading that a person may show or hide. */
export const CUES = ['affect', 'subtext', 'confidence', 'percent', 'shift', 'prosody', 'speaker', 'history'] as const
export type Cue = (typeof CUES)[number]
