import { describe, expect, it } from 'vitest'
import card from '../../classifier_worker/models/open.json'
import research from '../../classifier_worker/models/research.json'
import { modelSections } from './modelSections'

const said = (fields: Record<string, unknown>): string => modelSections(fields).plain.flatMap(({ sentences }) => sentences).join('\n')

describe('modelSections', () => {
  it('says in plain words how often the model that comes with Linnet is right', () => {
    const text = said(card)
    const { unseen_all_affects_together: together, unseen_all_affects: apart } = card.figures
    const ofHundred = (share: number): number => Math.round(100 * share)
    const score = ({ coverage_at_floor, accuracy_over_floor }: typeof apart.nemo): string =>
      `a reading for ${ofHundred(coverage_at_floor)} of 100, and ${ofHundred(accuracy_over_floor)} of 100 readings right.`
    expect(text).toContain(`it gave a reading for ${ofHundred(together.coverage_at_floor)} of 100 recordings`)
    expect(text).toContain(`Of 100 readings that it gave, ${ofHundred(together.accuracy_over_floor)} were right`)
    expect(text).toContain(`in English: ${score(apart.ravdess)}`)
    expect(text).toContain(`in Polish: ${score(apart.nemo)}`)
    expect(text).toContain(`weakest at “sad”: of 100 recordings that were meant so, it would have called ${ofHundred(together.recall.sad)} so`)
    expect(text).toContain('535 German sentences acted by 10 speakers')
    expect(text).toContain('neutral, warm, sad, anxious, frustrated and dismissive; no other tone')
    expect(text).toContain('sample on this page is one of those voices')
  })

  it('names the model and its licence, which allows any use', () => {
    expect(said(card)).toContain('runs the model “open”')
    expect(said(card)).toContain('licence is CC0-1.0.')
    expect(said(card)).not.toContain('commercial')
  })

  it('says of a model that is not for commercial use that it is not', () => {
    expect(said(research)).toContain('runs the model “research”')
    expect(said(research)).toContain('licence is CC BY-NC-SA 4.0.')
    expect(said(research)).toContain('does not allow commercial use')
  })

  it('names the language of each corpus that a model was measured with', () => {
    expect(said(research)).toMatch(/in German: a reading for \d+ of 100/)
    expect(said(research)).toMatch(/in English: a reading for \d+ of 100/)
    expect(said(research)).toMatch(/in Polish: a reading for \d+ of 100/)
    expect(said(research)).not.toMatch(/\b(emodb|ravdess|nemo)\b/)
  })

  it('does not claim that research never heard what it learned from', () => {
    expect(said(research)).not.toContain('never heard')
    expect(said(research)).toContain('kept back from its learning')
  })

  it('says of somebody’s own model what its card says', () => {
    const own = { name: 'clinic', licence: 'private' }
    expect(modelSections(own).plain).toEqual([
      { title: 'Which model this is', sentences: ['This server runs the model “clinic”.', 'Its licence is private.'] },
    ])
    expect(said({ ...own, licence: 'CC BY-NC 4.0' })).toContain('does not allow commercial use')
    expect(said({ ...own, licence: 'Open Non-Commercial Licence' })).toContain('does not allow commercial use')
    expect(said({ ...own, licence: 'INCA-1.0' })).not.toContain('commercial')
  })

  it('shows no key of the card', () => {
    const { plain, makers } = modelSections(card)
    const shown = [...plain.flatMap(({ title, sentences }) => [title, ...sentences]), ...makers].join('\n')
    expect(shown).not.toMatch(/[a-z]_[a-z]|uar|nemo|[{}[\]"]/)
  })

  it('keeps what the makers wrote, word for word', () => {
    const { makers } = modelSections(card)
    expect(makers[0]).toContain('open · CC0-1.0')
    expect(makers).toEqual(expect.arrayContaining(card.limits))
  })

  it('claims nothing that a card does not say', () => {
    expect(modelSections({})).toEqual({ plain: [], makers: [] })
    expect(said({ figures: { unseen_all_affects_together: { coverage_at_floor: 'much' } }, data: 'My own recordings.' }))
      .toBe('Recordings whose tone is known: My own recordings.')
  })

  it('says of a server without a tone model that it infers none', () => {
    expect(said({ name: 'facts', facts: true, licence: 'MIT', figures: {} })).toContain('infers no tone')
  })

  it('says of a mock only that it is one', () => {
    expect(said({ ...card, mock: true })).toContain('no model runs')
    expect(said({ ...card, mock: true })).not.toContain('of 100')
  })
})
