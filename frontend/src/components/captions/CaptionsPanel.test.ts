import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nextTick } from 'vue'
import { useCaptions } from '../../stores/captions'
import { useReadings } from '../../stores/readings'
import { useSettings } from '../../stores/settings'
import { useSpeakers } from '../../stores/speakers'
import { speak } from '../../strings'
import { CaptionsPage, lineAt, linesUntil, plain, sad, said } from '../../testing/captionsPage'
import { wordsOf } from '../../testing/line'

let page: CaptionsPage

beforeEach(() => {
  localStorage.clear()
  page = new CaptionsPage()
})
afterEach(async () => {
  page.remove()
  await speak('en')
})

describe('captions', () => {
  it('show each line with voice, time and words, the newest at the bottom', async () => {
    await said(lineAt(3), lineAt(65, { speakerId: 'speaker_b' }), lineAt(66, { speakerId: '' }))
    expect(page.all('line').map(text => text.replace(/ ?Correct.*/, ''))).toEqual([
      'Speaker A0:01Line 3.',
      'Speaker B1:03Line 65.',
      'Unidentified voice1:04Line 66.',
    ])
    expect(page.root.querySelector('li [lang=en]')?.getAttribute('dir')).toBe('auto')
  })

  it('call a voice as the person calls it', async () => {
    useSpeakers().meet('3-abc')
    useSpeakers().rename('speaker_a', 'Mum')
    await said(lineAt(3))
    expect(plain(page.root.querySelector('[data-name]'))).toBe('Mum')
  })

  it('show a hint until something is said', () => {
    expect(plain(page.root)).toContain('Words appear here as people speak.')
    expect(page.root.querySelector('ol')).toBeNull()
  })

  it('show the surest tone of that utterance, and none of its neighbours', async () => {
    useReadings().add(sad({ id: '1-1', confidence: 0.7, label: 'Calm', affect: 'calm' }))
    useReadings().add(sad({ id: '2-1', confidence: 0.9 }))
    useReadings().add(sad({ id: '3-1', confidence: 0.6, label: 'Warm', affect: 'warm' }))
    useReadings().add(sad({ id: '4-1', utteranceId: '', confidence: 1, label: 'Urgent', affect: 'urgent' }))
    await said(lineAt(3), lineAt(4))
    expect(page.all('line-tone')).toEqual(['Tone: Sounds sad, sure'])
    expect(page.root.querySelector('[data-testid=line-tone]')?.getAttribute('data-affect')).toBe('sad')
    expect(page.root.querySelector('[data-testid=line-tone] [aria-hidden]')?.className).toContain('i-lucide-cloud-rain')
  })

  it('show a tone that comes after its line, and the one that a person said it was', async () => {
    await said(lineAt(3))
    expect(page.all('line-tone')).toEqual([])
    useReadings().add(sad())
    await nextTick()
    expect(page.all('line-tone')).toEqual(['Tone: Sounds sad, fairly sure'])
    useReadings().corrections.set('48000-0', { affect: 'calm', note: '' })
    await nextTick()
    expect(page.all('line-tone')).toEqual(['Tone: calm'])
  })

  it('mark what was measured and which words are doubtful, in words', async () => {
    useReadings().add(sad({ timestamp: 1.6, prosodyFlags: ['louder', 'long_pause'] }))
    await said(lineAt(3, { text: 'I am fine today', words: wordsOf('I am fine? today', 1) }))
    expect(page.all('line-words')).toEqual(['(long pause) I (louder) am unsure: fine today'])
    expect(plain(page.root)).toContain('Words with a dotted underline may be wrong.')
  })

  it('mark facts of that time and voice where no tone is inferred', async () => {
    const facts = {
      id: '1-1',
      timestamp: 2,
      speakerId: 'speaker_a',
      prosodyFlags: ['louder'],
      pitchHz: 1,
      loudnessDb: 1,
      text: '',
    }
    useReadings().addFacts(facts)
    useReadings().addFacts({ ...facts, id: '2-1', speakerId: 'speaker_b', prosodyFlags: ['faster'] })
    useReadings().addFacts({ ...facts, id: '3-1', timestamp: 9, prosodyFlags: ['shaky'] })
    await said(lineAt(3))
    expect(page.all('mark')).toEqual(['(louder)'])
    expect(page.all('line-tone')).toEqual([])
  })

  it('put words or tone first, or leave the tone out', async () => {
    useReadings().add(sad({ prosodyFlags: ['louder'], subtext: '[With sorrow] Sounds sad.' }))
    await said(lineAt(3, { mismatch: { words: 'positive', voice: 'sad', sentence: 'Friendly words, sad voice.' } }))
    const order = (): boolean => {
      const [words, tone] = [page.root.querySelector('[data-words]'), page.root.querySelector('[data-testid=line-tone]')]
      return Boolean(words && tone && words.compareDocumentPosition(tone) & Node.DOCUMENT_POSITION_FOLLOWING)
    }
    expect([order(), page.all('mismatch')]).toEqual([true, ['Friendly words, sad voice.']])
    useSettings().kept.captionLayout = 'tone-first'
    await nextTick()
    expect(order()).toBe(false)
    useSettings().kept.captionLayout = 'words-only'
    await nextTick()
    expect([page.all('line-tone'), page.all('mark'), page.all('delivery'), page.all('mismatch')]).toEqual([[], [], [], []])
    expect(page.all('line-words')).toEqual(['Line 3.'])
  })

  it('put the delivery in front of the line in Elcor style', async () => {
    useReadings().add(sad({ subtext: '[With open sorrow] Sounds sad; people often do.' }))
    await said(lineAt(3))
    expect(page.all('line-words')).toEqual(['[With open sorrow] Line 3.'])
  })

  it('say in the page’s language where words and voice part, as keys and not as they came', async () => {
    await said(lineAt(3, { mismatch: { words: 'positive', voice: 'frustrated', sentence: 'Friendly words, tense voice.' } }))
    expect(page.all('mismatch')).toEqual(['Friendly words, tense voice.'])
    await speak('de')
    await nextTick()
    expect(page.all('mismatch')).toEqual(['Freundliche Worte, angespannte Stimme.'])
  })

  it('are as large as the person wants, apart from the page', async () => {
    useSettings().kept.captionSize = 250
    await said(lineAt(3))
    expect(page.root.querySelector<HTMLElement>('[data-testid=captions-box] > div')?.style.fontSize).toBe('250%')
  })
})

describe('unfinished words', () => {
  const partial = { timestamp: 2, utteranceId: 'u3', start: 1, text: 'That is fi', stable: 'That is', language: 'en' }

  it('stand below the lines, with what may still change apart, and silent for screen readers', async () => {
    useCaptions().addPartial(partial)
    await nextTick()
    expect([page.all('stable'), page.all('unstable')]).toEqual([['That is'], ['fi']])
    expect(page.root.querySelector('[data-testid=unfinished]')?.textContent).toBe('That is fi')
    expect(page.root.querySelector('[data-testid=unfinished]')?.getAttribute('aria-hidden')).toBe('true')
    expect(page.log()).toEqual([])
    await said(lineAt(3, { text: 'That is fine.' }))
    expect(page.all('unfinished')).toEqual([])
  })
})

describe('a screen reader', () => {
  it('gets each whole line once, with voice, doubt and tone', async () => {
    useReadings().add(sad())
    await said(lineAt(3, { text: 'I am fine', words: wordsOf('I am fine?') }), lineAt(4, { speakerId: 'speaker_b' }))
    expect(page.log()).toEqual(['Speaker A: I am unsure: fine Tone: Sounds sad', 'Speaker B: Line 4.'])
    expect(page.root.querySelector('[role=log]')?.getAttribute('aria-live')).toBe('polite')
    useSettings().kept.captionLayout = 'tone-first'
    useReadings().add(sad({ id: '90000-1', utteranceId: 'u6' }))
    await said(lineAt(6))
    expect(page.log().at(-1)).toBe('Speaker A: Tone: Sounds sad Line 6.')
  })

  it('is not told what stood there before', async () => {
    await said(lineAt(3))
    useCaptions().load([])
    await nextTick()
    expect(page.log()).toEqual([])
  })
})

describe('scrolling', () => {
  let box: HTMLElement
  let height: number

  beforeEach(() => {
    const found = page.root.querySelector<HTMLElement>('[data-testid=captions-box]')
    if (!found) throw new Error('no box')
    box = found
    height = 1000
    Object.defineProperty(box, 'scrollHeight', { get: () => height })
    Object.defineProperty(box, 'clientHeight', { get: () => 300 })
  })

  async function scrollTo(top: number): Promise<void> {
    box.scrollTop = top
    box.dispatchEvent(new Event('scroll'))
    await nextTick()
  }

  it('follows the newest line, unless somebody reads further up', async () => {
    await said(lineAt(3))
    expect(box.scrollTop).toBe(1000)
    await scrollTo(200)
    height = 1100
    await said(lineAt(4))
    expect(box.scrollTop).toBe(200)
    page.button('Latest').click()
    await nextTick()
    expect([box.scrollTop, document.activeElement === box]).toEqual([1100, true])
    expect(() => page.button('Latest')).toThrow()
    height = 1200
    await said(lineAt(5))
    expect(box.scrollTop).toBe(1200)
  })

  it('stays where somebody corrects a line', async () => {
    await said(lineAt(3))
    page.button('Correct').click()
    await nextTick()
    height = 1100
    await said(lineAt(4))
    expect(box.scrollTop).toBe(1000)
    page.button('Cancel').click()
    await nextTick()
    height = 1200
    await said(lineAt(5))
    expect(box.scrollTop).toBe(1200)
  })

  it('draws so many lines, earlier ones when they are asked for, and drops none that is read', async () => {
    await said(...linesUntil(253))
    expect(page.all('line')).toHaveLength(200)
    await scrollTo(200)
    await said(lineAt(300))
    expect(page.all('line')).toHaveLength(201)
    height = 1500
    page.button('Show earlier lines').click()
    await nextTick()
    await nextTick()
    expect(page.all('line')).toHaveLength(251)
    expect(document.activeElement).toBe(box)
    await scrollTo(1200)
    await said(lineAt(301))
    expect(page.all('line')).toHaveLength(200)
  })

  it('works by keyboard: the box takes the focus and has a name', () => {
    expect(box.tabIndex).toBe(0)
    expect(document.getElementById(box.getAttribute('aria-labelledby') ?? '')?.textContent).toBe('Captions')
  })
})
