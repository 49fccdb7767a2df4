import { useIntervalFn, useLocalStorage, useWakeLock } from '@vueuse/core'
import { defineStore } from 'pinia'
import { computed, shallowRef, watch } from 'vue'
import { endSession, startSession } from '../server/api'
import { fetchSample } from '../audio/sample'
import { useAudioCapture } from '../audio/useAudioCapture'
import { useAudioSocket } from '../audio/useAudioSocket'
import { useHeldRecording } from '../audio/useHeldRecording'
import { useCurrentReading } from '../reading/useCurrentReading'
import { useMeasured } from '../reading/useMeasured'
import { useNotices } from '../session/useNotices'
import { useReadiness } from '../server/useReadiness'
import { countTurns, type Wanted } from '../session/turns'
import { useResume, type Joined } from '../session/useResume'
import { useSessionCaptions } from '../captions/useSessionCaptions'
import { useSendingNotices } from '../session/useSendingNotices'
import { useServerKey } from '../server/useServerKey'
import { useSessionEvents } from '../session/useSessionEvents'
import { useToneStream } from '../stream/useToneStream'
import { statusLine, type Phase } from '../session/statusLine'
import { t } from '../strings'
import { Trouble } from '../server/trouble'
import { whileAway } from '../server/whileAway'
import { useCaptionWish } from './captionWish'
import { useReadings } from './readings'
import { useSettings } from './settings'
import { useSpeakers } from './speakers'
import { useVoiceProfile } from './voiceProfile'

/** Seconds of sound that are worth a word: less is only on its way. */
const WORTH_SAYING = 1
/** Seconds unanswered on a connection that seems whole: reason to ask what is the matter. */
const DOUBTFUL = 3
/** ms in which a second press is a double click, and gives nothing up. */
const DOUBLE_CLICK = 1000
/** ms after which the end, if it has not come, is asked for on a new connection. */
const END_PATIENCE = 10_000
/** Frames of pure zero (100 ms each) that mean a muted microphone rather than a quiet room. */
const ZERO_FRAMES = 50

export const useSession = defineStore('session', () => {
  const phase = shallowRef<Phase>('idle')
  const id = shallowRef('')
  const recordingName = shallowRef('')
  const settings = useSettings()
  const speakers = useSpeakers()
  const readings = useReadings()
  const microphoneId = useLocalStorage('linnet-microphone', '')
  /** No tone is inferred in this session. */
  const facts = shallowRef(false)
  const zeroFrames = shallowRef(0)
  /** What stopped or hinders this session; the composables know about theirs. */
  const ownTrouble = shallowRef<Trouble | null>(null)
  const { key, keyWanted, useKey } = useServerKey(ownTrouble)
  const turns = countTurns()
  let stoppedAt = 0

  const messages = useNotices()
  const { notices, notify, dismiss, clear: clearNotices } = messages
  const socket = useAudioSocket()
  const stream = useToneStream(event => receive(event))
  const capture = useAudioCapture({
    onFrame(pcm) {
      zeroFrames.value = capture.source.value === 'microphone' && capture.peak.value === 0 ? zeroFrames.value + 1 : 0
      socket.send(pcm)
    },
    onEnd: () => void stop(),
  })
  const { held, reset: resetHeld } = useHeldRecording(socket, capture, () => phase.value === 'live')
  const wakeLock = useWakeLock()
  const away = (trouble: Trouble): void => {
    ownTrouble.value = trouble
  }
  const resume = useResume({ phase, stream, turns, away })
  const { earlier, following, interrupted } = resume
  const waitsForReadings = computed(() => phase.value === 'live' || phase.value === 'finishing' || following.value)
  const readiness = useReadiness(waitsForReadings)

  const heard = computed(() => phase.value === 'live' && socket.state.value === 'open' && !capture.interruption.value)
  /** Readings of what is heard now can come. */
  const trusted = computed(() => (heard.value || following.value) && stream.state.value === 'open' && readiness.ready.value)
  const nothingIsNow = computed(() => phase.value === 'idle' && !following.value)
  const current = useCurrentReading({ trusted, heardSeconds: socket.givenSeconds, over: nothingIsNow })
  const { reading, history, settled } = current
  const busy = computed(() => phase.value !== 'idle' && phase.value !== 'ended')
  const running = computed(() => busy.value && id.value !== '')
  const measuringOnly = computed(() => running.value && facts.value)
  const { measuring, measured, measuredCurrent } = useMeasured(measuringOnly, trusted, settled)
  const captioning = useSessionCaptions(running, notify)
  const measuredNow = computed(() => (nothingIsNow.value ? null : (measured.value[0] ?? null)))
  const trouble = computed(
    () =>
      ownTrouble.value ??
      capture.interruption.value ??
      socket.hint.value ??
      (readiness.hindrance.value && new Trouble(readiness.hindrance.value)),
  )
  /** Seconds of sound that a stopped session has still to send; 0 when it is next to none. */
  const unsent = computed(() =>
    phase.value === 'finishing' && socket.waitingSeconds.value >= WORTH_SAYING ? socket.waitingSeconds.value : 0,
  )
  const status = computed(() =>
    statusLine({
      phase: phase.value,
      source: capture.source.value,
      socket: socket.state.value,
      stream: stream.state.value,
      hindrance: readiness.hindrance.value,
      live: settled.value,
      lagSeconds: socket.lagSeconds.value,
      droppedSeconds: socket.droppedSeconds.value,
      unsentSeconds: unsent.value,
      elsewhere: following.value,
      held: held.value,
      noSound: zeroFrames.value >= ZERO_FRAMES,
    }),
  )

  const receive = useSessionEvents({
    readiness,
    current,
    notices: messages,
    onEnd: reason => void finish(reason === 'client' || following.value ? null : new Trouble('session-ended')),
  })

  async function begin(open: () => Promise<number>, join: (rate: number, wanted: Wanted) => Promise<Joined>): Promise<void> {
    const wanted = turns.next()
    phase.value = 'starting'
    id.value = ''
    ownTrouble.value = null
    stream.close()
    current.reset()
    clearNotices()
    zeroFrames.value = 0
    resetHeld()
    try {
      const rate = await open()
      if (!wanted()) return
      const joined = await join(rate, wanted)
      if (cancelled(joined, wanted)) return
      enter(joined, rate)
      await capture.begin()
      if (cancelled(joined, wanted)) return
      phase.value = 'live'
      if (wakeLock.isSupported.value) void wakeLock.request('screen').catch(() => undefined)
    } catch (error) {
      if (wanted()) await finish(error instanceof Trouble ? error : new Trouble('refused'))
    }
  }

  /** A session that was only just started is ended with it. */
  function cancelled(joined: Joined, wanted: Wanted): boolean {
    if (wanted()) return false
    if (joined.after === undefined) void endSession(joined.id).catch(() => undefined)
    return true
  }

  function enter(joined: Joined, rate: number): void {
    ownTrouble.value = null
    facts.value = joined.facts
    captioning.take(joined, joined.after === undefined)
    id.value = joined.id
    resume.take(joined.id)
    if (joined.after === undefined) speakers.meet(joined.id)
    stream.open(joined.id, joined.after)
    socket.open(joined.id, rate, joined.from)
  }

  function beginNew(open: () => Promise<number>): Promise<void> {
    readings.clear()
    return begin(open, startNew)
  }

  async function startNew(sampleRate: number, wanted: Wanted): Promise<Joined> {
    const wish = { ...settings.kept, ...useCaptionWish().sent, sampleRate, key: key.value, voiceProfile: useVoiceProfile().token }
    return { from: 0, ...(await whileAway(() => startSession(wish), wanted, away)) }
  }

  const openMicrophone = (): Promise<number> => capture.openMicrophone(microphoneId.value || undefined)

  /**
   * The session that a reload cut off, or that another tab has, with the microphone here. Where its sound cannot go on,
   * another session begins.
   */
  function goOn(): Promise<void> {
    return begin(openMicrophone, async (rate, wanted) => {
      const joined = await resume.rejoin(rate, wanted)
      if (joined) return joined
      if (wanted()) {
        readings.clear()
        notify(t.resume.another)
      }
      return startNew(rate, wanted)
    })
  }

  /** Ends the session that a reload cut off. */
  async function endEarlier(): Promise<void> {
    const [last, wanted] = [earlier.value, turns.next()]
    try {
      await whileAway(() => endSession(last), wanted, away)
      if (!wanted()) return
      ownTrouble.value = null
      resume.remember(last)
      id.value = last
      phase.value = 'finishing'
      const { lastId, ended } = await whileAway(() => readings.load(last, wanted), wanted, away)
      if (!wanted()) return
      if (ended) await finish(null)
      else stream.open(last, lastId)
    } catch (error) {
      if (wanted()) await finish(error instanceof Trouble ? error : new Trouble('refused'))
    }
  }

  const startMicrophone = (): Promise<void> => beginNew(openMicrophone)

  function playRecording(file: Blob, name: string): Promise<void> {
    recordingName.value = name
    return beginNew(() => capture.openRecording(file))
  }

  function playSample(): Promise<void> {
    recordingName.value = t.compose.sampleName
    return beginNew(async () => capture.openRecording(await fetchSample()))
  }

  /** The sound is over; what waits is still sent, and readings of it still come, until session-ended. */
  async function stop(): Promise<void> {
    if (phase.value === 'starting') return finish(null)
    if (phase.value === 'finishing') return stopWaiting()
    if (phase.value !== 'live') return
    const wanted = turns.present()
    phase.value = 'finishing'
    stoppedAt = Date.now()
    resetHeld()
    await capture.close()
    await socket.drained()
    if (!wanted()) return
    socket.close()
    // Already gone is as good as ended; session-ended then does not come.
    await whileAway(() => endSession(id.value), wanted).catch(() => (wanted() ? finish(null) : undefined))
  }

  /** Pressed again: what is not sent, and what is not read yet, is given up. */
  async function stopWaiting(): Promise<void> {
    if (Date.now() - stoppedAt < DOUBLE_CLICK) return
    const given = id.value
    await finish(null)
    await whileAway(() => endSession(given), turns.present()).catch(() => undefined)
  }

  /** Nothing more comes, from either side. */
  async function finish(because: Trouble | null): Promise<void> {
    turns.next()
    const lost = phase.value === 'live' || phase.value === 'finishing' ? socket.waitingSeconds.value : 0
    if (lost >= WORTH_SAYING) notify(t.notices.unsent(lost))
    phase.value = id.value ? 'ended' : 'idle'
    ownTrouble.value = because
    socket.close()
    stream.close()
    resume.release()
    resetHeld()
    if (because?.code === 'session-unknown' && !id.value) {
      resume.forget()
      readings.clear()
    }
    if (phase.value === 'idle' && earlier.value) void resume.look()
    await Promise.allSettled([capture.close(), wakeLock.release()])
  }

  readiness.follow(socket.state)
  readiness.follow(stream.state)
  // What cut the audio has probably cut the events too, without telling.
  watch(socket.state, (state, before) => {
    if (state === 'open' && before === 'reconnecting') stream.refresh()
  })
  const doubtful = computed(() => socket.state.value === 'open' && socket.waitingSeconds.value > DOUBTFUL)
  watch(doubtful, doubt => doubt && void readiness.ask())
  const asking = useIntervalFn(() => stream.refresh(), END_PATIENCE, { immediate: false })
  watch(phase, current => (current === 'finishing' ? asking.resume() : asking.pause()))
  watch(socket.failure, failure => {
    if (failure && busy.value) void finish(failure)
  })
  watch(stream.state, state => {
    if (state !== 'gone') return
    if (busy.value) void finish(phase.value === 'finishing' ? null : new Trouble('session-unknown'))
    else if (following.value) forget()
  })
  useSendingNotices(socket, stream, notify)

  /** The session is erased on the server: nothing of it is shown any longer. */
  function forget(): void {
    speakers.forget(id.value || earlier.value)
    resume.forget()
    id.value = ''
    readings.clear()
    clearNotices()
    phase.value = 'idle'
    notify(t.after.erased)
  }

  return {
    phase,
    id,
    earlier,
    interrupted,
    following,
    unsent,
    notify,
    reading,
    history,
    measuring,
    measured,
    measuredNow,
    measuredCurrent,
    captioned: captioning.captioned,
    notices,
    recordingName,
    microphoneId,
    status,
    trouble,
    keyWanted,
    busy,
    source: capture.source,
    peak: capture.peak,
    muted: capture.muted,
    position: capture.position,
    duration: capture.duration,
    seek: capture.seek,
    startMicrophone,
    goOn,
    endEarlier,
    playRecording,
    playSample,
    stop,
    useKey,
    dismiss,
    forget,
  }
})
