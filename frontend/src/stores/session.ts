import { useIntervalFn, useLocalStorage, useWakeLock } from '@vueuse/core'
import { defineStore } from 'pinia'
import { computed, shallowRef, watch } from 'vue'
import { checkSession, endSession, startSession } from '../server/api'
import { useAudioCapture } from '../audio/useAudioCapture'
import { useAudioSocket } from '../audio/useAudioSocket'
import { useEarlierSession } from '../session/useEarlierSession'
import { useFreshReading } from '../reading/useFreshReading'
import { useLiveStatus } from '../reading/useLiveStatus'
import { useMeasured } from '../reading/useMeasured'
import { useNotices } from '../session/useNotices'
import { useReadiness } from '../server/useReadiness'
import { useRestWhileHidden } from '../stream/useRestWhileHidden'
import { useSendingNotices } from '../session/useSendingNotices'
import { useSessionEvents } from '../session/useSessionEvents'
import { useSessionHold } from '../session/useSessionHold'
import { useToneStream } from '../stream/useToneStream'
import { statusLine, type Phase } from '../session/statusLine'
import { t } from '../strings'
import { Trouble } from '../server/trouble'
import { whileAway } from '../server/whileAway'
import { useReadings, type Stored } from './readings'
import { useSettings } from './settings'
import { useSpeakers } from './speakers'
import { useVoiceProfile } from './voiceProfile'

export const HISTORY_LENGTH = 8
/** A recording is held while so much of it waits to be sent, and goes on when half of that is through. */
const HOLD_AT = 10
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

/** The session that the sound belongs to. */
interface Joined {
  id: string
  /** Samples of it that the server already has. */
  from: number
  /** Id of the newest event that the page already shows; none in a new session. */
  after?: string
}

export const useSession = defineStore('session', () => {
  const phase = shallowRef<Phase>('idle')
  const id = shallowRef('')
  const recordingName = shallowRef('')
  const settings = useSettings()
  const speakers = useSpeakers()
  const readings = useReadings()
  const microphoneId = useLocalStorage('linnet-microphone', '')
  /** The server's API key, where it asks for one. */
  const key = useLocalStorage('linnet-key', '')
  /** No tone is inferred in this session. */
  const facts = shallowRef(false)
  const held = shallowRef(false)
  const zeroFrames = shallowRef(0)
  /** What stopped or hinders this session; the composables know about theirs. */
  const ownTrouble = shallowRef<Trouble | null>(null)
  let turn = 0 // a start that was cancelled must not go on
  let stoppedAt = 0

  const hold = useSessionHold()
  const { earlier, open: running, remember, forget: forgetEarlier, look } = useEarlierSession(hold)
  const liveStatus = useLiveStatus()
  const { settled, reset: resetStatus } = liveStatus
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
  const wakeLock = useWakeLock()
  /** Another tab has the session that this one knows of: what is read there is shown here, too. */
  const following = computed(() => phase.value === 'idle' && running.value && hold.elsewhere.value)
  /** A reload, a discarded tab or a browser's restart has cut it off; nobody goes on with it. */
  const interrupted = computed(() => phase.value === 'idle' && running.value && !hold.elsewhere.value)
  const waitsForReadings = computed(() => phase.value === 'live' || phase.value === 'finishing' || following.value)
  const readiness = useReadiness(waitsForReadings)

  /** The latest readings, newest first. */
  const history = computed(() => readings.all.slice(-HISTORY_LENGTH).reverse())
  /** Of a session that is over since before a reload, nothing is now. */
  const now = computed(() => (phase.value === 'idle' && !following.value ? null : history.value[0] ?? null))
  const heard = computed(() => phase.value === 'live' && socket.state.value === 'open' && !capture.interruption.value)
  /** Readings of what is heard now can come. */
  const trusted = computed(() => (heard.value || following.value) && stream.state.value === 'open' && readiness.ready.value)
  const fresh = useFreshReading(trusted, socket.givenSeconds)
  const current = fresh.fresh
  /** Speech is heard now, and none of its tones is sure enough to be said. */
  const unclear = computed(() => trusted.value && !current.value && settled.value?.state === 'unclear')
  const busy = computed(() => phase.value !== 'idle' && phase.value !== 'ended')
  const { measuring, measured, measuredCurrent } = useMeasured(computed(() => busy.value && id.value !== '' && facts.value), trusted, settled)
  const measuredNow = computed(() => (phase.value === 'idle' && !following.value ? null : measured.value[0] ?? null))
  const trouble = computed(() => ownTrouble.value ?? capture.interruption.value ?? socket.hint.value
    ?? (readiness.hindrance.value && new Trouble(readiness.hindrance.value)))
  /** Seconds of sound that a stopped session has still to send; 0 when it is next to none. */
  const unsent = computed(() =>
    phase.value === 'finishing' && socket.waitingSeconds.value >= WORTH_SAYING ? socket.waitingSeconds.value : 0)
  /** The last start failed for want of a key that is valid. */
  const keyWanted = computed(() => ownTrouble.value?.code === 'key-missing' || ownTrouble.value?.code === 'key-invalid')
  const status = computed(() => statusLine({
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
  }))

  const receive = useSessionEvents({
    readiness,
    fresh,
    liveStatus,
    notices: messages,
    onEnd: reason => void finish(reason === 'client' || following.value ? null : new Trouble('session-ended')),
  })

  const away = (trouble: Trouble): void => {
    ownTrouble.value = trouble
  }

  async function begin(open: () => Promise<number>, join: (rate: number, mine: number) => Promise<Joined> = startNew): Promise<void> {
    const mine = ++turn
    phase.value = 'starting'
    id.value = ''
    ownTrouble.value = null
    stream.close()
    resetStatus()
    if (join === startNew) readings.clear()
    clearNotices()
    zeroFrames.value = 0
    held.value = false
    try {
      const rate = await open()
      if (mine !== turn) return
      const { id: session, from, after } = await join(rate, mine)
      const cancelled = (): boolean => {
        if (mine === turn) return false
        if (after === undefined) void endSession(session).catch(() => undefined)
        return true
      }
      if (cancelled()) return
      ownTrouble.value = null
      id.value = session
      remember(session)
      hold.take(session)
      if (after === undefined) speakers.meet(session)
      stream.open(session, after)
      socket.open(session, rate, from)
      await capture.begin()
      if (cancelled()) return
      phase.value = 'live'
      if (wakeLock.isSupported.value) void wakeLock.request('screen').catch(() => undefined)
    }
    catch (error) {
      if (mine === turn) await finish(error instanceof Trouble ? error : new Trouble('refused'))
    }
  }

  async function startNew(sampleRate: number, mine: number): Promise<Joined> {
    const wish = { ...settings.kept, sampleRate, key: key.value, voiceProfile: useVoiceProfile().token }
    const started = await whileAway(() => startSession(wish), () => mine === turn, away)
    if (mine === turn) facts.value = started.facts
    return { id: started.id, from: 0 }
  }

  /**
   * The session that a reload cut off, or that another tab has, with the microphone here. Where its sound cannot go on,
   * another session begins.
   */
  function goOn(): Promise<void> {
    const last = earlier.value
    return begin(() => capture.openMicrophone(microphoneId.value || undefined), async (rate, mine) => {
      const wanted = (): boolean => mine === turn
      const { lastId } = await whileAway(() => readings.load(last, wanted), wanted, away)
      const { running, sampleRate, received, facts: only } = await whileAway(() => checkSession(last), wanted, away)
      if (wanted()) facts.value = only
      if (running && sampleRate === rate) return { id: last, from: received, after: lastId }
      if (wanted()) another()
      return startNew(rate, mine)
    })
  }

  function another(): void {
    readings.clear()
    notify(t.resume.another)
  }

  /** What was read of the session before the reload; null when it cannot be had, or is wanted no longer. */
  async function showEarlier(): Promise<Stored | null> {
    const [last, mine] = [earlier.value, turn]
    const wanted = (): boolean => mine === turn && earlier.value === last
    const stored = await whileAway(() => readings.load(last, wanted), wanted).catch(() => null)
    return wanted() ? stored : null
  }

  /** Ends the session that a reload cut off. */
  async function endEarlier(): Promise<void> {
    const [last, mine] = [earlier.value, ++turn]
    const wanted = (): boolean => mine === turn
    try {
      await whileAway(() => endSession(last), wanted, away)
      if (!wanted()) return
      ownTrouble.value = null
      remember(last)
      id.value = last
      phase.value = 'finishing'
      const { lastId, ended } = await whileAway(() => readings.load(last, wanted), wanted, away)
      if (!wanted()) return
      if (ended) await finish(null)
      else stream.open(last, lastId)
    }
    catch (error) {
      if (wanted()) await finish(error instanceof Trouble ? error : new Trouble('refused'))
    }
  }

  const startMicrophone = (): Promise<void> => begin(() => capture.openMicrophone(microphoneId.value || undefined))

  function playRecording(file: Blob, name: string): Promise<void> {
    recordingName.value = name
    return begin(() => capture.openRecording(file))
  }

  function playSample(): Promise<void> {
    recordingName.value = t.compose.sampleName
    return begin(async () => {
      const file = await fetch(`${import.meta.env.BASE_URL}sample.flac`).catch(() => null)
      if (!file?.ok) throw new Trouble('sample-missing')
      return capture.openRecording(await file.blob())
    })
  }

  /** The sound is over; what waits is still sent, and readings of it still come, until session-ended. */
  async function stop(): Promise<void> {
    if (phase.value === 'starting') return finish(null)
    if (phase.value === 'finishing') return stopWaiting()
    if (phase.value !== 'live') return
    const mine = turn
    phase.value = 'finishing'
    stoppedAt = Date.now()
    held.value = false
    await capture.close()
    await socket.drained()
    if (mine !== turn) return
    socket.close()
    // Already gone is as good as ended; session-ended then does not come.
    await whileAway(() => endSession(id.value), () => mine === turn).catch(() => (mine === turn ? finish(null) : undefined))
  }

  /** Pressed again: what is not sent, and what is not read yet, is given up. */
  async function stopWaiting(): Promise<void> {
    if (Date.now() - stoppedAt < DOUBLE_CLICK) return
    const given = id.value
    await finish(null)
    const mine = turn
    await whileAway(() => endSession(given), () => mine === turn).catch(() => undefined)
  }

  /** Nothing more comes, from either side. */
  async function finish(because: Trouble | null): Promise<void> {
    turn += 1
    const lost = phase.value === 'live' || phase.value === 'finishing' ? socket.waitingSeconds.value : 0
    if (lost >= WORTH_SAYING) notify(t.notices.unsent(lost))
    phase.value = id.value ? 'ended' : 'idle'
    ownTrouble.value = because
    socket.close()
    stream.close()
    hold.release()
    held.value = false
    if (because?.code === 'session-unknown' && !id.value) {
      forgetEarlier()
      readings.clear()
    }
    if (phase.value === 'idle' && earlier.value) void Promise.all([look(), showEarlier()])
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
  useRestWhileHidden(stream, following)
  watch(following, async now => {
    if (!now) {
      if (phase.value === 'idle') stream.close()
      return
    }
    const stored = await showEarlier()
    if (stored && following.value) stream.open(earlier.value, stored.lastId)
  })
  useSendingNotices(socket, stream, notify)
  watch(socket.waitingSeconds, waiting => {
    if (capture.source.value !== 'recording' || phase.value !== 'live') return
    held.value = waiting > (held.value ? HOLD_AT / 2 : HOLD_AT)
    capture.pause(held.value)
  })

  /** The next start shows the server this key. */
  function useKey(typed: string): void {
    key.value = typed.trim()
    ownTrouble.value = null
  }

  /** The session is erased on the server: nothing of it is shown any longer. */
  function forget(): void {
    speakers.forget(id.value || earlier.value)
    forgetEarlier()
    id.value = ''
    readings.clear()
    clearNotices()
    phase.value = 'idle'
    notify(t.after.erased)
  }

  if (earlier.value) void showEarlier()

  return {
    phase, id, earlier, interrupted, following, unsent, notify, now, current, unclear, history, measuring, measured, measuredNow, measuredCurrent, notices, recordingName, microphoneId, status, trouble, keyWanted, busy,
    source: capture.source, peak: capture.peak, muted: capture.muted,
    position: capture.position, duration: capture.duration, seek: capture.seek,
    startMicrophone, goOn, endEarlier, playRecording, playSample, stop, useKey, dismiss, forget,
  }
})
