import { expect, it } from 'vitest'
import { aTone } from '../testing/tone'
import { readingKeeper } from './keptReading'

it('keeps what is shown of a reading, and equal flags once', () => {
  const keep = readingKeeper()
  const tone = (): ReturnType<typeof aTone> =>
    aTone({
      prosodyFlags: ['slower', 'quieter'],
      scores: { calm: 0.8, sad: 0.1, warm: 0.06, neutral: 0.04 },
      subtext: 'Sounds calm.',
      pitchHz: 180,
    })
  const [one, other] = [keep(tone()), keep(tone())]
  expect(one).toEqual({ ...tone(), scores: { calm: 0.8, sad: 0.1 } })
  expect(other.prosodyFlags).toBe(one.prosodyFlags)
  expect(keep(aTone({ prosodyFlags: ['slower'] })).prosodyFlags).toEqual(['slower'])
})
