import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nextTick } from 'vue'
import { languageOf, speak, t } from '../strings'
import { DEFAULTS, readSettings, useSettings } from './settings'

beforeEach(() => setActivePinia(createPinia()))
afterEach(async () => {
  localStorage.clear()
  await speak('en')
})

it('what was left in the browser counts only as far as it is known', () => {
  expect(readSettings({ theme: 'dark', palette: 'neon', textSize: 9000, cues: ['shift', 'mood'], later: 1 })).toEqual({
    ...DEFAULTS,
    theme: 'dark',
  })
  for (const junk of [null, 'x', 3, []]) expect(readSettings(junk)).toEqual(DEFAULTS)
})

it('survives settings that are no JSON', () => {
  localStorage.setItem('linnet-settings', '{oops')
  expect(useSettings().kept).toEqual(DEFAULTS)
})

it('applies everything to the document, and changes it at once', async () => {
  const root = document.createElement('html')
  const settings = useSettings()
  await settings.apply(root)
  expect(root.dataset).toMatchObject({ scheme: 'light', palette: 'many', density: 'roomy', motion: 'some' })
  Object.assign(settings.kept, { theme: 'contrast-dark', palette: 'none', density: 'compact', motion: 'none', textSize: 200 })
  await nextTick()
  expect(root.dataset).toMatchObject({ scheme: 'contrast-dark', palette: 'none', density: 'compact', motion: 'none' })
  expect(root.style.fontSize).toBe('200%')
})

it('shows and hides cues in a fixed order, and keeps them', async () => {
  const settings = useSettings()
  settings.show('subtext', false)
  settings.show('percent', true)
  settings.show('subtext', true)
  await nextTick()
  expect(settings.kept.cues).toEqual(['affect', 'subtext', 'confidence', 'percent', 'shift', 'prosody', 'speaker', 'history'])
  expect(readSettings(JSON.parse(localStorage.getItem('linnet-settings') ?? '')).cues).toContain('percent')
  settings.reset()
  expect(settings.kept).toEqual(DEFAULTS)
})

describe('language', () => {
  it.each([
    [['de-AT', 'en'], 'de'],
    [['fr', 'de'], 'de'],
    [['en-GB', 'de'], 'en'],
    [['fr'], 'en'],
    [[], 'en'],
  ])('%s → %s', (preferred, language) => {
    expect(languageOf(preferred)).toBe(language)
  })

  it('changes every word and the document’s language', async () => {
    const root = document.createElement('html')
    const settings = useSettings()
    settings.kept.language = 'de'
    await settings.apply(root)
    expect([t.status.ready, root.lang]).toEqual(['Bereit', 'de'])
    await speak('en')
    expect(t.status.ready).toBe('Ready')
  })
})
