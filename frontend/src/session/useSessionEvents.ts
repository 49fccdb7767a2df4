import { clock } from '../strings/clock'
import type { StreamEvent, ToneEvent } from '../contract/events'
import { useCaptions } from '../stores/captions'
import { useReadings } from '../stores/readings'
import { useSpeakers } from '../stores/speakers'
import { t } from '../strings'
import type { CurrentReadingView } from '../reading/useCurrentReading'
import type { Notices } from './useNotices'
import type { Readiness } from '../server/useReadiness'

export interface EventTakers {
  readiness: Pick<Readiness, 'confirm'>
  current: Pick<CurrentReadingView, 'renew' | 'hear'>
  notices: Pick<Notices, 'notify'>
  onTone?: (tone: ToneEvent) => void
  onEnd: (reason: string) => void
}

/** Where each event of a session's stream goes, in one's own session and in a shared one. */
export function useSessionEvents({ readiness, current, notices, onTone, onEnd }: EventTakers): (event: StreamEvent) => void {
  const speakers = useSpeakers()
  const readings = useReadings()
  const captions = useCaptions()

  return event => {
    switch (event.kind) {
      case 'tone-event':
        readiness.confirm()
        current.renew(event.tone.timestamp)
        speakers.hear(event.tone.speakerId)
        readings.add(event.tone)
        onTone?.(event.tone)
        break
      case 'facts-event':
        readiness.confirm()
        speakers.hear(event.facts.speakerId)
        readings.addFacts(event.facts)
        break
      case 'transcript-event':
        readiness.confirm()
        speakers.hear(event.line.speakerId)
        captions.add(event.line)
        break
      case 'transcript':
        readiness.confirm()
        captions.addPartial(event.partial)
        break
      case 'status':
        // That it falls behind is said without a worker too.
        if (event.status.state !== 'behind') readiness.confirm()
        current.hear(event.status)
        break
      case 'audio-gap':
        readings.addGap(event.gap)
        notices.notify(t.notices.gap(clock(event.gap.from), clock(event.gap.to)))
        break
      case 'service-event':
        notices.notify(t.service(event.code) ?? event.detail)
        break
      case 'correction':
        readings.judge(event.verdict)
        if (event.verdict.event_id === null) notices.notify(t.notices.correctionsBegun(event.verdict.outcome === 'accepted'))
        break
      case 'gap':
        readings.rewind(event.from)
        notices.notify(t.notices.eventsLost)
        break
      case 'session-ended':
        captions.hush()
        onEnd(event.reason)
    }
  }
}
