import { describe, expect, it } from 'vitest'
import { aLine, wordsOf } from '../testing/line'
import { piecesOf, piecesOfCorrected, type Measured, type Piece } from './pieces'

const at = (timestamp: number, ...prosodyFlags: string[]): Measured => ({ timestamp, prosodyFlags })

/** "I am (louder) ?fine": marks in brackets, doubtful words behind a question mark. */
const shown = (pieces: readonly Piece[]): string =>
  pieces
    .map(piece => (piece.kind === 'mark' ? `(${piece.flag}) ` : `${piece.kind === 'doubtful' ? '?' : ''}${piece.text}`))
    .join('')

const line = (said: string): ReturnType<typeof aLine> =>
  aLine({ start: 0, end: 3, text: said.replaceAll('?', ''), words: wordsOf(said) })

describe('a line', () => {
  it('is its text, with the doubtful words marked', () => {
    expect(shown(piecesOf(line('I am fine? today'), []))).toBe('I am ?fine today')
    expect(piecesOf(line('I am fine today'), [])).toEqual([{ kind: 'text', text: 'I am fine today' }])
  })

  it('has what was measured at the word that was spoken then', () => {
    expect(shown(piecesOf(line('I am fine today'), [at(0.7, 'louder'), at(9, 'shaky')]))).toBe('I (louder) am fine today(shaky) ')
  })

  it('marks where something begins, not that it goes on', () => {
    const measured = [at(0.2, 'louder'), at(0.7, 'louder', 'faster'), at(1.2), at(1.7, 'louder')]
    expect(shown(piecesOf(line('I am fine today'), measured))).toBe('(louder) I (faster) am fine (louder) today')
  })

  it('has a long pause where nobody spoke', () => {
    const words = [...wordsOf('I am'), ...wordsOf('fine today', 3)]
    const paused = aLine({ text: 'I am fine today', words })
    expect(shown(piecesOf(paused, [at(3.5, 'long_pause')]))).toBe('I am (long_pause) fine today')
    expect(shown(piecesOf(line('I am fine today'), [at(1.5, 'long_pause')]))).toBe('(long_pause) I am fine today')
  })

  it('keeps its text where words are not found in it, or none are there', () => {
    const odd = aLine({ text: 'I am fine.', words: [...wordsOf('You? am'), ...wordsOf('fine.?', 2)] })
    expect(shown(piecesOf(odd, []))).toBe('I am ?fine.')
    expect(shown(piecesOf(aLine({ text: 'I am fine.' }), [at(1, 'louder')]))).toBe('I am fine.(louder) ')
  })

  it('marks single characters in languages without spaces', () => {
    const words = wordsOf('今 天? 天').map(word => word)
    expect(shown(piecesOf(aLine({ text: '今天天', words }), []))).toBe('今?天天')
  })

  it('as corrected doubts nothing', () => {
    expect(shown(piecesOfCorrected('He is fine', line('I am fine? today'), [at(0.7, 'louder')]))).toBe('He is fine(louder) ')
  })
})
