import { useIntervalFn, useLocalStorage, useWakeLock } from '@vueuse/core'
import { defineStore } from 'pinia'
import { computed, shallowRef, watch } from 'vue'
import { checkSession, endSession, startSession } from '../api'
import { useAudioCapture } from '../composables/useAudioCapture'
import { useAudioSocket } from '../composables/useAudioSocket'
import { useEarlierSession } from '../composables/useEarlierSession'
import { useFreshReading } from '../composables/useFreshReading'
import { useLiveStatus } from '../composables/useLiveStatus'
import { useNotices } from '../composables/useNotices'
import { useReadiness } from '../composables/useReadiness'
import { useSessionEvents } from '../composables/useSessionEvents'
import { useToneStream } from '../composables/useToneStream'
import type { ToneEvent } from '../events'
import { statusLine, type Phase } from '../statusLine'
import { t } from '../strings'
import { Trouble } from '../trouble'
import { whileAway } from '../whileAway'
import { useReadings } from './readings'
import { useSettings } from './settings'
import { useSpeakers } from './speakers'

export const HISTORY_LENGTH = 8
/** A recording is held while so much of it waits to be sent, and goes on when half of that is through. */
const HOLD_AT = 10
/** ms without progress after which stopping no longer waits for a server that is away. */
const STOP_PATIENCE = 20_000
/** ms after which the end, if it has not come, is asked for on a new connection. */
const END_PATIENCE = 10_000
/** Frames of pure zero (100 ms each) that mean a muted microphone rather than a quiet room. */
const ZERO_FRAMES = 50

export const useSession = defineStore('session', () => {
  const phase = shallowRef<Phase>('idle')
  const id = shallowRef('')
  /** The latest readings, newest first. */
  const history = shallowRef<ToneEvent[]>([])
  const recordingName = shallowRef('')
  const settings = useSettings()
  const speakers = useSpeakers()
  const readings = useReadings()
  const microphoneId = useLocalStorage('linnet-microphone', '')
  /** The server's API key, where it asks for one. */
  const key = useLocalStorage('linnet-key', '')
  const held = shallowRef(false)
  const zeroFrames = shallowRef(0)
  /** What stopped or hinders this session; the composables know about theirs. */
  const ownTrouble = shallowRef<Trouble | null>(null)
  let turn = 0 // a start that was cancelled must not go on

  const { earlier, open: interrupted, remember, forget: forgetEarlier } = useEarlierSession()
  const liveStatus = useLiveStatus()
  const { live, settled, reset: resetStatus } = liveStatus
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
  const waitsForReadings = computed(() => phase.value === 'live' || phase.value === 'finishing')
  const readiness = useReadiness(waitsForReadings)

  const now = computed(() => history.value[0] ?? null)
  /** Readings of what is heard now can come. */
  const trusted = computed(() => phase.value === 'live' && socket.state.value === 'open' && stream.state.value === 'open'
    && readiness.ready.value && !capture.interruption.value)
  const fresh = useFreshReading(trusted, socket.givenSeconds)
  const current = fresh.fresh
  /** Speech is heard now, and none of its tones is sure enough to be said. */
  const unclear = computed(() => trusted.value && !current.value && live.value?.state === 'unclear')
  const busy = computed(() => phase.value !== 'idle' && phase.value !== 'ended')
  const trouble = computed(() => {
    if (ownTrouble.value) return ownTrouble.value
    if (capture.interruption.value) return capture.interruption.value
    return readiness.ready.value ? null : new Trouble(socket.state.value === 'reconnecting' ? 'server-away' : 'no-worker')
  })
  /** The last start failed for want of a key that is valid. */
  const keyWanted = computed(() => ownTrouble.value?.code === 'key-missing' || ownTrouble.value?.code === 'key-invalid')
  const status = computed(() => statusLine({
    phase: phase.value,
    source: capture.source.value,
    socket: socket.state.value,
    stream: stream.state.value,
    ready: readiness.ready.value,
    live: settled.value,
    lagSeconds: socket.lagSeconds.value,
    droppedSeconds: socket.droppedSeconds.value,
    held: held.value,
    noSound: zeroFrames.value >= ZERO_FRAMES,
  }))

  const receive = useSessionEvents({
    readiness,
    fresh,
    liveStatus,
    notices: messages,
    onTone: tone => (history.value = [tone, ...history.value].slice(0, HISTORY_LENGTH)),
    onEnd: reason => void finish(reason === 'client' ? null : new Trouble('session-ended')),
  })

  /** `join`: the session that the sound belongs to, and how many of its samples the server already has. */
  async function begin(open: () => Promise<number>, join: (rate: number, mine: number) => Promise<[id: string, from: number]> = startNew): Promise<void> {
    const mine = ++turn
    phase.value = 'starting'
    id.value = ''
    ownTrouble.value = null
    resetStatus()
    history.value = []
    readings.clear()
    clearNotices()
    zeroFrames.value = 0
    held.value = false
    try {
      const rate = await open()
      if (mine !== turn) return
      const [session, from] = await join(rate, mine)
      if (mine !== turn) return void endSession(session).catch(() => undefined)
      ownTrouble.value = null
      id.value = session
      remember(session)
      speakers.meet(session)
      stream.open(session)
      socket.open(session, rate, from)
      await capture.begin()
      if (mine !== turn) return
      phase.value = 'live'
      if (wakeLock.isSupported.value) void wakeLock.request('screen').catch(() => undefined)
    }
    catch (error) {
      if (mine === turn) await finish(error instanceof Trouble ? error : new Trouble('refused'))
    }
  }

  async function startNew(sampleRate: number, mine: number): Promise<[string, number]> {
    const start = (): Promise<string> => startSession({ sampleRate, elcor: settings.kept.elcor, key: key.value })
    return [await whileAway(start, () => mine === turn, trouble => (ownTrouble.value = trouble)), 0]
  }

  /** The session that a reload cut off, with the microphone. Where its sound cannot go on, another session begins. */
  function goOn(): Promise<void> {
    const last = earlier.value
    return begin(() => capture.openMicrophone(microphoneId.value || undefined), async (rate, mine) => {
      const { running, sampleRate, received } = await whileAway(() => checkSession(last), () => mine === turn)
      return running && sampleRate === rate ? [last, received] : startNew(rate, mine)
    })
  }

  /** Ends the session that a reload cut off. */
  async function endEarlier(): Promise<void> {
    const last = earlier.value
    remember(last)
    id.value = last
    phase.value = 'ended'
    await endSession(last).catch(() => undefined)
    await readings.load(last).catch(() => undefined)
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

  /** The sound is over; readings of what was sent still come, until session-ended. */
  async function stop(): Promise<void> {
    // Pressed again, or before anything began: no more waiting.
    if (phase.value === 'starting' || phase.value === 'finishing') return finish(null)
    if (phase.value !== 'live') return
    const mine = turn
    phase.value = 'finishing'
    held.value = false
    await capture.close()
    await socket.drained(STOP_PATIENCE)
    socket.close()
    // Already gone is as good as ended; session-ended then does not come.
    await whileAway(() => endSession(id.value), () => mine === turn).catch(() => (mine === turn ? finish(null) : undefined))
  }

  /** Nothing more comes, from either side. */
  async function finish(because: Trouble | null): Promise<void> {
    turn += 1
    phase.value = id.value ? 'ended' : 'idle'
    ownTrouble.value = because
    socket.close()
    stream.close()
    held.value = false
    await Promise.allSettled([capture.close(), wakeLock.release()])
  }

  // What cut the audio has probably cut the events too, without telling.
  watch(socket.state, (state, before) => {
    if (state === 'open' && before === 'reconnecting') stream.refresh()
  })
  const asking = useIntervalFn(() => stream.refresh(), END_PATIENCE, { immediate: false })
  watch(phase, current => (current === 'finishing' ? asking.resume() : asking.pause()))
  watch(socket.failure, failure => {
    if (failure && busy.value) void finish(failure)
  })
  watch(stream.state, state => {
    if (state === 'gone' && busy.value) void finish(phase.value === 'finishing' ? null : new Trouble('session-unknown'))
  })
  watch(socket.droppedSeconds, lost => {
    if (lost > 0) notify(t.notices.dropped(lost))
  })
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
    forgetEarlier()
    id.value = ''
    history.value = []
    readings.clear()
    clearNotices()
    phase.value = 'idle'
    notify(t.after.erased)
  }

  return {
    phase, id, earlier, interrupted, now, current, unclear, history, notices, recordingName, microphoneId, status, trouble, keyWanted, busy,
    source: capture.source, peak: capture.peak, muted: capture.muted,
    position: capture.position, duration: capture.duration, seek: capture.seek,
    startMicrophone, goOn, endEarlier, playRecording, playSample, stop, useKey, dismiss, forget,
  }
})
