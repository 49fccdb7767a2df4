import { describe, expect, it } from 'vitest'
import card from '../../../../classifier_worker/models/open.json'
import research from '../../../../classifier_worker/models/research.json'
import { modelSections } from './modelSections'

const said = (fields: Record<string, unknown>): string =>
  modelSections(fields)
    .plain.flatMap(({ sentences }) => sentences)
    .join('\n')

describe('modelSections', () => {
  it('says in plain words how often the model that comes with Linnet speaks, and how often it is right', () => {
    const text = said(card)
    const { everyday, stream, acted } = card.figures
    const ofHundred = (share: number): number => Math.round(100 * share)
    const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
    const claims = mean(Object.values(everyday).map(set => set.claims_per_minute))
    expect(text).toContain(`a tone other than neutral about ${Math.round(60 * claims)} times an hour`)
    expect(text).toContain(`calls ${ofHundred(mean(Object.values(everyday).map(set => set.even_share)))} of 100 passages neutral`)
    expect(text).toContain(
      `${ofHundred(stream.right)} of 100 readings were right. Among readings of a tone other than neutral, ${ofHundred(stream.claims_right)}`,
    )
    expect(text).toContain(`gave a reading for ${ofHundred(mean(Object.values(acted.mixed).map(corpus => corpus.said)))}`)
    expect(text).toContain('weakest when someone keeps one tone')
    expect(text).toContain('Everyday speech has not been rated')
    expect(text).toContain('535 German sentences acted by 10 speakers')
    expect(text).toContain('only these tones: neutral, warm, sad and frustrated.')
    expect(text).toContain('sample on this page is one of those voices')
  })

  it('names the model and its licence, which allows any use', () => {
    expect(said(card)).toContain('runs the model “open”')
    expect(said(card)).toContain('licence is CC BY 4.0.')
    expect(said(card)).not.toContain('commercial')
  })

  it('says of a model that is not for commercial use that it is not', () => {
    expect(said(research)).toContain('runs the model “research”')
    expect(said(research)).toContain('licence is CC BY-NC-SA 4.0.')
    expect(said(research)).toContain('does not allow commercial use')
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
    expect(shown).not.toMatch(/[a-z]_[a-z]|uar|nemo\b|[{}[\]"]/)
  })

  it('keeps what the makers wrote, word for word', () => {
    const { makers } = modelSections(card)
    expect(makers[0]).toContain('open · CC-BY-4.0')
    expect(makers).toEqual(expect.arrayContaining(card.limits))
  })

  it('claims nothing that a card does not say', () => {
    expect(modelSections({})).toEqual({ plain: [], makers: [] })
    expect(said({ figures: { stream: { right: 'much' } }, data: 'My own recordings.' })).toBe(
      'Recordings whose tone is known: My own recordings.',
    )
  })

  it('says of a server without a tone model that it infers none', () => {
    expect(said({ name: 'facts', facts: true, licence: 'MIT', figures: {} })).toContain('infers no tone')
  })

  it('says of a mock only that it is one', () => {
    expect(said({ ...card, mock: true })).toContain('no model runs')
    expect(said({ ...card, mock: true })).not.toContain('of 100')
  })
})
