import { watch } from 'vue'
import { t } from '../strings'
import type { AudioSocket } from '../audio/useAudioSocket'
import type { Notices } from './useNotices'
import type { ToneStream } from '../stream/useToneStream'

/** Says by which other way sound goes out and readings come in, and what sound was lost. */
export function useSendingNotices(
  socket: Pick<AudioSocket, 'posting' | 'droppedSeconds'>,
  stream: Pick<ToneStream, 'heldBack'>,
  notify: Notices['notify'],
): void {
  watch(socket.posting, now => now && notify(t.notices.posting, 'posting'))
  watch(stream.heldBack, now => now && notify(t.notices.heldBack, 'held-back'))
  watch(socket.droppedSeconds, lost => lost > 0 && notify(t.notices.dropped(lost), 'dropped'))
}
