import { expect, it } from 'vitest'
import { modelFacts } from './modelFacts'

it('puts a model card into lines, whatever it holds', () => {
  expect(modelFacts({
    name: 'open',
    mock: false,
    note: null,
    affects: ['neutral', 'warm'],
    limits: ['Acted German speech', 'No words'],
    figures: { floor: 0.6, unseen: { recall: { sad: 0.4594, warm: 0.7 }, uar: 0.684 } },
  })).toEqual([
    { name: 'limits', values: ['Acted German speech', 'No words'] },
    { name: 'name', values: ['open'] },
    { name: 'mock', values: ['no'] },
    { name: 'affects', values: ['neutral, warm'] },
    { name: 'figures: floor', values: ['0.6'] },
    { name: 'figures: unseen', values: ['recall (sad 0.459, warm 0.7), uar 0.684'] },
  ])
})
