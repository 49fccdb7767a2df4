import { expect, it } from 'vitest'
import { aTone } from '../testing/tone'
import { rowsOf } from './rows'

const readings = [1, 2, 3, 10, 11].map(second => aTone({ id: `${second}-1`, timestamp: second }))
const gaps = [
  { from: 3, to: 8 },
  { from: 10.5, to: 10.9 },
]

const page = (number: number, length = 3): (string | number)[] =>
  rowsOf(readings, gaps, number, length).map(row => (row.kind === 'tone' ? row.tone.timestamp : `gap ${row.gap.from}`))

it('has gaps where they lie among the readings, newest first, each row on one page', () => {
  expect(page(1)).toEqual([11, 'gap 10.5', 10])
  expect(page(2)).toEqual(['gap 3', 3, 2])
  expect(page(3)).toEqual([1])
  expect(page(1, 25)).toEqual([11, 'gap 10.5', 10, 'gap 3', 3, 2, 1])
})
