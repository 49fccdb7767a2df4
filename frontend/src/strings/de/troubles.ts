/** What is the matter, in German: what happened, and what to do about it. */

import type { TroubleCode } from '../../trouble'

export const troubles: Record<TroubleCode, string> = {
  'insecure-page':
    'Der Browser gibt Ton nur an sichere Seiten. Öffnen Sie diese Seite über https, oder auf diesem Computer als localhost.',
  'microphone-denied':
    'Das Mikrofon ist für diese Seite nicht erlaubt. Erlauben Sie es in den Einstellungen des Browsers (das Symbol neben der Adresse), dann drücken Sie noch einmal auf Zuhören.',
  'microphone-missing': 'Es wurde kein Mikrofon gefunden. Schließen Sie eines an, dann drücken Sie noch einmal auf Zuhören. Oder spielen Sie eine Aufnahme ab.',
  'microphone-busy':
    'Das Mikrofon ließ sich nicht öffnen. Vielleicht benutzt es ein anderes Programm: Schließen Sie es, dann drücken Sie noch einmal auf Zuhören.',
  'microphone-lost': 'Das Mikrofon ist weg. Schließen Sie es wieder an; dann geht es von selbst weiter.',
  'microphone-asked': 'Der Browser hat dieser Seite das Mikrofon noch nicht gegeben. Beantworten Sie seine Frage neben der Adresse, oder drücken Sie auf Abbrechen.',
  'sound-stuck':
    'Der Ton des Browsers startet nicht. Schließen Sie einen Lautsprecher oder Kopfhörer an (Firefox braucht einen sogar zum Zuhören), dann drücken Sie noch einmal auf Zuhören oder laden die Seite neu.',
  'page-incomplete': 'Ein Teil dieser Seite ließ sich nicht laden. Prüfen Sie die Verbindung und laden Sie die Seite dann neu.',
  'audio-unsupported': 'Dieser Browser kann nicht mit Live-Ton arbeiten. Ein aktueller Firefox, Chrome, Edge oder Safari kann es.',
  'recording-unreadable': 'Diese Datei ließ sich nicht als Ton lesen. WAV, MP3 und FLAC gehen; vielleicht ist die Datei beschädigt.',
  'recording-too-long': 'Diese Datei ist für eine Seite zu groß. Wählen Sie eine unter 300 MB oder einen kürzeren Teil davon.',
  'sample-missing': 'Das Beispiel ließ sich nicht laden. Prüfen Sie die Verbindung, dann versuchen Sie es noch einmal.',
  offline: 'Dieses Gerät ist offline. Sobald es wieder eine Verbindung hat, geht es von selbst weiter; Sie müssen nichts tun.',
  'server-away': 'Der Server antwortet im Moment nicht. Es wird von selbst weiter versucht; Sie müssen nichts tun.',
  'server-full':
    'Der Server begleitet gerade so viele Gespräche, wie er kann. Es wird von selbst weiter versucht; das Zuhören beginnt, sobald Platz ist.',
  'no-worker': 'Der Server läuft, aber noch liest niemand den Ton. Sobald das beginnt, geht es von selbst weiter; was bis dahin gesendet wird, bleibt aufbewahrt.',
  'sound-refused': 'Der Server nimmt den Ton im Moment nicht an. Es wird von selbst weiter versucht; was noch nicht gesendet ist, bleibt aufbewahrt.',
  'session-ended': 'Der Server hat diese Sitzung beendet, weil er von dieser Seite eine Weile nichts gehört hat. Drücken Sie auf Zuhören für eine neue.',
  'session-unknown': 'Der Server hat diese Sitzung nicht mehr. Drücken Sie auf Zuhören für eine neue.',
  'link-unknown': 'Dieser Link führt nirgendwohin mehr: Das Teilen wurde beendet, die Sitzung gelöscht, oder ihre Zeit auf dem Server ist abgelaufen. Bitten Sie um einen neuen.',
  'link-broken': 'Dieser Link ist nicht vollständig. Kopieren Sie ihn noch einmal vom Anfang bis zum Ende, oder lassen Sie ihn sich noch einmal schicken.',
  'taken-over': 'Eine andere Seite sendet jetzt den Ton dieser Sitzung, darum hat diese aufgehört.',
  refused: 'Der Server hat das nicht angenommen. Laden Sie die Seite neu; wenn es wieder geschieht, sagen Sie es denen, die den Server betreiben.',
  'key-missing': 'Dieser Server hört nur für Menschen zu, die einen Schlüssel haben. Geben Sie Ihren unten ein und drücken Sie dann noch einmal auf Zuhören.',
  'key-invalid': 'Der Server kennt diesen Schlüssel nicht (mehr). Prüfen Sie ihn, oder fragen Sie, wer ihn Ihnen gab; drücken Sie dann noch einmal auf Zuhören.',
  'too-often': 'Von diesem Anschluss aus wurde der Server zu viel gefragt. Warten Sie eine Minute und versuchen Sie es dann noch einmal.',
  licence: 'Dieser Server hat keinen Lizenzschlüssel, darum wurde die Sitzung nicht behalten. Sie bleibt die übliche Zeit lesbar, und herunterladen lässt sie sich auch.',
}

/** What a worker tells of a session's trouble, by its code; in English it stands in classifier_worker/pipeline/service_events.py. */
export const services: Record<string, string> = {
  'model-changed': 'Ab hier hört ein anderes Tonmodell zu. Was für jede Stimme üblich ist, lernt es von vorn.',
  'audio-set-aside': 'Ein Stück Ton ließ sich nicht verarbeiten und wurde ausgelassen.',
  'entry-unreadable': 'Ein Stück Ton kam beschädigt an und wurde ausgelassen.',
  'listening-afresh': 'Was über die Stimmen bekannt war, ging verloren. Linnet hört von vorn zu.',
  'record-unreadable': 'Was über diese Sitzung bekannt war, ist beschädigt. Es kann nichts mehr von ihr gehört werden.',
}
