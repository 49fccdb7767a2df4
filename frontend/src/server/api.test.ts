import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { audioUrl, exportUrl, here, startSession, streamUrl, type StartedSession } from './api'

let status = 200

beforeEach(() => {
  vi.stubGlobal(
    'fetch',
    vi.fn(async () => new Response('{"session_id":"3-abc","detail":"words"}', { status })),
  )
})

afterEach(() => vi.unstubAllGlobals())

const start = (key = '', facts = false, language: string | null = null): Promise<StartedSession> =>
  startSession({ sampleRate: 16_000, elcor: false, facts, words: true, language, key })
const sent = (): unknown => JSON.parse(String(vi.mocked(fetch).mock.lastCall?.[1]?.body))
const shown = (): unknown => new Headers(vi.mocked(fetch).mock.lastCall?.[1]?.headers).get('Authorization')

describe('a start', () => {
  it('shows a key only where there is one', async () => {
    status = 200
    expect(await start()).toEqual({ id: '3-abc', facts: false, words: false })
    expect(shown()).toBeNull()
    await start('linnet_abc')
    expect(shown()).toBe('Bearer linnet_abc')
  })

  it('asks for facts only where they are wanted, for older servers do not know them', async () => {
    await start()
    expect(sent()).toEqual({ sample_rate: 16_000, elcor: false, words: true })
    await start('', true)
    expect(sent()).toEqual({ sample_rate: 16_000, elcor: false, facts: true, words: true })
  })

  it('says what language is spoken only where it was chosen', async () => {
    await start('', false, 'de')
    expect(sent()).toEqual({ sample_rate: 16_000, elcor: false, words: true, language: 'de' })
  })

  it.each([
    [401, '', 'key-missing'],
    [401, 'linnet_old', 'key-invalid'],
    [429, '', 'too-often'],
    [403, '', 'refused'],
    [503, 'linnet_abc', 'server-away'],
  ])('that is answered %i with the key "%s" is a matter of %s', async (answer, key, code) => {
    status = answer
    await expect(start(key)).rejects.toMatchObject({ code, detail: 'words' })
  })
})

describe('a path prefix of a proxy', () => {
  afterEach(() => document.querySelector('base')?.remove())

  it('stands before every address', async () => {
    status = 200
    document.head.append(Object.assign(document.createElement('base'), { href: 'https://example.org/linnet/' }))
    await start()
    expect(vi.mocked(fetch).mock.lastCall?.[0]).toBe('/linnet/session/start')
    expect(streamUrl('3-abc', '5-1')).toBe('/linnet/session/3-abc/stream?last_event_id=5-1')
    expect(exportUrl('3-abc', 'csv')).toBe('/linnet/session/3-abc/export?format=csv&pseudonym=true')
    expect(audioUrl('3-abc', 7, { protocol: 'https:', host: 'example.org' })).toBe(
      'wss://example.org/linnet/session/3-abc/audio?offset=7',
    )
  })

  it.each([
    ['/', '/model'],
    ['/linnet/', '/linnet/model'],
    ['/linnet/index.html#about', '/linnet/model'],
  ])('of %s', (page, address) => {
    expect(here('/model', `https://example.org${page}`)).toBe(address)
  })
})
