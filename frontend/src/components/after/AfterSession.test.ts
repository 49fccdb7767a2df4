import { afterEach, describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import { mount } from '../../testing/mount'
import AfterSession from './AfterSession.vue'

const button = (root: HTMLElement, name: string): HTMLButtonElement | undefined =>
  [...root.querySelectorAll('button')].find(one => one.textContent?.includes(name))

afterEach(() => vi.unstubAllGlobals())

describe('AfterSession', () => {
  it('says how long what is kept, and before anyone asks, that keeping it longer is paid for', () => {
    const { root } = mount(AfterSession, { sessionId: '3-abc' })
    expect(root.textContent).toContain(
      'Its readings and captions stay on this server for 24 hours by default, its sound for at most about 20 minutes.',
    )
    const longer = root.querySelector('details')
    expect(longer?.open).toBe(false)
    expect(longer?.querySelector('summary')?.textContent).toContain('paid feature')
    expect(longer?.textContent).toContain('licence key')
    expect(longer?.contains(button(root, 'Keep this session') ?? null)).toBe(true)
    expect(longer?.contains(button(root, 'Erase') ?? null)).toBe(false)
  })

  it('says that it was not kept where there is no licence', async () => {
    vi.stubGlobal(
      'fetch',
      vi.fn(async () => new Response('{"detail":"no licence"}', { status: 402 })),
    )
    const { root } = mount(AfterSession, { sessionId: '3-abc' })
    button(root, 'Keep this session')?.click()
    await vi.waitFor(() => expect(root.textContent).toContain('so the session was not kept'))
  })

  it('asks once before it erases, with the way back first', async () => {
    const fetching = vi.fn(async () => new Response(null, { status: 204 }))
    vi.stubGlobal('fetch', fetching)
    const { root } = mount(AfterSession, { sessionId: '3-abc' })
    button(root, 'Erase from the server')?.click()
    await nextTick()
    expect(root.querySelector('[role=group]')?.textContent).toContain('This cannot be undone.')
    expect(document.activeElement).toBe(button(root, 'Don’t erase'))
    document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }))
    await nextTick()
    expect(root.querySelector('[role=group]')).toBeNull()
    await vi.waitFor(() => expect(document.activeElement).toBe(button(root, 'Erase from the server')))
    button(root, 'Erase from the server')?.click()
    await nextTick()
    expect(fetching).not.toHaveBeenCalled()
    button(root, 'Erase it')?.click()
    button(root, 'Erase it')?.click()
    expect(fetching).toHaveBeenCalledTimes(1)
    expect(fetching).toHaveBeenCalledWith('/session/3-abc', expect.objectContaining({ method: 'DELETE' }))
  })

  it('says in words that it could not be erased', async () => {
    vi.stubGlobal(
      'fetch',
      vi.fn(async () => new Response('', { status: 502 })),
    )
    const { root } = mount(AfterSession, { sessionId: '3-abc' })
    button(root, 'Erase from the server')?.click()
    await nextTick()
    button(root, 'Erase it')?.click()
    await vi.waitFor(() => expect(root.querySelector('[aria-live]')?.textContent).toContain('is not answering'))
    expect(document.activeElement).toBe(button(root, 'Erase from the server'))
  })

  it('says which session it is about', () => {
    const { root } = mount(AfterSession, { sessionId: '3-abc', earlier: true })
    expect(root.querySelector('h2')?.textContent).toBe('Earlier session')
    expect([...root.querySelectorAll('a')].map(link => link.getAttribute('href'))).toContain(
      '/session/3-abc/export?format=json&pseudonym=true',
    )
  })
})
