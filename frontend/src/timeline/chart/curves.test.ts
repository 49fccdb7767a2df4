import { expect, it } from 'vitest'
import type { ToneEvent } from '../../contract/events'
import { aTone } from '../../testing/tone'
import { extremes, pointsOf, rangeOf } from './curves'

const pitches = (values: (number | null)[]): ToneEvent[] =>
  values.map((pitchHz, second) => aTone({ id: `${second}-1`, timestamp: second, pitchHz }))

it('a short session is drawn point by point, with the neighbours of what is in sight', () => {
  const readings = pitches([100, 110, null, 130, 140, 150])
  expect(pointsOf(readings, [], 'pitch', { from: 1.5, to: 3.5 }, 100)).toEqual([
    [1, 2, 3, 4],
    [110, null, 130, 140],
  ])
  expect(pointsOf([], [], 'pitch', { from: 0, to: 10 }, 100)).toEqual([[], []])
})

it('a long one by what is seen of it: no peak is lost, and points are bounded by pixels', () => {
  const values = Array.from({ length: 9000 }, (_, at) => 150 + (at % 7))
  values[4321] = 400
  values[4322] = 60
  const [at, shown] = pointsOf(pitches(values), [], 'pitch', { from: 0, to: 9000 }, 100)
  expect(at.length).toBeLessThanOrEqual(404)
  expect(shown).toContain(400)
  expect(shown).toContain(60)
  expect([...at].sort((a, b) => a - b)).toEqual(at)
})

it('draws no line through a time without sound', () => {
  const readings = [3, 4, 9, 10].map(timestamp => aTone({ timestamp, pitchHz: 100 + timestamp }))
  const gaps = [
    { from: 1, to: 2 },
    { from: 4, to: 8 },
  ]
  expect(pointsOf(readings, gaps, 'pitch', { from: 0, to: 11 }, 100)).toEqual([
    [3, 4, 4, 9, 10],
    [103, 104, null, 109, 110],
  ])
})

it('says how far a curve reaches in what is in sight', () => {
  const readings = pitches([100, 110, null, 130, 240, 150])
  expect(extremes(readings, 'pitch', { from: 0.5, to: 3.5 })).toEqual([110, 130])
  expect(extremes(readings, 'loudness', { from: 0, to: 9 })).toBeNull()
})

it('takes round bounds for what has no range of its own', () => {
  expect(rangeOf('arousal', 0.1, 0.2)).toEqual([-1, 1])
  expect(rangeOf('loudness', -38.2, -11)).toEqual([-40, -10])
  expect(rangeOf('pitch', 150, 150)).toEqual([150, 200])
  expect(rangeOf('pitch', null, null)).toEqual([0, 50])
})
