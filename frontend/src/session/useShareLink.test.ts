import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { shallowRef } from 'vue'
import { inScope } from '../testing/scope'
import { useShareLink } from './useShareLink'

let calls: string[]
let answer: () => Response | Promise<Response>
const session = shallowRef('3-abc')
let share: ReturnType<typeof useShareLink> & { stop: () => void }

beforeEach(() => {
  calls = []
  answer = () => new Response(JSON.stringify({ link_id: '3-rdef' }))
  session.value = '3-abc'
  vi.stubGlobal(
    'fetch',
    vi.fn(async (path: string, init: RequestInit = {}) => {
      calls.push(`${init.method ?? 'GET'} ${path}`)
      return answer()
    }),
  )
  share = inScope(() => useShareLink(session))
})

afterEach(() => {
  share.stop()
  vi.unstubAllGlobals()
})

it('makes a link and revokes it', async () => {
  expect(calls).toEqual([])
  await share.make()
  expect(share.linkId.value).toBe('3-rdef')
  await share.revoke()
  expect(share.linkId.value).toBe('')
  expect(calls).toEqual(['POST /session/3-abc/link', 'DELETE /session/3-abc/link'])
})

it('finds the link that there was before a reload, or none', async () => {
  await share.look()
  expect(share.linkId.value).toBe('3-rdef')
  answer = () => new Response(JSON.stringify({ link_id: null }))
  await share.look()
  expect(share.linkId.value).toBe('')
  expect(calls).toEqual(['GET /session/3-abc', 'GET /session/3-abc'])
})

it('says what went wrong, and takes a link that could not be revoked for one that still works', async () => {
  await share.make()
  answer = () => new Response('', { status: 502 })
  await share.revoke()
  expect([share.linkId.value, share.failed.value?.code]).toEqual(['3-rdef', 'server-away'])
  answer = () => new Response('{}')
  await share.revoke()
  expect([share.linkId.value, share.failed.value]).toEqual(['', null])
})

it('only the last wish counts: a slow look takes no new link away', async () => {
  let release: (response: Response) => void = () => undefined
  answer = () => new Promise(resolve => (release = resolve))
  const looked = share.look()
  answer = () => new Response(JSON.stringify({ link_id: '3-rdef' }))
  await share.make()
  release(new Response(JSON.stringify({ link_id: null })))
  await looked
  expect(share.linkId.value).toBe('3-rdef')
})

it('an answer for a session before is nothing to this one', async () => {
  let release: (response: Response) => void = () => undefined
  answer = () => new Promise(resolve => (release = resolve))
  const made = share.make()
  session.value = '4-new'
  release(new Response(JSON.stringify({ link_id: '3-rdef' })))
  await made
  expect(share.linkId.value).toBe('')
})
