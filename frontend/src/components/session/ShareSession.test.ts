import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import { mount } from '../../testing/mount'
import ShareSession from './ShareSession.vue'

let calls: string[]
let link: string | null

beforeEach(() => {
  calls = []
  link = null
  vi.stubGlobal(
    'fetch',
    vi.fn(async (path: string, init: RequestInit = {}) => {
      const method = init.method ?? 'GET'
      calls.push(`${method} ${path}`)
      if (method === 'POST') link = `3-r${'0a'.repeat(16)}`
      if (method === 'DELETE') link = null
      return new Response(JSON.stringify({ link_id: link }))
    }),
  )
})
afterEach(() => vi.unstubAllGlobals())

const button = (root: HTMLElement, name: string): HTMLButtonElement | undefined =>
  [...root.querySelectorAll('button')].find(one => one.textContent?.includes(name))
const address = (root: HTMLElement): string | undefined => root.querySelector('input')?.value

function opened(root: HTMLElement): void {
  const details = root.querySelector('details') as HTMLDetailsElement
  details.open = true // its toggle event comes by itself
}

it('says who can read what before it makes a link, and asks nothing until it is opened', async () => {
  const { root } = mount(ShareSession, { sessionId: '3-abc' })
  await nextTick()
  expect(calls).toEqual([])
  opened(root)
  expect(root.textContent).toContain('Anyone with the link can read this session')
  expect(root.textContent).toContain('your corrections with their notes')
  expect(root.textContent).toContain('cannot hear the sound')
  await vi.waitFor(() => expect(calls).toEqual(['GET /session/3-abc']))
  expect(address(root)).toBeUndefined()
})

it('makes a link in the fragment, which no server sees, then takes it back; the focus stays', async () => {
  const { root } = mount(ShareSession, { sessionId: '3-abc' })
  button(root, 'Make a link')?.click()
  await vi.waitFor(() => expect(address(root)).toBe(`${location.origin}/#listen=${link}`))
  expect(address(root)).not.toContain('3-abc')
  await vi.waitFor(() => expect(document.activeElement).toBe(root.querySelector('input')))
  button(root, 'End sharing')?.click()
  await vi.waitFor(() => expect(address(root)).toBeUndefined())
  expect(calls).toEqual(['POST /session/3-abc/link', 'DELETE /session/3-abc/link'])
  await vi.waitFor(() => expect(document.activeElement).toBe(button(root, 'Make a link')))
})

it('shows the link that there is already', async () => {
  link = `3-r${'0b'.repeat(16)}`
  const { root } = mount(ShareSession, { sessionId: '3-abc' })
  opened(root)
  await vi.waitFor(() => expect(address(root)).toContain(`#listen=${link}`))
})

it('says in words when it did not work', async () => {
  vi.stubGlobal(
    'fetch',
    vi.fn(async () => new Response('', { status: 502 })),
  )
  const { root } = mount(ShareSession, { sessionId: '3-abc' })
  button(root, 'Make a link')?.click()
  await vi.waitFor(() => expect(root.querySelector('[aria-live]')?.textContent).toContain('is not answering'))
})
