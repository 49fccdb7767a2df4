/** What a person does with the lines: copies, corrects, prints. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import { useCaptions } from '../../stores/captions'
import { useReadings } from '../../stores/readings'
import { useSpeakers } from '../../stores/speakers'
import { CaptionsPage, lineAt, linesUntil, plain, sad, said } from '../../testing/captionsPage'
import { wordsOf } from '../../testing/line'

let page: CaptionsPage

beforeEach(() => {
  localStorage.clear()
  page = new CaptionsPage()
})
afterEach(() => {
  page.remove()
  vi.unstubAllGlobals()
})

describe('copying', () => {
  function copied(choose: (range: Range) => void): string | undefined {
    const range = document.createRange()
    choose(range)
    getSelection()?.removeAllRanges()
    getSelection()?.addRange(range)
    let text: string | undefined
    const event = new Event('copy', { bubbles: true, cancelable: true })
    Object.defineProperty(event, 'clipboardData', { value: { setData: (_: string, given: string) => (text = given) } })
    page.root.querySelector('[data-words]')?.dispatchEvent(event)
    return text
  }

  const node = (at: number): Node => {
    const found = page.root.querySelectorAll('[data-words]')[at]
    if (!found) throw new Error('no line')
    return found
  }

  beforeEach(async () => {
    useReadings().add(sad({ timestamp: 1.6, prosodyFlags: ['louder'], subtext: '[With sorrow] Sounds sad.' }))
    useSpeakers().meet('3-abc')
    useSpeakers().rename('speaker_b', 'Mum')
    await said(
      lineAt(3, { text: 'I am fine today', words: wordsOf('I am fine? today', 1) }),
      lineAt(5, { speakerId: 'speaker_b' }),
    )
  })

  it('gives plain lines with their voices, without marks', () => {
    const ends = (range: Range): void => {
      range.setStart(node(0), 0)
      range.setEnd(node(1), node(1).childNodes.length)
    }
    expect(copied(ends)).toBe('Speaker A: I am fine today\nMum: Line 5.')
  })

  it('gives a whole line with its voice, and a part of one as it is', () => {
    expect(copied(range => range.selectNodeContents(node(1)))).toBe('Mum: Line 5.')
    const walker = document.createTreeWalker(node(1), NodeFilter.SHOW_TEXT)
    let text = walker.nextNode()
    while (text && !text.textContent?.includes('Line')) text = walker.nextNode()
    if (!text) throw new Error('no text')
    const at = text.textContent?.indexOf('Line') ?? 0
    const part = (range: Range): void => {
      range.setStart(text, at)
      range.setEnd(text, at + 4)
    }
    expect(copied(part)).toBe('Line')
  })

  it('gives a corrected line as corrected', async () => {
    useCaptions().corrections.set(lineAt(5).id, 'Mine.')
    await nextTick()
    expect(copied(range => range.selectNodeContents(node(1)))).toBe('Mum: Mine.')
  })

  it('leaves to the browser what is more than the captions', () => {
    expect(copied(range => range.selectNodeContents(document.body))).toBeUndefined()
  })
})

describe('correcting a line', () => {
  const sent: unknown[] = []
  let status = 200
  beforeEach(() => {
    sent.length = 0
    status = 200
    vi.stubGlobal(
      'fetch',
      vi.fn(async (path: string, { method, body }: RequestInit) => {
        sent.push([method, path, body && JSON.parse(String(body))])
        return Response.json({ detail: 'too long' }, { status })
      }),
    )
  })

  const field = (): HTMLTextAreaElement => {
    const found = page.root.querySelector('textarea')
    if (!found) throw new Error('no field')
    return found
  }

  async function write(text: string): Promise<void> {
    page.button('Correct').click()
    await nextTick()
    await nextTick()
    field().value = text
    field().dispatchEvent(new Event('input'))
    page.root.querySelector('form')?.dispatchEvent(new Event('submit', { cancelable: true }))
    await vi.waitFor(() => expect(page.all('line-said')[0]).not.toBe(''))
  }

  it('begins in the field with the line, and shows both texts afterwards', async () => {
    await said(lineAt(3))
    expect(page.button('Correct').textContent).toContain('Correct the line at 0:01')
    page.button('Correct').click()
    await nextTick()
    await nextTick()
    expect([document.activeElement === field(), field().value]).toEqual([true, 'Line 3.'])
    page.button('Cancel').click()
    await nextTick()
    await write(' Mine, three. ')
    expect(sent).toEqual([['POST', '/session/3-abc/corrections', { event_id: '48000-1', text: 'Mine, three.' }]])
    expect([page.all('line-words'), page.all('heard-as'), page.all('line-said')]).toEqual([
      ['Mine, three.'],
      ['Corrected. Recognised as: Line 3.'],
      ['Saved.'],
    ])
    expect(document.activeElement).toBe(page.button('Correct'))
  })

  it('is undone by its button, and by the recognised text', async () => {
    await said(lineAt(3))
    await write('Mine.')
    page.button('Correct').click()
    await nextTick()
    page.button('Undo').click()
    await vi.waitFor(() => expect(page.all('line-said')).toEqual(['Undone.']))
    expect([page.all('line-words'), page.all('heard-as')]).toEqual([['Line 3.'], []])
    await write('Mine.')
    await write('Line 3.')
    expect(useCaptions().corrections.size).toBe(0)
    expect(sent.filter(one => (one as string[])[0] === 'DELETE')).toHaveLength(2)
  })

  it('keeps what was written where the server does not take it, and says why', async () => {
    status = 422
    await said(lineAt(3))
    await write('Mine.')
    expect(page.all('line-said')[0]).toContain('too long')
    expect(field().value).toBe('Mine.')
    expect(page.all('heard-as')).toEqual([])
  })

  it('closes on Escape, with the focus where it was', async () => {
    await said(lineAt(3))
    page.button('Correct').click()
    await nextTick()
    await nextTick()
    field().dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }))
    await nextTick()
    await nextTick()
    expect([page.root.querySelector('form'), document.activeElement]).toEqual([null, page.button('Correct')])
  })

  it('is not offered to those who may only read', async () => {
    page.remove()
    page = new CaptionsPage(true)
    await said(lineAt(3))
    expect(() => page.button('Correct')).toThrow()
  })
})

describe('printing', () => {
  it('prints every line with voice, time and tone, and nothing when it is done', async () => {
    const print = vi.fn(() => expect(document.querySelectorAll('.printed-line')).toHaveLength(250))
    vi.stubGlobal('print', print)
    useReadings().add(sad())
    await said(...linesUntil(253))
    useCaptions().corrections.set(lineAt(3).id, 'Mine.')
    page.button('Print').click()
    await vi.waitFor(() => expect(print).toHaveBeenCalledTimes(1))
    expect(plain(document.querySelector('.printed-line'))).toBe(
      '0:01 · Speaker A · Sounds sadMine.Corrected. Recognised as: Line 3.',
    )
    window.dispatchEvent(new Event('afterprint'))
    await nextTick()
    expect(document.querySelector('.printed')).toBeNull()
  })

  it('prints the same by the browser’s own command', async () => {
    await said(lineAt(3))
    window.dispatchEvent(new Event('beforeprint'))
    await nextTick()
    expect(document.querySelectorAll('.printed-line')).toHaveLength(1)
    window.dispatchEvent(new Event('afterprint'))
    await nextTick()
  })
})
