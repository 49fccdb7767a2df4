/** What is said in sessions in which no tone is inferred, in English. */

import type { FactsEvent } from '../../contract/events'

export const facts = {
  choice: 'Measured facts only',
  choiceHint: 'Louder, faster, voice raised, pauses … No tone is guessed.',
  text: (event: FactsEvent): string => event.text ?? 'Getting to know this voice',
  since: (clock: string): string => `since ${clock}`,
  measured: 'Compared with the previous minute of this voice. No tone is guessed.',
  log: 'Changes in the voice',
  waitingHint: 'The first measurement comes after about three seconds of speech.',
  columns: ['When', 'Voice', 'Measured', 'Loudness', 'Pitch'],
  server: 'This server infers no tone. It only shows measurements of a voice, compared with the same voice a little earlier.',
}
