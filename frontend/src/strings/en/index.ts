/** Every word that the page says, in English. Another language is another file of this shape. */

import type { Affect } from '../../contract/affects'
import type { ShiftDirection, ToneEvent } from '../../contract/events'
import type { Cue } from '../../stores/cues'
import { seconds } from '../figures'
import { isDifferent, percentOf, surenessOf, type Sureness } from '../steps'
import { facts } from './facts'
import { timeline } from './timeline'
import { services, troubles } from './troubles'

const sureness: Record<Sureness, string> = { sure: 'sure', likely: 'fairly sure', open: 'unclear' }

const affects: Record<Affect, string> = {
  neutral: 'neutral',
  calm: 'calm',
  warm: 'warm',
  sad: 'sad',
  anxious: 'anxious',
  frustrated: 'frustrated',
  surprised: 'surprised',
  dismissive: 'dismissive',
  urgent: 'urgent',
  confused: 'confused',
  apologetic: 'apologetic',
  genuine: 'genuine',
}

const prosody: Record<string, string> = {
  louder: 'louder',
  quieter: 'quieter',
  faster: 'faster',
  slower: 'slower',
  rising_pitch: 'voice rises',
  falling_pitch: 'voice falls',
  flat_pitch: 'flat intonation',
  wide_pitch: 'lively intonation',
  long_pause: 'long pause',
  shaky: 'shaky',
  breathy: 'breathy',
  whispered: 'whispered',
  laughing: 'laughing',
  raised_voice: 'voice raised',
  lowered_voice: 'voice lowered',
}

export const en = {
  language: 'en',
  name: 'Linnet',
  purpose: 'Tells you the tone of voice as people talk.',

  mock: 'Practice mode: no model runs on this server. The readings below are invented and say nothing about any voice.',

  now: {
    title: 'Now',
    empty: 'Nothing heard yet',
    emptyHint: 'Press Start listening and speak, or try the sample.',
    waitingHint: 'The first reading comes after about three seconds of speech.',
    at: (clock: string): string => `at ${clock}`,
    earlier: (clock: string): string => `Earlier, at ${clock}`,
    unclear: 'Heard, but the tone is unclear',
    unclearHint: 'Linnet would rather say nothing than get it wrong.',
    reading: 'Guessed from the voice – can be wrong',
    log: 'Changes in tone',
    speaker: (letter: string): string => `Speaker ${letter}`,
    announce: (who: string, label: string, confidence: string): string => `${who ? `${who}: ` : ''}${label}, ${confidence}`,
    hold: 'Hold',
    release: 'Resume',
    held: 'Held',
    newer: 'Newer readings are waiting',
  },
  affects,
  /** The worker's words for a tone, in this language. */
  label: (tone: ToneEvent): string => tone.label,
  subtext: (tone: ToneEvent): string | null => tone.subtext,
  confidence: (value: number): string => sureness[surenessOf(value)],
  percent: (value: number): string => `${percentOf(value)}%`,

  prosody: {
    title: 'Measured in the voice',
    flag: (name: string): string => prosody[name] ?? name.replaceAll('_', ' '),
    none: 'nothing stands out',
  },

  shift: {
    text: (direction: ShiftDirection, magnitude: number): string => {
      if (direction === 'escalating') return 'more strained than a moment ago'
      if (direction === 'de-escalating') return 'less strained than a moment ago'
      return isDifferent(magnitude) ? 'different from this voice’s recent tone' : 'much like this voice’s recent tone'
    },
  },

  history: {
    title: 'Recent',
    order: 'newest first',
    empty: 'The last eight readings appear here.',
  },

  captions: {
    choice: 'Captions',
    choiceHint: 'What is said is written down, next to how it is said.',
    spoken: 'Spoken language',
    auto: 'Detect automatically',
    notOffered: 'This server does not write words down, so this session has no captions.',
  },
  facts,
  timeline,

  status: {
    ready: 'Ready',
    elsewhere: 'Open in another tab',
    starting: 'Starting …',
    listening: 'Listening',
    playing: 'Listening to the recording',
    silence: 'Quiet',
    unclear: 'Heard, but the tone is unclear',
    behind: (lag: number): string => `Behind by ${seconds(lag)}`,
    noSound: 'No sound at all from the microphone. Is it muted?',
    unread: 'Waiting – audio is not being analysed yet',
    reconnecting: 'Reconnecting – nothing lost so far',
    reconnectingLost: (lost: number): string => `Reconnecting – ${seconds(lost)} of sound lost`,
    offline: 'Offline – nothing lost so far',
    offlineLost: (lost: number): string => `Offline – ${seconds(lost)} of sound lost`,
    waiting: 'The recording is waiting for the server',
    finishing: 'Stopping – the last words are being analysed',
    unsent: (waiting: number): string => `Stopped – ${seconds(waiting)} of sound still to be sent`,
    stopped: 'Stopped',
  },

  notices: {
    title: 'Messages',
    dismiss: 'Close this message',
    dropped: (lost: number): string =>
      `Sending was interrupted for too long, and ${seconds(lost)} of sound was lost. The gap is marked in the timeline.`,
    unsent: (lost: number): string =>
      `The last ${seconds(lost)} of sound may not have reached the server. Any sound that was lost will not be analysed.`,
    gap: (start: string, end: string): string => `There is no sound from ${start} to ${end}, so there are no readings there.`,
    posting:
      'Sound is sent to the server in small pieces, because a network or proxy in between blocks WebSockets. Nothing is lost, but readings may arrive a little later.',
    heldBack:
      'The page asks for readings every second, because something between it and the server is holding back the live stream. Nothing is lost.',
    eventsLost: 'Some readings were made while this page was disconnected and can no longer be shown.',
    correctionsBegun: (counted: boolean): string =>
      counted
        ? 'Corrections from your earlier sessions apply here, to every voice.'
        : 'Corrections from your earlier sessions are not applied here: they would cause too many wrong readings for other speakers.',
  },

  compose: {
    title: 'Controls',
    start: 'Start listening',
    stop: 'Stop',
    cancel: 'Cancel',
    finish: 'Stop now',
    giveUp: 'Discard the unsent sound',
    unsent:
      'Listening has stopped. Sound that has not been sent yet is kept in this page and sent as soon as possible. Leave the page open until then.',
    play: 'Play a recording …',
    sample: 'Try the sample',
    sampleName: 'the sample',
    playing: (name: string): string => `Playing ${name}`,
    drop: 'Drop the recording here to play it',
    dropBusy: 'A recording cannot be played while Linnet is listening. Press Stop first, then drop the file again.',
    dropOne: 'There was more than one file, so none was played. Drop them one at a time.',
    dropHint: 'You can also drop a file anywhere on this page.',
    position: 'Position in the recording',
    playedOf: (at: string, of: string): string => `${at} of ${of}`,
    mute: 'Mute the recording',
    unmute: 'Unmute the recording',
    microphone: 'Microphone',
    defaultMicrophone: 'System default',
    unnamedMicrophone: (number: number): string => `Microphone ${number}`,
    level: 'Sound level',
    privacy:
      'Sound goes only to this server, which deletes it within about 20 minutes of the session’s end, or within a minute if you erase the session.',
  },
  troubles,
  serverSays: (detail: string): string => `The server says: “${detail}”`,
  /** Service messages by code; null: the server's own text. */
  service: (code: string): string | null => services[code] ?? null,

  key: {
    label: 'Key for this server',
    use: 'Use this key',
    kept: 'Kept only in this browser, and sent only to this server.',
  },

  settings: {
    title: 'Settings',
    close: 'Close',
    reset: 'Reset to defaults',
    kept: 'Kept in this browser only.',
    cues: 'What is shown',
    cue: {
      affect: 'The tone, as a word with an icon',
      subtext: 'A sentence about it',
      confidence: 'How sure it is, in words',
      percent: 'How sure it is, as a percentage',
      shift: 'How it differs from this voice’s recent tone',
      prosody: 'What was measured in the voice',
      speaker: 'Whose voice it is',
      history: 'Recent readings',
    } satisfies Record<Cue, string>,
    theme: 'Page colours',
    themes: {
      system: 'Same as system',
      light: 'Light',
      dark: 'Dark',
      'contrast-light': 'High contrast, light',
      'contrast-dark': 'High contrast, dark',
    },
    palette: 'Tone colours',
    palettes: {
      many: 'One for each tone',
      few: 'Few, colour-blind safe',
      none: 'None',
    },
    textSize: 'Text size',
    density: 'Spacing',
    densities: { roomy: 'Roomy', compact: 'Compact' },
    still: 'Turn off all animation',
    stillSystem: 'Your system already asks for this.',
    language: 'Language',
    languages: { system: 'Same as browser', en: 'English', de: 'Deutsch' },
    elcor: 'Elcor style',
    elcorHint: 'Each sentence begins with how it is said, in brackets. Applies from the next session.',
    speakers: 'Voice names',
    speakersHint: 'For this session only. Voices get new letters in each session.',
    speakersNone: 'You can name a voice here once it has been heard.',
  },

  resume: {
    title: 'A session is still open',
    open: 'This tab’s session is still open; it was interrupted when the page closed. No readings were lost.',
    goOn: 'Continue listening',
    end: 'End it',
    elsewhereTitle: 'This session is open in another tab',
    elsewhere:
      'This session is open in another tab of this browser and continues there. You can follow it here. If you listen here instead, that tab stops listening.',
    takeOver: 'Listen here',
    another: 'The earlier session could not continue, so a new one began.',
  },

  after: {
    title: 'This session',
    earlier: 'Earlier session',
    download: 'Download',
    formats: { json: 'JSON', csv: 'CSV (table)', vtt: 'VTT (subtitles)', md: 'Markdown (transcript)' },
    retention:
      'Its readings and captions stay on this server for 24 hours by default, its sound for at most about 20 minutes. Erasing the session removes both within a minute.',
    longer: 'Keep it for longer (a paid feature)',
    paid: 'This works only if the operator of this server has a licence key for it.',
    keep: 'Keep this session',
    kept: 'This session will be kept.',
    erase: 'Erase from the server',
    eraseQuestion:
      'Erase this session? Its readings and captions, your corrections and any link to it are deleted immediately, and its sound within a minute. This cannot be undone.',
    eraseNow: 'Erase it',
    eraseNot: 'Don’t erase',
    erased: 'This session has been erased from the server.',
  },

  share: {
    title: 'Share this session',
    who: 'Anyone with the link can read this session: the readings and captions from the beginning and new ones as they arrive, and your corrections with their notes. They cannot hear the sound or change anything. Anyone they pass the link on to can read it too.',
    until: 'The link works until you end sharing, you erase the session, or the session expires.',
    make: 'Make a link',
    link: 'The link',
    copy: 'Copy the link',
    copied: 'Copied.',
    revoke: 'End sharing',
    onlyHere:
      'This page was opened at localhost, so the link works on this computer only. To share it, open the page at the server’s own address.',
    theirs: 'A shared session',
    readOnly: 'This is someone else’s session, shared with you. You can read it, but not change it; your microphone is not used.',
    own: 'Start your own session',
    waiting: 'Connected – waiting for a voice',
    over: 'This session is over. You can still see its readings here.',
  },

  aboutTitle: 'About the model, and what it cannot know',
}

export type Strings = typeof en
