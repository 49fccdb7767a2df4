import { describe, expect, it } from 'vitest'
import { statusLine, type Situation } from './statusLine'

const calm: Situation = {
  phase: 'live',
  source: 'microphone',
  socket: 'open',
  stream: 'open',
  hindrance: null,
  live: { state: 'listening', lagSeconds: 0 },
  lagSeconds: 0,
  droppedSeconds: 0,
  unsentSeconds: 0,
  elsewhere: false,
  held: false,
  noSound: false,
}

describe('statusLine', () => {
  it.each<[string, Partial<Situation>]>([
    ['Ready', { phase: 'idle' }],
    ['Open in another tab', { phase: 'idle', elsewhere: true }],
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
    ['Reconnecting – nothing lost so far', { hindrance: 'server-away' }],
    ['Reconnecting – nothing lost so far', { socket: 'reconnecting', hindrance: 'no-worker' }],
    ['Offline – nothing lost so far', { hindrance: 'offline' }],
    ['Offline – 12 s of sound lost', { hindrance: 'offline', socket: 'reconnecting', droppedSeconds: 12 }],
    [
      'Stopped – 10 s of sound still to be sent',
      { phase: 'finishing', hindrance: 'offline', socket: 'reconnecting', unsentSeconds: 10.2 },
    ],
    ['Waiting – audio is not being analysed yet', { hindrance: 'no-worker' }],
    ['Waiting – audio is not being analysed yet', { hindrance: 'no-worker', phase: 'finishing', source: null, socket: 'closed' }],
    ['The recording is waiting for the server', { source: 'recording', held: true }],
    ['No sound at all from the microphone. Is it muted?', { noSound: true, live: { state: 'silence', lagSeconds: 0 } }],
    ['Stopping – the last words are being analysed', { phase: 'finishing', source: null, socket: 'closed' }],
    ['Stopped', { phase: 'ended', socket: 'closed', stream: 'ended' }],
  ])('%s', (sentence, change) => {
    expect(statusLine({ ...calm, ...change })).toBe(sentence)
  })
})
