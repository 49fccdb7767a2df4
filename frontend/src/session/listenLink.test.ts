import { expect, it } from 'vitest'
import { isLink, linkIn, listenAddress, onlyHere } from './listenLink'

const LINK = `7-r${'0a'.repeat(16)}`

it.each(['/', '/linnet/'])('an address under %s leads back to its link', prefix => {
  const address = new URL(listenAddress(LINK, `https://tone.example${prefix}?x=1#about`))
  expect(address.pathname).toBe(prefix)
  expect(address.search).toBe('')
  expect(linkIn(address.hash)).toBe(LINK)
})

it.each(['', '#', '#listen=', `#listen=${LINK}0`, `#listen=7-${'0a'.repeat(16)}`, `#listen=${LINK}/../end`, `#x=${LINK}`])(
  '%j is no link',
  hash => {
    expect(linkIn(hash)).toBe('')
  },
)

it.each(['#listen=', `#listen=${LINK.slice(0, 20)}`, `#listen=${LINK}`])('%j is meant to be one', hash => {
  expect([isLink(hash), isLink('#about'), isLink('')]).toEqual([true, false, false])
})

it.each([
  ['localhost', true],
  ['127.0.0.1', true],
  ['[::1]', true],
  ['localhost.example', false],
  ['192.168.0.7', false],
])('%s names only this computer: %s', (host, only) => {
  expect(onlyHere(host)).toBe(only)
})
