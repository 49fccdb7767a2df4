import { describe, expect, it } from 'vitest'
import { FakeBufferSource, FakeContext } from '../../testing/fakeAudio'
import { FakeSocket } from '../../testing/fakeSocket'
import { inSurroundings, speak, tick, Surroundings, type Session } from '../../testing/surroundings'

let around: Surroundings
let session: Session

inSurroundings((given, store) => ([around, session] = [given, store]))

describe('a recording', () => {
  async function play(): Promise<void> {
    void session.playRecording(new Blob(['RIFF']), 'talk.wav')
    await tick()
    FakeSocket.last.welcomes(0)
    await tick()
  }

  it('goes the same way, and ends the session by itself', async () => {
    await play()
    expect(session.recordingName).toBe('talk.wav')
    speak(3)
    FakeSocket.last.acknowledges(3)
    FakeBufferSource.last.onended?.()
    await tick()
    expect(session.phase).toBe('finishing')
    expect(around.calls).toContainEqual(['/session/3-abc/end', 'DELETE'])
  })

  it('waits for a server that is away, and goes on after it', async () => {
    await play()
    FakeSocket.last.cuts()
    speak(101)
    await tick()
    expect(FakeContext.all.at(-1)?.state).toBe('suspended')
    await tick(500)
    FakeSocket.last.welcomes(0)
    await tick()
    expect(session.status).toBe('The recording is waiting for the server')
    FakeSocket.last.acknowledges(52)
    await tick()
    expect(FakeContext.all.at(-1)?.state).toBe('running')
  })
})
