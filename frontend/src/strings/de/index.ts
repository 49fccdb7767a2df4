/** Every word that the page says, in German. */

import type { Affect } from '../../affects'
import type { ShiftDirection } from '../../events'
import type { Strings } from '../en'
import { seconds } from '../figures'
import { isDifferent, percentOf, surenessOf, type Sureness } from '../steps'
import { about } from './about'
import { facts } from './facts'
import { correction, detail, table, timeline } from './timeline'
import { germanLabel, germanSubtext } from './tone'
import { services, troubles } from './troubles'

const sureness: Record<Sureness, string> = { sure: 'sicher', likely: 'ziemlich sicher', open: 'unklar' }

const affects: Record<Affect, string> = {
  neutral: 'neutral',
  calm: 'ruhig',
  warm: 'freundlich',
  sad: 'traurig',
  anxious: 'unruhig',
  frustrated: 'verärgert',
  surprised: 'überrascht',
  dismissive: 'abweisend',
  urgent: 'dringlich',
  confused: 'verwundert',
  apologetic: 'entschuldigend',
  genuine: 'aufrichtig',
}

const prosody: Record<string, string> = {
  louder: 'lauter',
  quieter: 'leiser',
  faster: 'schneller',
  slower: 'langsamer',
  rising_pitch: 'Stimme steigt',
  falling_pitch: 'Stimme fällt',
  flat_pitch: 'gleichförmige Melodie',
  wide_pitch: 'lebhafte Melodie',
  long_pause: 'lange Pause',
  shaky: 'zittrig',
  breathy: 'behaucht',
  whispered: 'geflüstert',
  laughing: 'lachend',
  raised_voice: 'Stimme erhoben',
  lowered_voice: 'Stimme gesenkt',
}

export const de: Strings = {
  language: 'de',
  name: 'Linnet',
  purpose: 'Sagt, während jemand spricht, in welchem Ton.',

  mock: 'Übungsbetrieb: Auf diesem Server läuft kein Modell. Was unten steht, ist ausgedacht und sagt nichts über irgendeine Stimme.',

  now: {
    title: 'Jetzt',
    empty: 'Noch nichts gehört',
    emptyHint: 'Drücken Sie auf Zuhören und sprechen Sie, oder probieren Sie das Beispiel.',
    waitingHint: 'Nach etwa drei Sekunden Sprache kommt die erste Angabe.',
    at: clock => `bei ${clock}`,
    earlier: clock => `Vorhin, bei ${clock}`,
    unclear: 'Gehört, aber der Ton ist unklar',
    unclearHint: 'Lieber wird nichts dazu gesagt als etwas Falsches.',
    reading: 'Aus der Stimme vermutet – kann falsch sein',
    log: 'Änderungen im Ton',
    speaker: letter => `Stimme ${letter}`,
    announce: (who, label, confidence) => `${who ? `${who}: ` : ''}${label}, ${confidence}`,
    hold: 'Festhalten',
    release: 'Weiter',
    held: 'Festgehalten',
    newer: 'Neuere Angaben warten',
  },
  affects,
  label: tone => germanLabel(tone, affects),
  subtext: germanSubtext,
  confidence: value => sureness[surenessOf(value)],
  percent: value => `${percentOf(value)} %`,

  prosody: {
    title: 'In der Stimme gemessen',
    flag: name => prosody[name] ?? name.replaceAll('_', ' '),
    none: 'nichts Auffälliges',
  },

  shift: {
    text: (direction: ShiftDirection, magnitude: number): string => {
      if (direction === 'escalating') return 'klingt belasteter als eben noch'
      if (direction === 'de-escalating') return 'klingt weniger belastet als eben noch'
      return isDifferent(magnitude) ? 'anders als diese Stimme zuletzt' : 'ähnlich wie diese Stimme zuletzt'
    },
  },

  history: {
    title: 'Zuletzt',
    order: 'das Neueste zuerst',
    empty: 'Hier werden die letzten acht Angaben stehen.',
  },

  facts,
  timeline,
  table,
  detail,
  correction,

  status: {
    ready: 'Bereit',
    elsewhere: 'In einem anderen Tab offen',
    starting: 'Es beginnt …',
    listening: 'Hört zu',
    playing: 'Hört der Aufnahme zu',
    silence: 'Still',
    unclear: 'Gehört, aber der Ton ist unklar',
    behind: lag => `${seconds(lag)} im Rückstand`,
    noSound: 'Gar kein Ton vom Mikrofon. Ist es stumm geschaltet?',
    unread: 'Wartet – noch liest niemand den Ton',
    reconnecting: 'Verbindet neu – bis jetzt ist nichts verloren',
    reconnectingLost: lost => `Verbindet neu – ${seconds(lost)} Ton verloren`,
    offline: 'Offline – bis jetzt ist nichts verloren',
    offlineLost: lost => `Offline – ${seconds(lost)} Ton verloren`,
    waiting: 'Die Aufnahme wartet auf den Server',
    finishing: 'Hört auf – die letzten Worte werden noch gelesen',
    unsent: waiting => `Angehalten – ${seconds(waiting)} Ton noch zu senden`,
    stopped: 'Angehalten',
  },

  notices: {
    title: 'Meldungen',
    dismiss: 'Diese Meldung schließen',
    dropped: lost =>
      `Es ließ sich so lange nichts senden, dass ${seconds(lost)} Ton nicht aufbewahrt werden konnten. Die Lücke ist auf der Zeitachse vermerkt.`,
    unsent: lost => `Die letzten ${seconds(lost)} Ton sind vielleicht nicht beim Server angekommen. Was fehlt, wird nicht gelesen.`,
    gap: (start, end) => `Von ${start} bis ${end} gibt es keinen Ton, darum wurde dort nichts gelesen.`,
    posting: 'Der Ton geht in kleinen Stücken zum Server, weil ein Netz oder Proxy dazwischen keine WebSockets durchlässt. Verloren geht nichts, aber Anzeigen können etwas später kommen.',
    heldBack: 'Die Anzeigen werden jede Sekunde abgefragt, weil etwas zwischen dieser Seite und dem Server ihren Strom aufhält. Verloren geht nichts.',
    eventsLost: 'Einige Angaben fielen, während diese Seite weg war, und lassen sich nicht mehr zeigen.',
  },

  compose: {
    title: 'Bedienung',
    start: 'Zuhören',
    stop: 'Anhalten',
    cancel: 'Abbrechen',
    finish: 'Nicht warten',
    giveUp: 'Den Rest nicht senden',
    unsent: 'Das Zuhören ist beendet. Ton, der noch nicht gesendet ist, bleibt auf dieser Seite und wird gesendet, sobald es geht. Lassen Sie die Seite bis dahin offen.',
    play: 'Aufnahme abspielen …',
    sample: 'Beispiel probieren',
    sampleName: 'das Beispiel',
    playing: name => `Spielt ab: ${name}`,
    drop: 'Legen Sie die Aufnahme hier ab, um sie abzuspielen',
    dropBusy: 'Während zugehört wird, lässt sich keine Aufnahme abspielen. Drücken Sie erst auf Anhalten und legen Sie die Datei dann noch einmal ab.',
    dropOne: 'Es waren mehrere Dateien, darum wurde keine abgespielt. Legen Sie sie einzeln ab.',
    dropHint: 'Eine Datei lässt sich auch irgendwo auf dieser Seite ablegen.',
    position: 'Stelle in der Aufnahme',
    playedOf: (at, of) => `${at} von ${of}`,
    mute: 'Aufnahme stumm schalten',
    unmute: 'Aufnahme wieder hören',
    microphone: 'Mikrofon',
    defaultMicrophone: 'Wie das System wählt',
    unnamedMicrophone: number => `Mikrofon ${number}`,
    level: 'Lautstärke',
    privacy: 'Der Ton geht nur an diesen Server. Dort ist er spätestens etwa 20 Minuten nach dem Ende weg, oder eine Minute, nachdem Sie die Sitzung löschen.',
  },
  troubles,
  serverSays: detail => `Der Server sagt: „${detail}“`,
  service: code => services[code] ?? null,

  key: {
    label: 'Schlüssel dieses Servers',
    use: 'Diesen Schlüssel nehmen',
    kept: 'Nur in diesem Browser gespeichert und nur an diesen Server gesendet.',
  },

  settings: {
    title: 'Einstellungen',
    close: 'Schließen',
    reset: 'Wie am Anfang',
    kept: 'Nur in diesem Browser gespeichert.',
    cues: 'Was gezeigt wird',
    cue: {
      affect: 'Der Ton als Wort mit Bild',
      subtext: 'Ein Satz dazu',
      confidence: 'Wie sicher es ist, in Worten',
      percent: 'Wie sicher es ist, in Prozent',
      shift: 'Worin er sich vom letzten Ton dieser Stimme unterscheidet',
      prosody: 'Was in der Stimme gemessen wurde',
      speaker: 'Wessen Stimme es ist',
      history: 'Die letzten Angaben',
    },
    theme: 'Farben der Seite',
    themes: {
      'system': 'Wie das System',
      'light': 'Hell',
      'dark': 'Dunkel',
      'contrast-light': 'Hoher Kontrast, hell',
      'contrast-dark': 'Hoher Kontrast, dunkel',
    },
    palette: 'Farben der Töne',
    palettes: {
      many: 'Eine für jeden Ton',
      few: 'Wenige, bei Farbenblindheit',
      none: 'Keine',
    },
    textSize: 'Größe der Schrift',
    density: 'Abstände',
    densities: { roomy: 'Weit', compact: 'Eng' },
    still: 'Nichts bewegt sich, auch nicht sanft',
    stillSystem: 'Das System hat schon darum gebeten.',
    language: 'Sprache',
    languages: { system: 'Wie der Browser', en: 'English', de: 'Deutsch' },
    elcor: 'Elcor-Stil',
    elcorHint: 'Der Satz beginnt damit, wie etwas gesagt wird, in Klammern. Ab der nächsten Sitzung.',
    speakers: 'Namen der Stimmen',
    speakersHint: 'Nur für diese Sitzung. In jeder bekommen Stimmen neue Buchstaben.',
    speakersNone: 'Sobald eine Stimme gehört wurde, lässt sie sich hier benennen.',
  },

  resume: {
    title: 'Eine Sitzung ist noch offen',
    open: 'Die Sitzung dieses Tabs ist noch offen; sie wurde unterbrochen, als die Seite wegging. Nichts Gelesenes ist verloren.',
    goOn: 'Weiter zuhören',
    end: 'Beenden',
    elsewhereTitle: 'Diese Sitzung ist in einem anderen Tab offen',
    elsewhere: 'Diese Sitzung ist in einem anderen Tab dieses Browsers offen und geht dort weiter. Hier können Sie mitlesen. Wenn Sie stattdessen hier zuhören, endet das Zuhören dort.',
    takeOver: 'Hier zuhören',
    another: 'Die frühere Sitzung konnte nicht weitergehen, darum hat eine neue begonnen.',
  },

  after: {
    title: 'Diese Sitzung',
    earlier: 'Frühere Sitzung',
    download: 'Herunterladen',
    formats: { json: 'JSON', csv: 'CSV (Tabelle)', vtt: 'VTT (Untertitel)' },
    retention: 'Die Angaben bleiben gewöhnlich 24 Stunden auf diesem Server, der Ton höchstens etwa 20 Minuten. Das Löschen entfernt beides binnen einer Minute.',
    longer: 'Länger behalten (kostenpflichtig)',
    paid: 'Das geht nur, wo die Betreiber des Servers dafür einen Lizenzschlüssel haben.',
    keep: 'Diese Sitzung behalten',
    kept: 'Diese Sitzung wird behalten.',
    erase: 'Vom Server löschen',
    eraseQuestion: 'Diese Sitzung löschen? Die Angaben, Ihre Berichtigungen und ein Link zu ihr verschwinden sofort, der Ton binnen einer Minute. Das lässt sich nicht rückgängig machen.',
    eraseNow: 'Löschen',
    eraseNot: 'Nicht löschen',
    erased: 'Diese Sitzung ist vom Server gelöscht.',
  },

  share: {
    title: 'Diese Sitzung teilen',
    who: 'Wer den Link hat, kann diese Sitzung lesen: die Angaben von Anfang an und sobald neue kommen, und Ihre Berichtigungen mit ihren Anmerkungen. Ton gibt es dort nicht, und ändern lässt sich nichts. Auch alle, an die der Link weitergegeben wird, können lesen.',
    until: 'Der Link gilt, bis Sie das Teilen beenden, die Sitzung löschen oder ihre Zeit auf dem Server abläuft.',
    make: 'Link erstellen',
    link: 'Der Link',
    copy: 'Link kopieren',
    copied: 'Kopiert.',
    revoke: 'Teilen beenden',
    onlyHere: 'Diese Seite wurde als localhost geöffnet, darum geht der Link nur auf diesem Computer. Um mit anderen zu teilen, öffnen Sie die Seite unter dem Namen des Servers.',
    theirs: 'Eine geteilte Sitzung',
    readOnly: 'Das ist die Sitzung von jemand anderem, mit Ihnen geteilt. Sie können sie lesen und nichts daran ändern; Ihr Mikrofon wird nicht benutzt.',
    own: 'Eine eigene Sitzung beginnen',
    waiting: 'Verbunden – wartet auf eine Stimme',
    over: 'Diese Sitzung ist vorbei. Was gelesen wurde, lässt sich hier noch ansehen.',
  },

  about,
}
