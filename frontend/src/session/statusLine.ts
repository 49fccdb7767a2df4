/** Which sentence the status line says: the most pressing truth, in order. */

import type { SocketState } from '../audio/useAudioSocket'
import type { Hindrance } from '../server/useReadiness'
import type { StreamState } from '../stream/useToneStream'
import type { LiveStatus } from '../contract/events'
import { t } from '../strings'

export type Phase = 'idle' | 'starting' | 'live' | 'finishing' | 'ended'

export interface Situation {
  phase: Phase
  source: 'microphone' | 'recording' | null
  socket: SocketState
  stream: StreamState
  /** Why nothing is read now, as far as is known. */
  hindrance: Hindrance | null
  /** What the worker said last; null before it said anything. */
  live: LiveStatus | null
  /** From acknowledgements, when the worker itself is silent. */
  lagSeconds: number
  droppedSeconds: number
  /** Of a session that was stopped: what the server does not have yet. */
  unsentSeconds: number
  /** Another tab of this browser has the session. */
  elsewhere: boolean
  /** The recording is held back until the server has caught up. */
  held: boolean
  /** Not one sample other than zero for a while. */
  noSound: boolean
}

/** Below this, lag is only the window that is being filled. */
const WORTH_SAYING = 2

export function statusLine(now: Situation): string {
  if (now.phase === 'idle') return now.elsewhere ? t.status.elsewhere : t.status.ready
  if (now.phase === 'starting') return t.status.starting
  if (now.phase === 'ended') return t.status.stopped
  if (now.unsentSeconds > 0) return t.status.unsent(now.unsentSeconds)
  if (now.hindrance === 'offline') return now.droppedSeconds > 0 ? t.status.offlineLost(now.droppedSeconds) : t.status.offline
  if (now.hindrance === 'server-away' || now.socket === 'reconnecting' || now.stream === 'reconnecting') {
    return now.droppedSeconds > 0 ? t.status.reconnectingLost(now.droppedSeconds) : t.status.reconnecting
  }
  if (now.hindrance) return t.status.unread
  if (now.held) return t.status.waiting
  if (now.phase === 'finishing') return t.status.finishing
  if (now.live?.state === 'behind') return t.status.behind(Math.max(now.live.lagSeconds, now.lagSeconds))
  if (now.noSound) return t.status.noSound
  if (now.live?.state === 'silence') return t.status.silence
  if (now.live?.state === 'unclear') return t.status.unclear
  if (!now.live && now.lagSeconds > WORTH_SAYING) return t.status.behind(now.lagSeconds)
  return now.source === 'recording' ? t.status.playing : t.status.listening
}
