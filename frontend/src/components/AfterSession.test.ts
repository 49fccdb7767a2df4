import { afterEach, describe, expect, it, vi } from 'vitest'
import { mount } from '../testing/mount'
import AfterSession from './AfterSession.vue'

const button = (root: HTMLElement, name: string): HTMLButtonElement | undefined =>
  [...root.querySelectorAll('button')].find(one => one.textContent?.includes(name))

afterEach(() => vi.unstubAllGlobals())

describe('AfterSession', () => {
  it('says how long what is kept, and before anyone asks, that keeping it longer is paid for', () => {
    const { root } = mount(AfterSession, { sessionId: '3-abc' })
    expect(root.textContent).toContain('Its readings – not the sound – stay on this server for 24 hours by default, unless you erase them')
    const longer = root.querySelector('details')
    expect(longer?.open).toBe(false)
    expect(longer?.querySelector('summary')?.textContent).toContain('paid feature')
    expect(longer?.textContent).toContain('licence key')
    expect(longer?.contains(button(root, 'Keep this session') ?? null)).toBe(true)
    expect(longer?.contains(button(root, 'Erase') ?? null)).toBe(false)
  })

  it('says that it was not kept where there is no licence', async () => {
    vi.stubGlobal('fetch', vi.fn(async () => new Response('{"detail":"no licence"}', { status: 402 })))
    const { root } = mount(AfterSession, { sessionId: '3-abc' })
    button(root, 'Keep this session')?.click()
    await vi.waitFor(() => expect(root.textContent).toContain('so the session was not kept'))
  })

  it('says which session it is about', () => {
    const { root } = mount(AfterSession, { sessionId: '3-abc', earlier: true })
    expect(root.querySelector('h2')?.textContent).toBe('Earlier session')
    expect([...root.querySelectorAll('a')].map(link => link.getAttribute('href'))).toContain('/session/3-abc/export?format=json')
  })
})
