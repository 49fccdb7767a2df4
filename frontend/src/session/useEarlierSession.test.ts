import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import { inScope } from '../testing/scope'
import { useEarlierSession } from './useEarlierSession'

let status: number
let state: string
const ask = async (): Promise<void> => undefined
const load = (): ReturnType<typeof useEarlierSession> & { stop: () => void } => inScope(() => useEarlierSession({ ask }))

async function reload(page: { stop: () => void }): Promise<ReturnType<typeof load>> {
  await nextTick()
  page.stop()
  return load()
}

beforeEach(() => {
  status = 200
  state = 'stopped'
  vi.stubGlobal(
    'fetch',
    vi.fn(async () => new Response(JSON.stringify({ state }), { status })),
  )
})

afterEach(() => {
  vi.unstubAllGlobals()
  sessionStorage.clear()
})

describe('useEarlierSession', () => {
  it('offers a session after a reload, not before', async () => {
    let page = load()
    expect(fetch).not.toHaveBeenCalled()
    page.remember('3-abc')
    expect(page.earlier.value).toBe('')
    page = await reload(page)
    expect(page.earlier.value).toBe('3-abc')
    page.forget()
    expect(page.earlier.value).toBe('')
    page = await reload(page)
    expect(page.earlier.value).toBe('')
    page.stop()
  })

  it.each([
    [404, ''],
    [502, '3-abc'],
  ])('offers it until the server says that it is gone: %i', async (answer, offered) => {
    sessionStorage.setItem('linnet-session', '3-abc')
    status = answer
    const page = load()
    await new Promise(resolve => setTimeout(resolve))
    expect(page.earlier.value).toBe(offered)
    expect(page.open.value).toBe(false)
    const asked = vi.mocked(fetch).mock.calls.length
    page.stop()
    window.dispatchEvent(new Event('online'))
    await new Promise(resolve => setTimeout(resolve))
    expect(fetch).toHaveBeenCalledTimes(asked)
  })

  it('says whether it still runs, until another one begins', async () => {
    sessionStorage.setItem('linnet-session', '3-abc')
    state = 'running'
    const page = load()
    await new Promise(resolve => setTimeout(resolve))
    expect(page.open.value).toBe(true)
    page.remember('4-def')
    expect(page.open.value).toBe(false)
    page.stop()
  })
})
