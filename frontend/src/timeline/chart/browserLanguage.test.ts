import { afterEach, expect, it, vi } from 'vitest'

const own = (tag: string): void => void Object.defineProperty(navigator, 'language', { value: tag, configurable: true })
const before = navigator.language

afterEach(() => own(before))

it.each([
  ['C', 'en'],
  ['', 'en'],
  ['de-AT', 'de-AT'],
])('lets the chart library load where the browser’s language is %j', async (tag, after) => {
  own(tag)
  vi.resetModules()
  await import('./useChart')
  expect(navigator.language).toBe(after)
})
