/** Every word that the page says, in German. */

import type { Affect } from '../../contract/affects'
import type { ShiftDirection } from '../../contract/events'
import type { Strings } from '../en'
import { seconds } from '../figures'
import { isDifferent, percentOf, surenessOf, type Sureness } from '../steps'
import { facts } from './facts'
import { timeline } from './timeline'
import { germanLabel, germanSubtext } from './tone'
import { services, troubles } from './troubles'

const sureness: Record<Sureness, string> = { sure: 'sicher', likely: 'ziemlich sicher', open: 'unsicher' }

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
  confused: 'ratlos',
  apologetic: 'entschuldigend',
  genuine: 'aufrichtig',
}

const prosody: Record<string, string> = {
  louder: 'lauter',
  quieter: 'leiser',
  faster: 'schneller',
  slower: 'langsamer',
  rising_pitch: 'Tonhöhe steigt am Ende',
  falling_pitch: 'Tonhöhe fällt am Ende',
  flat_pitch: 'fast ohne Sprechmelodie',
  wide_pitch: 'lebhafte Sprechmelodie',
  long_pause: 'lange Pause',
  shaky: 'zittrig',
  breathy: 'hörbarer Atem',
  whispered: 'geflüstert',
  laughing: 'lachend',
  raised_voice: 'Stimme erhoben',
  lowered_voice: 'Stimme gesenkt',
}

export const de: Strings = {
  language: 'de',
  name: 'Linnet',
  purpose: 'Zeigt Ihnen, in welchem Tonfall jemand gerade spricht.',

  mock: 'Übungsmodus: Auf diesem Server läuft kein Modell. Die Einschätzungen unten sind erfunden und sagen nichts über eine Stimme aus.',

  now: {
    title: 'Jetzt',
    empty: 'Noch nichts zu hören',
    emptyHint: 'Drücken Sie auf „Zuhören“ und sprechen Sie, oder probieren Sie das Beispiel aus.',
    waitingHint: 'Die erste Einschätzung erscheint, sobald etwa drei Sekunden lang gesprochen wurde.',
    at: clock => `bei ${clock}`,
    earlier: clock => `Vorhin, bei ${clock}`,
    unclear: 'Stimme gehört, aber der Tonfall ist unklar',
    unclearHint: 'Linnet zeigt lieber nichts an als etwas Falsches.',
    reading: 'Aus der Stimme geschätzt – kann falsch sein',
    log: 'Änderungen im Tonfall',
    speaker: letter => `Stimme ${letter}`,
    announce: (who, label, confidence) => `${who ? `${who}: ` : ''}${label}, ${confidence}`,
    hold: 'Festhalten',
    release: 'Fortsetzen',
    held: 'Festgehalten',
    newer: 'Neuere Einschätzungen sind da',
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
      if (direction === 'escalating') return 'angestrengter als eben noch'
      if (direction === 'de-escalating') return 'weniger angestrengt als eben noch'
      return isDifferent(magnitude) ? 'anders als zuletzt bei dieser Stimme' : 'ähnlich wie zuletzt bei dieser Stimme'
    },
  },

  history: {
    title: 'Zuletzt',
    order: 'neueste zuerst',
    empty: 'Hier erscheinen die letzten acht Einschätzungen.',
  },

  captions: {
    choice: 'Untertitel',
    choiceHint: 'Was gesagt wird, steht da – und daneben, in welchem Tonfall.',
    spoken: 'Gesprochene Sprache',
    auto: 'Automatisch erkennen',
    notOffered: 'Dieser Server schreibt nicht mit, daher gibt es in dieser Sitzung keine Untertitel.',
  },
  facts,
  timeline,

  status: {
    ready: 'Bereit',
    elsewhere: 'In einem anderen Tab offen',
    starting: 'Wird gestartet …',
    listening: 'Hört zu',
    playing: 'Hört die Aufnahme',
    silence: 'Stille',
    unclear: 'Stimme gehört, aber der Tonfall ist unklar',
    behind: lag => `${seconds(lag)} im Rückstand`,
    noSound: 'Vom Mikrofon kommt kein Ton. Ist es stummgeschaltet?',
    unread: 'Wartet – der Ton wird noch nicht ausgewertet',
    reconnecting: 'Verbindung wird wiederhergestellt – bisher ging nichts verloren',
    reconnectingLost: lost => `Verbindung wird wiederhergestellt – ${seconds(lost)} Ton verloren`,
    offline: 'Offline – bisher ging nichts verloren',
    offlineLost: lost => `Offline – ${seconds(lost)} Ton verloren`,
    waiting: 'Die Aufnahme wartet auf den Server',
    finishing: 'Wird beendet – die letzten Worte werden noch ausgewertet',
    unsent: waiting => `Gestoppt – ${seconds(waiting)} Ton noch zu senden`,
    stopped: 'Gestoppt',
  },

  notices: {
    title: 'Meldungen',
    dismiss: 'Diese Meldung schließen',
    dropped: lost =>
      `Die Verbindung war so lange unterbrochen, dass Ton verloren ging (${seconds(lost)}). Die Lücke ist auf der Zeitachse markiert.`,
    unsent: lost => `Das Ende (${seconds(lost)}) ist vielleicht nicht beim Server angekommen. Was fehlt, wird nicht ausgewertet.`,
    gap: (start, end) => `Von ${start} bis ${end} gibt es keinen Ton und daher keine Einschätzungen.`,
    posting:
      'Der Ton wird in kleinen Stücken gesendet, weil ein Netzwerk oder Proxy WebSockets blockiert. Es geht nichts verloren, aber Einschätzungen können etwas später erscheinen.',
    heldBack:
      'Die Seite fragt jede Sekunde nach Einschätzungen, weil auf dem Weg vom Server etwas die laufende Übertragung aufhält. Es geht nichts verloren.',
    eventsLost: 'Einige Einschätzungen kamen, während diese Seite nicht verbunden war, und können nicht mehr angezeigt werden.',
    correctionsBegun: counted =>
      counted
        ? 'Korrekturen aus Ihren früheren Sitzungen gelten hier für jede Stimme.'
        : 'Korrekturen aus Ihren früheren Sitzungen gelten hier nicht: Mit ihnen würden andere Stimmen zu oft falsch eingeschätzt.',
  },

  compose: {
    title: 'Bedienung',
    start: 'Zuhören',
    stop: 'Stopp',
    cancel: 'Abbrechen',
    finish: 'Nicht warten',
    giveUp: 'Den Rest nicht senden',
    unsent:
      'Linnet hört nicht mehr zu. Noch nicht gesendeter Ton bleibt auf dieser Seite und wird gesendet, sobald es möglich ist. Lassen Sie die Seite bis dahin offen.',
    play: 'Aufnahme abspielen …',
    sample: 'Beispiel testen',
    sampleName: 'das Beispiel',
    playing: name => `Läuft: ${name}`,
    drop: 'Legen Sie die Aufnahme hier ab, um sie abzuspielen',
    dropBusy:
      'Solange Linnet zuhört, kann keine Aufnahme abgespielt werden. Drücken Sie zuerst auf „Stopp“ und legen Sie die Datei dann noch einmal ab.',
    dropOne: 'Das waren mehrere Dateien, daher wurde keine abgespielt. Legen Sie sie einzeln ab.',
    dropHint: 'Sie können eine Datei auch an beliebiger Stelle auf dieser Seite ablegen.',
    position: 'Position in der Aufnahme',
    playedOf: (at, of) => `${at} von ${of}`,
    mute: 'Aufnahme stumm schalten',
    unmute: 'Ton wieder einschalten',
    microphone: 'Mikrofon',
    defaultMicrophone: 'Systemstandard',
    unnamedMicrophone: number => `Mikrofon ${number}`,
    level: 'Lautstärke',
    privacy:
      'Der Ton geht nur an diesen Server. Dort bleibt er höchstens rund 20 Minuten über das Ende hinaus. Wenn Sie die Sitzung löschen, wird auch er innerhalb einer Minute gelöscht.',
  },
  troubles,
  serverSays: detail => `Meldung des Servers: „${detail}“`,
  service: code => services[code] ?? null,

  key: {
    label: 'Schlüssel für diesen Server',
    use: 'Diesen Schlüssel verwenden',
    kept: 'Wird nur in diesem Browser gespeichert und nur an diesen Server gesendet.',
  },

  settings: {
    title: 'Einstellungen',
    close: 'Schließen',
    reset: 'Auf Standard zurücksetzen',
    kept: 'Wird nur in diesem Browser gespeichert.',
    cues: 'Was angezeigt wird',
    cue: {
      affect: 'Der Tonfall als Wort mit Bild',
      subtext: 'Ein Satz dazu',
      confidence: 'Wie sicher das ist, in Worten',
      percent: 'Wie sicher das ist, in Prozent',
      shift: 'Unterschied zum letzten Tonfall dieser Stimme',
      prosody: 'Was in der Stimme gemessen wurde',
      speaker: 'Wessen Stimme es ist',
      history: 'Die letzten Einschätzungen',
    },
    theme: 'Farben der Seite',
    themes: {
      system: 'Wie im System',
      light: 'Hell',
      dark: 'Dunkel',
      'contrast-light': 'Hoher Kontrast, hell',
      'contrast-dark': 'Hoher Kontrast, dunkel',
    },
    palette: 'Farben der Tonfälle',
    palettes: {
      many: 'Eine für jeden Tonfall',
      few: 'Wenige, geeignet bei Farbenblindheit',
      none: 'Keine',
    },
    textSize: 'Schriftgröße',
    density: 'Abstände',
    densities: { roomy: 'Weit', compact: 'Eng' },
    still: 'Alle Animationen ausschalten',
    stillSystem: 'Ist in Ihrem System bereits so eingestellt.',
    language: 'Sprache',
    languages: { system: 'Wie im Browser', en: 'English', de: 'Deutsch' },
    elcor: 'Elcor-Stil',
    elcorHint: 'Jeder Satz beginnt mit dem Tonfall in Klammern. Gilt ab der nächsten Sitzung.',
    speakers: 'Namen der Stimmen',
    speakersHint: 'Nur für diese Sitzung. In jeder Sitzung bekommen die Stimmen neue Buchstaben.',
    speakersNone: 'Sobald eine Stimme zu hören war, können Sie ihr hier einen Namen geben.',
  },

  resume: {
    title: 'Eine Sitzung ist noch offen',
    open: 'Die Sitzung dieses Tabs ist noch offen; sie wurde unterbrochen, als die Seite geschlossen wurde. Es ging keine Einschätzung verloren.',
    goOn: 'Weiter zuhören',
    end: 'Beenden',
    elsewhereTitle: 'Diese Sitzung ist in einem anderen Tab offen',
    elsewhere:
      'Diese Sitzung ist in einem anderen Tab dieses Browsers offen und läuft dort weiter. Hier können Sie mitlesen. Wenn Sie auf „Hier zuhören“ drücken, hört Linnet hier zu und dort nicht mehr.',
    takeOver: 'Hier zuhören',
    another: 'Die frühere Sitzung konnte nicht fortgesetzt werden, daher hat eine neue begonnen.',
  },

  after: {
    title: 'Diese Sitzung',
    earlier: 'Frühere Sitzung',
    download: 'Herunterladen',
    formats: { json: 'JSON', csv: 'CSV (Tabelle)', vtt: 'VTT (Untertitel)', md: 'Markdown (Niederschrift)' },
    retention:
      'Einschätzungen und Untertitel bleiben normalerweise 24 Stunden auf diesem Server, der Ton höchstens etwa 20 Minuten. Beim Löschen verschwindet beides innerhalb einer Minute.',
    longer: 'Länger aufbewahren (kostenpflichtig)',
    paid: 'Das geht nur, wenn der Betreiber dieses Servers einen Lizenzschlüssel dafür hat.',
    keep: 'Diese Sitzung aufbewahren',
    kept: 'Diese Sitzung wird aufbewahrt.',
    erase: 'Vom Server löschen',
    eraseQuestion:
      'Diese Sitzung löschen? Die Einschätzungen, die Untertitel und Ihre Korrekturen werden sofort gelöscht, der Ton innerhalb einer Minute. Ein geteilter Link funktioniert dann nicht mehr. Das lässt sich nicht rückgängig machen.',
    eraseNow: 'Löschen',
    eraseNot: 'Nicht löschen',
    erased: 'Diese Sitzung wurde vom Server gelöscht.',
  },

  share: {
    title: 'Diese Sitzung teilen',
    who: 'Wer den Link hat, kann diese Sitzung lesen: alle Einschätzungen und Untertitel von Anfang an, neue, sobald sie erscheinen, und Ihre Korrekturen mit Anmerkungen. Ton ist dort nicht zu hören, und ändern lässt sich nichts. Das gilt auch für alle, an die der Link weitergegeben wird.',
    until:
      'Der Link funktioniert, bis Sie das Teilen beenden, die Sitzung löschen oder sie auf dem Server automatisch gelöscht wird.',
    make: 'Link erstellen',
    link: 'Der Link',
    copy: 'Link kopieren',
    copied: 'Kopiert.',
    revoke: 'Teilen beenden',
    onlyHere:
      'Diese Seite wurde über die Adresse „localhost“ geöffnet, daher funktioniert der Link nur auf diesem Computer. Um die Sitzung mit anderen zu teilen, öffnen Sie die Seite unter der Adresse des Servers.',
    theirs: 'Eine geteilte Sitzung',
    readOnly:
      'Diese Sitzung hat jemand mit Ihnen geteilt. Sie können sie lesen, aber nichts daran ändern; Ihr Mikrofon wird nicht verwendet.',
    own: 'Eigene Sitzung beginnen',
    waiting: 'Verbunden – wartet auf eine Stimme',
    over: 'Diese Sitzung ist beendet. Die Einschätzungen können Sie hier weiterhin ansehen.',
  },

  aboutTitle: 'Über das Modell, und was es nicht wissen kann',
}
