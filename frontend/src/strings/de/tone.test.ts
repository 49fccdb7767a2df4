import { expect, it } from 'vitest'
import labels from '../../testing/labels.json'
import { aTone } from '../../testing/tone'
import { germanLabel, germanSubtext } from './tone'

it.each(labels)('%s has a German label', label => {
  const german = germanLabel(label)
  expect(german).not.toBe(label)
  expect(german).toMatch(/^[A-ZÄÖÜ][a-zäöüß]*(,? [a-zäöüß]+)*( Ton)?$/)
})

it('says neutral instead of even as the worker does', () => {
  expect(germanLabel('Neutral, a little sad')).toBe('Neutral, etwas traurig')
  expect(germanLabel('Calm-sounding')).toBe('Klingt ruhig')
})

it('leaves the label of a newer worker as it is', () => expect(germanLabel('Sweetly stern')).toBe('Sweetly stern'))

it('says how sure it is, what else it could be and what was measured', () => {
  const tone = aTone({ affect: 'sad', confidence: 0.65, subtext: 'Might sound sad …', scores: { sad: 0.65, calm: 0.25, neutral: 0.1 } })
  expect(germanSubtext(tone)).toBe(
    'Klingt vielleicht traurig, oder aber ruhig; Menschen klingen oft so, wenn sie etwas traurig oder müde macht.')
  expect(germanSubtext({ ...tone, confidence: 0.9, prosodyFlags: ['quieter', 'slower', 'shaky', 'new_flag'] })).toBe(
    'Klingt traurig (leiser und langsamer als sonst); Menschen klingen oft so, wenn sie etwas traurig oder müde macht.')
  expect(germanSubtext({ ...tone, confidence: 0.9, prosodyFlags: ['quieter', 'slower', 'laughing'] })).toMatch(/^Klingt traurig \(leiser als sonst, mit Lachen\);/)
  expect(germanSubtext({ ...tone, subtext: null })).toBeNull()
})

it('begins in Elcor style where the worker does', () => {
  const tone = aTone({ affect: 'frustrated', confidence: 0.9, subtext: '[With barely contained frustration and a trace of sadness] Sounds …' })
  expect(germanSubtext(tone)).toMatch(/^\[Mit kaum zurückgehaltenem Ärger und einer Spur Traurigkeit\] Klingt verärgert/)
  expect(germanSubtext({ ...tone, subtext: '[Possibly with quiet sadness] Might sound …' })).toMatch(/^\[Vielleicht mit stiller Traurigkeit\] /)
})

it('says of pleasantness what the label says', () => {
  const tone = aTone({ affect: 'surprised', label: 'Pleasantly surprised', confidence: 0.75, subtext: '[With pleasant surprise] Probably sounds …', scores: { surprised: 0.75 } })
  expect(germanLabel(tone.label)).toBe('Angenehm überrascht')
  expect(germanSubtext(tone)).toBe('[Mit angenehmer Überraschung] Klingt wahrscheinlich angenehm überrascht; Menschen klingen oft so, wenn etwas besser ist als erwartet.')
  expect(germanSubtext({ ...tone, label: 'Surprised-sounding', subtext: 'Probably sounds surprised …' })).toContain('Klingt wahrscheinlich überrascht;')
  const mixed = aTone({ affect: 'surprised', label: 'Pleasantly surprised', confidence: 0.7, subtext: 'Probably …', scores: { surprised: 0.7, warm: 0.25 } })
  expect(germanSubtext(mixed)).toContain('Klingt wahrscheinlich überrascht, oder aber warm und freundlich;')
})

it('names no other tone beside an even one', () => {
  const tone = aTone({ affect: 'neutral', label: 'Even and neutral', confidence: 0.75, subtext: 'Probably sounds neutral; …', scores: { neutral: 0.75, sad: 0.25 } })
  expect(germanSubtext(tone)).toMatch(/^Klingt wahrscheinlich neutral;/)
})
