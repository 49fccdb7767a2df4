/** What a server's refusal of audio means to the person. */

import { Trouble, type TroubleCode } from '../server/trouble'

/** Close codes behind which it is of no use to connect again. */
export const FINAL: Record<number, TroubleCode> = {
  4003: 'refused',
  4004: 'session-unknown',
  4008: 'refused',
  4009: 'taken-over',
  4010: 'session-ended',
  4011: 'refused',
}

/** The same for posted audio, by the server's reason. */
export const FINAL_REASONS: Record<string, TroubleCode> = {
  bad_frame: 'refused',
  bad_offset: 'refused',
  not_pcm: 'refused',
  frame_too_long: 'refused',
  unknown_session: 'session-unknown',
  superseded: 'taken-over',
  session_ended: 'session-ended',
}

/** Reasons that pass by themselves. */
const HINTS: Record<string, TroubleCode> = { fleet_full: 'server-full', not_classified: 'no-worker' }

/** Why audio is not taken for now, in the server's own words; null where it said nothing. */
export const hintOf = (error = '', detail = ''): Trouble | null =>
  detail ? new Trouble(HINTS[error] ?? 'sound-refused', detail) : null
