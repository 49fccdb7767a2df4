/** Trouble messages in German: what happened, and what to do about it. */

import type { TroubleCode } from '../../server/trouble'

export const troubles: Record<TroubleCode, string> = {
  'insecure-page':
    'Browser geben das Mikrofon nur über eine sichere Verbindung frei. Öffnen Sie diese Seite über https oder auf diesem Computer über die Adresse „localhost“.',
  'microphone-denied':
    'Diese Seite darf das Mikrofon nicht verwenden. Erlauben Sie es in den Website-Einstellungen des Browsers (Symbol neben der Adresse) und drücken Sie dann noch einmal auf „Zuhören“.',
  'microphone-missing':
    'Es wurde kein Mikrofon gefunden. Schließen Sie eines an und drücken Sie dann noch einmal auf „Zuhören“, oder spielen Sie eine Aufnahme ab.',
  'microphone-busy':
    'Das Mikrofon konnte nicht geöffnet werden. Vielleicht wird es gerade von einem anderen Programm verwendet: Schließen Sie dieses Programm und drücken Sie dann noch einmal auf „Zuhören“.',
  'microphone-lost': 'Die Verbindung zum Mikrofon wurde getrennt. Schließen Sie es wieder an; dann geht es automatisch weiter.',
  'microphone-asked':
    'Der Browser hat das Mikrofon noch nicht freigegeben. Beantworten Sie die Frage neben der Adresse, oder drücken Sie auf „Abbrechen“.',
  'sound-stuck':
    'Die Tonausgabe des Browsers startet nicht. Schließen Sie Lautsprecher oder Kopfhörer an (Firefox braucht sie auch zum Zuhören). Drücken Sie dann noch einmal auf „Zuhören“ oder laden Sie die Seite neu.',
  'page-incomplete': 'Ein Teil dieser Seite konnte nicht geladen werden. Prüfen Sie die Verbindung und laden Sie die Seite neu.',
  'audio-unsupported':
    'Dieser Browser kann Ton nicht live verarbeiten. Verwenden Sie eine aktuelle Version von Firefox, Chrome, Edge oder Safari.',
  'recording-unreadable':
    'Diese Datei ist keine lesbare Tonaufnahme. Möglich sind WAV, MP3 und FLAC; vielleicht ist die Datei beschädigt.',
  'recording-too-long': 'Diese Datei ist zu groß für den Browser. Wählen Sie eine unter 300 MB oder einen kürzeren Teil davon.',
  'sample-missing': 'Das Beispiel konnte nicht geladen werden. Prüfen Sie die Verbindung und versuchen Sie es noch einmal.',
  offline: 'Dieses Gerät ist offline. Sobald es wieder eine Verbindung hat, geht es automatisch weiter; Sie müssen nichts tun.',
  'server-away': 'Der Server antwortet gerade nicht. Die Seite versucht es weiter; Sie müssen nichts tun.',
  'server-full': 'Der Server ist ausgelastet. Die Seite versucht es weiter; das Zuhören beginnt, sobald ein Platz frei wird.',
  'no-worker':
    'Der Server läuft, aber der Ton wird noch nicht ausgewertet. Die Auswertung beginnt automatisch; was bis dahin gesendet wird, bleibt gespeichert.',
  'sound-refused':
    'Der Server nimmt gerade keinen Ton an. Die Seite versucht es weiter; was noch nicht gesendet ist, bleibt gespeichert.',
  'session-ended':
    'Der Server hat diese Sitzung beendet, weil er eine Weile nichts von dieser Seite empfangen hat. Drücken Sie auf „Zuhören“, um eine neue zu beginnen.',
  'session-unknown': 'Diese Sitzung gibt es auf dem Server nicht mehr. Drücken Sie auf „Zuhören“, um eine neue zu beginnen.',
  'link-unknown':
    'Dieser Link funktioniert nicht mehr: Das Teilen wurde beendet, oder die Sitzung wurde gelöscht, etwa weil ihre Frist abgelaufen ist. Bitten Sie die Person, die ihn geteilt hat, um einen neuen.',
  'link-broken':
    'Dieser Link ist unvollständig. Kopieren Sie ihn noch einmal vollständig, oder bitten Sie die Person, die ihn geteilt hat, ihn noch einmal zu schicken.',
  'taken-over': 'Den Ton dieser Sitzung sendet jetzt ein anderes Fenster. Hier wird nicht mehr zugehört.',
  refused:
    'Der Server hat die Anfrage nicht angenommen. Laden Sie die Seite neu; wenn das wieder passiert, wenden Sie sich an den Betreiber des Servers.',
  'key-missing':
    'Dieser Server verlangt einen Schlüssel. Geben Sie Ihren unten ein und drücken Sie dann noch einmal auf „Zuhören“.',
  'key-invalid':
    'Der Server akzeptiert diesen Schlüssel nicht oder nicht mehr. Prüfen Sie ihn, oder fragen Sie die Person, von der Sie ihn haben; drücken Sie dann noch einmal auf „Zuhören“.',
  'too-often': 'Von diesem Anschluss kamen zu viele Anfragen. Warten Sie eine Minute und versuchen Sie es dann noch einmal.',
  licence:
    'Dieser Server hat keinen Lizenzschlüssel, daher wird die Sitzung nicht länger aufbewahrt. Sie können sie so lange wie üblich ansehen und herunterladen.',
}

/** Service messages by code; the English ones are in classifier_worker/pipeline/service_events.py. */
export const services: Record<string, string> = {
  'model-changed': 'Ab hier wertet ein anderes Modell den Tonfall aus. Es lernt neu, was für jede Stimme üblich ist.',
  'audio-set-aside': 'Ein Stück des Tons konnte nicht verarbeitet werden und wurde übersprungen.',
  'entry-unreadable': 'Ein Stück des Tons kam beschädigt an und wurde übersprungen.',
  'listening-afresh': 'Die Daten über die Stimmen sind verloren gegangen. Linnet lernt die Stimmen neu kennen.',
  'record-unreadable': 'Die Daten dieser Sitzung sind beschädigt. Sie kann nicht weiter ausgewertet werden.',
}
