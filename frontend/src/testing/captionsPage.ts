import { nextTick } from 'vue'
import CaptionsPanel from '../components/captions/CaptionsPanel.vue'
import type { TranscriptEvent } from '../contract/transcripts'
import { useCaptions } from '../stores/captions'
import { aLine } from './line'
import { mount } from './mount'
import { aTone } from './tone'

export const plain = (node: Element | null | undefined): string => node?.textContent?.replaceAll(/\s+/g, ' ').trim() ?? ''

/** The captions in a document, and what a person finds in them. */
export class CaptionsPage {
  readonly root: HTMLElement
  readonly remove: () => void

  constructor(readOnly = false) {
    const { root, unmount } = mount(CaptionsPanel, { sessionId: '3-abc', readOnly })
    this.root = root
    this.remove = unmount
  }

  all(id: string): string[] {
    return [...this.root.querySelectorAll(`[data-testid=${id}]`)].map(one => plain(one))
  }

  /** What screen readers were told. */
  log(): string[] {
    return [...this.root.querySelectorAll('[role=log] p')].map(one => plain(one))
  }

  button(name: string): HTMLButtonElement {
    const found = [...this.root.querySelectorAll('button')].find(one => one.textContent?.trim().startsWith(name))
    if (!found) throw new Error(`no button "${name}"`)
    return found
  }
}

/** The line that is over at that second. */
export const lineAt = (second: number, change: Partial<TranscriptEvent> = {}): TranscriptEvent =>
  aLine({
    id: `${second * 16_000}-1`,
    utteranceId: `u${second}`,
    start: second - 2,
    end: second - 0.5,
    timestamp: second,
    text: `Line ${second}.`,
    ...change,
  })

/** From the third second to the one before `end`. */
export const linesUntil = (end: number): TranscriptEvent[] => Array.from({ length: end - 3 }, (_, at) => lineAt(at + 3))

export async function said(...lines: TranscriptEvent[]): Promise<void> {
  for (const one of lines) useCaptions().add(one)
  await nextTick()
  await nextTick()
}

/** The tone of the line at the third second. */
export const sad = (change: object = {}): ReturnType<typeof aTone> =>
  aTone({ id: '48000-0', utteranceId: 'u3', affect: 'sad', label: 'Sounds sad', confidence: 0.8, ...change })
