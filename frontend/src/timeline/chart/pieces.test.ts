import { expect, it } from 'vitest'
import type { Affect } from '../../contract/affects'
import type { Block } from './blocks'
import { laneSizes, piecesOf } from './pieces'

const block = (from: number, to: number, affect: Affect = 'calm', speakerId = 'a'): Block => ({
  speakerId,
  affect,
  from,
  to,
  first: 0,
  last: 0,
})
const room = { word: (affect: Affect): number => affect.length * 10, icon: 20 }
const pieces = (blocks: Block[], scale: number): string[] =>
  piecesOf(blocks, ['a', 'b'], at => at * scale, 300, room).map(
    ({ affect, lane, left, right, shown }) => `${lane} ${affect} ${left}-${right} ${shown}`,
  )

it('shows the word where all of it fits, else the icon, else a bar', () => {
  const blocks = [block(0, 4), block(4, 8, 'frustrated'), block(5, 6, 'sad', 'b')]
  expect(pieces(blocks, 10)).toEqual(['0 calm 0-40 word', '0 frustrated 40-80 icon', '1 sad 50-60 bar'])
  expect(pieces(blocks, 30)).toEqual(['0 calm 0-120 word', '0 frustrated 120-240 word', '1 sad 150-180 word'])
})

it('leaves out what is not in sight, and gives the rest the width that is', () => {
  expect(piecesOf([block(-9, -1), block(-5, 3), block(40, 50)], ['a'], at => at * 10, 300, room)).toEqual([
    { affect: 'calm', lane: 0, left: 0, right: 30, shown: 'icon' },
  ])
})

it('draws no more than there are pixels, however long the session', () => {
  const long = Array.from({ length: 9000 }, (_, at) => block(at, at + 1, at % 2 ? 'sad' : 'calm'))
  expect(pieces(long, 300 / 9000)).toEqual(['0 calm 0-300 bar', '0 sad 0.03333333333333333-300 bar'])
})

it('grows with the page’s text', () => expect(laneSizes(2).font).toBe(26))
