import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import { useCaptionWish } from '../../stores/captionWish'
import { useSettings } from '../../stores/settings'
import { mount } from '../../testing/mount'
import CaptionChoice from './CaptionChoice.vue'

let page: ReturnType<typeof mount>

/** What GET /model answers. */
let card: Record<string, unknown>

beforeEach(() => {
  localStorage.clear()
  card = { name: 'open', words: 'base' }
  vi.stubGlobal('fetch', () => Promise.resolve(Response.json(card)))
  page = mount(CaptionChoice, {})
})
afterEach(() => {
  page.unmount()
  vi.unstubAllGlobals()
})

const box = (): HTMLInputElement | null => page.root.querySelector('input[type=checkbox]')
const languages = (): string[] => [...page.root.querySelectorAll('option')].map(one => one.textContent?.trim() ?? '')

it('is on until somebody chooses, and the choice is kept', async () => {
  expect(box()?.checked).toBe(true)
  expect(useSettings().kept.captions).toBeNull()
  box()?.click()
  await nextTick()
  expect(useCaptionWish().sent).toEqual({ words: false, language: null })
  expect(JSON.parse(localStorage.getItem('linnet-settings') ?? '')).toMatchObject({ captions: false })
})

it('names each language as its speakers do, and first that it is found out', async () => {
  expect(languages().slice(0, 3)).toEqual(['Detect automatically', 'English', 'Deutsch'])
  expect(page.root.querySelector('option[value=fr]')?.getAttribute('lang')).toBe('fr')
  expect(page.root.querySelector('option[value=auto]')?.hasAttribute('lang')).toBe(false)
  const choice = page.root.querySelector('select')
  if (choice) choice.value = 'de'
  choice?.dispatchEvent(new Event('change'))
  await nextTick()
  expect(useCaptionWish().sent.language).toBe('de')
})

it('asks for no language while there are no captions', async () => {
  useCaptionWish().on = false
  await nextTick()
  expect(page.root.querySelector('select')).toBeNull()
})

it('shows what the server can do while nobody has chosen', async () => {
  await vi.waitFor(() => expect(useCaptionWish().sent.words).toBe(true))
  card = { name: 'open', words: null }
  await useCaptionWish().ask()
  expect(box()?.checked).toBe(false)
  box()?.click()
  await nextTick()
  expect(useCaptionWish().sent.words).toBe(true)
})

it('leaves it to a server that has not answered', async () => {
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('away')))
  await useCaptionWish().ask()
  expect(box()?.checked).toBe(true)
})
