import { describe, expect, it } from 'vitest'
import { aTone } from '../testing/tone'
import { blocksOf, lanesOf, nearest } from './chart/blocks'
import { moved, showing, wholeSpan, zoomed } from './chart/span'
import { roomOf, STEPS, timesOf } from './chart/timeScale'

const at = (timestamp: number, affect: 'calm' | 'sad' = 'calm', speakerId = 'speaker_a'): ReturnType<typeof aTone> =>
  aTone({ id: `${timestamp * 16_000}-1`, timestamp, affect, speakerId })

describe('blocks', () => {
  it('joins what is one tone of one voice, and parts it at pauses, other tones and other voices', () => {
    const readings = [at(3), at(4), at(5, 'sad'), at(6, 'sad', 'speaker_b'), at(6.2, 'sad'), at(20, 'sad')]
    expect(blocksOf(readings)).toEqual([
      { speakerId: 'speaker_a', affect: 'calm', from: 1.5, to: 4, first: 0, last: 1 },
      { speakerId: 'speaker_a', affect: 'sad', from: 4, to: 6.2, first: 2, last: 4 },
      { speakerId: 'speaker_b', affect: 'sad', from: 4.5, to: 6, first: 3, last: 3 },
      { speakerId: 'speaker_a', affect: 'sad', from: 18.5, to: 20, first: 5, last: 5 },
    ])
    expect(lanesOf(readings)).toEqual(['speaker_a', 'speaker_b'])
  })

  it('finds the reading that a pointer means', () => {
    const readings = [at(3), at(4, 'sad', 'speaker_b'), at(9)]
    expect(nearest(readings, 4.4)).toBe(1)
    expect(nearest(readings, 4.4, 'speaker_a')).toBe(0)
    expect(nearest([], 1)).toBe(-1)
    expect(nearest(readings, 1, 'speaker_c')).toBe(-1)
  })
})

describe('the span shown', () => {
  const whole = wholeSpan(99)

  it('is never shorter than ten seconds nor beyond the session', () => {
    expect(wholeSpan(0)).toEqual({ from: 0, to: 10 })
    expect(zoomed(whole, 0.5, 50, whole)).toEqual({ from: 25, to: 75 })
    expect(zoomed({ from: 0, to: 12 }, 0.5, 1, whole)).toEqual({ from: 0, to: 10 })
    expect(zoomed({ from: 90, to: 100 }, 4, 98, whole)).toEqual({ from: 60, to: 100 })
    expect(zoomed({ from: 20, to: 90 }, 2, 30, whole)).toEqual(whole)
  })

  it('moves only as far as the selected moment needs', () => {
    expect(showing({ from: 20, to: 40 }, 30, whole)).toEqual({ from: 20, to: 40 })
    expect(showing({ from: 20, to: 40 }, 60, whole)).toEqual({ from: 50, to: 70 })
    expect(showing({ from: 20, to: 40 }, 99, whole)).toEqual({ from: 80, to: 100 })
  })

  it('can be moved as far as there is something', () => {
    expect(moved({ from: 20, to: 40 }, 0.5, whole)).toEqual({ from: 30, to: 50 })
    expect(moved({ from: 20, to: 40 }, -2, whole)).toEqual({ from: 0, to: 20 })
  })
})

describe('the scale of time', () => {
  it.each([
    [320, 26],
    [320, 13],
    [900, 13],
  ])('has marks for 18 hours in %i px, text of %i px', (width, font) => {
    const span = { from: 0, to: 18 * 3600 }
    const step = STEPS.find(one => (one / span.to) * width >= roomOf(span, font)) ?? 0
    const marks = Array.from({ length: Math.floor(span.to / step) + 1 }, (_, at) => at * step)
    expect(step).toBeGreaterThan(0)
    expect(timesOf(marks, span, step, width, font).filter(Boolean).length).toBeGreaterThan(1)
  })

  it('cuts no time at the edge', () => {
    expect(timesOf([0, 60, 120], { from: 0, to: 121 }, 60, 200, 13)).toEqual(['0:00', '1:00', ''])
    expect(timesOf([0, 21_600, 43_200], { from: 0, to: 60_000 }, 21_600, 300, 13)).toEqual(['0:00', '6 h', '12 h'])
  })
})
