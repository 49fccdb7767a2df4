import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import research from '../../../../classifier_worker/models/research.json'
import { mount } from '../../testing/mount'
import AboutModel from './AboutModel.vue'

/** The panel as a person would see it once they opened it. */
function opened(answer: () => Response): HTMLDetailsElement {
  vi.stubGlobal(
    'fetch',
    vi.fn(async () => answer()),
  )
  const details = mount(AboutModel, {}).root.querySelector('details')
  if (!details) throw new Error('there is no panel')
  details.open = true
  details.dispatchEvent(new Event('toggle'))
  return details
}

const json = (card: unknown) => () => new Response(JSON.stringify(card), { headers: { 'content-type': 'application/json' } })

// What is loaded when it is unfolded is there at once then, however busy the machine is.
beforeAll(() => import('./ModelDetails.vue'))
afterEach(() => vi.unstubAllGlobals())

describe('AboutModel', () => {
  it('shows which model runs, its licence, and that it is not for commercial use', async () => {
    const panel = opened(json(research))
    await vi.waitFor(() => expect(panel.textContent).toContain('This server runs the model “research”.'))
    expect(panel.textContent).toContain('Its licence is CC BY-NC-SA 4.0.')
    expect(panel.textContent).toContain('does not allow commercial use')
    expect(panel.textContent).not.toContain('Asking the server')
  })

  it('shows of a mock no licence, and that its readings are made up', async () => {
    const panel = opened(json({ name: 'mock', mock: true, licence: 'MIT' }))
    await vi.waitFor(() => expect(panel.textContent).toContain('no model runs on this server'))
    expect(panel.textContent).not.toContain('licence')
  })

  it('says what no model can know also where the server is not answering', async () => {
    const panel = opened(() => new Response('{"detail":"none yet"}', { status: 503 }))
    await vi.waitFor(() => expect(panel.textContent).toContain('did not say which model is running'))
    expect(panel.textContent).toContain('What it cannot know')
    expect(panel.textContent).not.toContain('Which model this is')
  })
})
