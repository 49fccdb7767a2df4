import { afterEach, beforeEach, expect, it } from 'vitest'
import { nextTick } from 'vue'
import { keepFilesOut } from '../frame/keepFilesOut'
import { useSession } from '../../stores/session'
import { listen, speak, Surroundings, tick } from '../../testing/surroundings'
import { FakeSocket } from '../../testing/fakeSocket'
import { mount } from '../../testing/mount'
import ComposeBar from './ComposeBar.vue'

let around: Surroundings
let page: ReturnType<typeof mount>
let session: ReturnType<typeof useSession>

beforeEach(() => {
  around = new Surroundings()
  page = mount(ComposeBar, {})
  session = useSession()
})

afterEach(async () => {
  session.$dispose()
  await tick()
  page.root.remove()
  around.remove()
})

/** Returns whether the browser would do what it does with files: leave the page. */
function drop(...names: string[]): boolean {
  const files = names.map(name => new File(['RIFF'], name, { type: 'audio/wav' }))
  const event = new DragEvent('drop', { bubbles: true, cancelable: true })
  Object.defineProperty(event, 'dataTransfer', { value: { files, items: files, types: ['Files'] } })
  return document.body.dispatchEvent(event)
}

const told = (): string[] => session.notices.map(notice => notice.text)
const buttons = (): string[] => [...page.root.querySelectorAll('button')].map(button => button.textContent?.trim() ?? '')

it('plays a file that is dropped', async () => {
  expect(drop('call.wav')).toBe(false)
  await tick()
  expect(session.recordingName).toBe('call.wav')
})

it('says what to do about a file that is dropped while it listens', async () => {
  await listen(session)
  expect(drop('call.wav')).toBe(false)
  expect(told()).toEqual([expect.stringContaining('Press Stop first')])
  expect(session.source).toBe('microphone')
})

it('says that it takes one file at a time', () => {
  expect(drop('one.wav', 'two.wav')).toBe(false)
  expect(told()).toEqual([expect.stringContaining('one at a time')])
  expect(session.phase).toBe('idle')
})

it('keeps files out of the page, wherever they are dropped', () => {
  const elsewhere = new EventTarget()
  keepFilesOut(elsewhere)
  const dropped = (types: string[]): boolean => {
    const event = new DragEvent('drop', { cancelable: true })
    Object.defineProperty(event, 'dataTransfer', { value: { types } })
    return elsewhere.dispatchEvent(event)
  }
  expect([dropped(['Files']), dropped(['text/plain'])]).toEqual([false, true])
})

it('says what still has to be sent, and calls giving it up by its name', async () => {
  await listen(session)
  expect(buttons()).toContain('Stop')
  FakeSocket.last.cuts()
  speak(50)
  void session.stop()
  await tick()
  await nextTick()
  expect(buttons()).toContain('Discard the unsent sound')
  expect(page.root.querySelector('[data-testid=unsent]')?.textContent).toContain('kept in this page')
  await tick(500)
  FakeSocket.last.welcomes(0)
  FakeSocket.last.acknowledges(50)
  await tick()
  expect(buttons()).toContain('Stop now')
  expect(page.root.querySelector('[data-testid=unsent]')).toBeNull()
})
