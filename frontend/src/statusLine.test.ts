import { describe, expect, it } from 'vitest'
import { statusLine, type Situation } from './statusLine'

const calm: Situation = {
  phase: 'live',
  source: 'microphone',
  socket: 'open',
  stream: 'open',
  ready: true,
  live: { state: 'listening', lagSeconds: 0 },
  lagSeconds: 0,
  droppedSeconds: 0,
  held: false,
  noSound: false,
}

describe('statusLine', () => {
  it.each<[string, Partial<Situation>]>([
    ['Ready', { phase: 'idle' }],
    ['Starting …', { phase: 'starting' }],
    ['Listening', {}],
    ['Listening', { live: null }],
    ['Listening to the recording', { source: 'recording' }],
    ['Quiet', { live: { state: 'silence', lagSeconds: 0 } }],
    ['Heard, but the tone is unclear', { live: { state: 'unclear', lagSeconds: 0 } }],
    ['Behind by 3 s', { live: { state: 'behind', lagSeconds: 3.2 } }],
    ['Behind by 31 s', { live: null, lagSeconds: 31 }],
    ['Reconnecting – nothing lost so far', { socket: 'reconnecting' }],
    ['Reconnecting – nothing lost so far', { stream: 'reconnecting', live: { state: 'silence', lagSeconds: 0 } }],
    ['Reconnecting – 12 s of sound lost', { socket: 'reconnecting', droppedSeconds: 12 }],
    ['Waiting – nothing reads the sound yet', { ready: false }],
    ['Waiting – nothing reads the sound yet', { ready: false, phase: 'finishing', source: null, socket: 'closed' }],
    ['The recording waits for the server', { source: 'recording', held: true }],
    ['No sound at all from the microphone. Is it muted?', { noSound: true, live: { state: 'silence', lagSeconds: 0 } }],
    ['Stopping – the last words are being read', { phase: 'finishing', source: null, socket: 'closed' }],
    ['Stopped', { phase: 'ended', socket: 'closed', stream: 'ended' }],
  ])('%s', (sentence, change) => {
    expect(statusLine({ ...calm, ...change })).toBe(sentence)
  })
})
