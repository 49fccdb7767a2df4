/** Everything that can go wrong, by name. The sentences are in strings/. */

export type TroubleCode =
  | 'insecure-page'
  | 'microphone-denied'
  | 'microphone-missing'
  | 'microphone-busy'
  | 'microphone-lost'
  | 'microphone-asked'
  | 'sound-stuck'
  | 'audio-unsupported'
  | 'page-incomplete'
  | 'recording-unreadable'
  | 'recording-too-long'
  | 'sample-missing'
  | 'offline'
  | 'server-away'
  | 'server-full'
  | 'no-worker'
  | 'sound-refused'
  | 'session-ended'
  | 'session-unknown'
  | 'link-unknown'
  | 'link-broken'
  | 'taken-over'
  | 'refused'
  | 'licence'
  | 'key-missing'
  | 'key-invalid'
  | 'too-often'

/** They pass by themselves: what was asked for is tried again until then. */
export const PASSING: ReadonlySet<TroubleCode> = new Set(['offline', 'server-away', 'server-full', 'no-worker', 'sound-refused'])

export class Trouble extends Error {
  constructor(
    readonly code: TroubleCode,
    /** The server's own sentence, where it has one. */
    readonly detail = '',
  ) {
    super(detail ? `${code}: ${detail}` : code)
    this.name = 'Trouble'
  }
}
