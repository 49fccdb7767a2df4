/** About the model, in German. */

import type { about as english } from '../en/about'

export const about: typeof english = {
  meaning:
    'Ein Tonfall wird aus dem Klang einer Stimme geschätzt, im Vergleich dazu, wie dieselbe Stimme kurz zuvor klang. „78 %“ bedeutet, dass von 100 solchen Einschätzungen etwa 78 stimmen; bei Stimmen, Sprachen und Räumen, die den Aufnahmen nicht ähneln, aus denen das Modell gelernt hat, sind es weniger.',
  cannotTitle: 'Was es nicht wissen kann',
  cannot: [
    'Was jemand fühlt oder meint und wie jemand ist. Es hört nur, wie eine Stimme auf andere wirkt, und darüber sind sich auch Menschen oft nicht einig.',
    'Ironie und Absichten. Der Tonfall wird allein aus der Stimme geschätzt. Die Untertitel weisen höchstens darauf hin, dass Worte und Stimme nicht zusammenpassen, nie darauf, warum.',
    'Was bei einem Menschen üblich ist, dessen Stimme das Modell gerade erst kennenlernt. Die ersten Einschätzungen einer neuen Stimme sind unsicherer; und bei einer Stimme, die immer angespannt klingt, gilt das bald als normal.',
    'Autistische und andere neurodivergente Menschen und alle, die gleichförmig oder ungewöhnlich sprechen, werden möglicherweise falsch eingeschätzt. Ebenso Kinder und kranke Menschen.',
    'Das Modell darf nicht dazu dienen, Menschen zu beurteilen, zu bewerten, auszuwählen oder zu überwachen.',
  ],
  rightTitle: 'Wie oft es stimmt',
  everyday: (claims, even) =>
    `Wenn Menschen ganz gewöhnlich sprechen, ohne zu schauspielern, etwa am Telefon, beim Vorlesen oder in Besprechungen, nennt es etwa ${claims}-mal pro Stunde einen anderen Tonfall als neutral. ${even} von 100 Abschnitten nennt es neutral, zu den übrigen sagt es nichts.`,
  stream: (right, claims) =>
    `In einem Test waren 15 von 100 Abschnitten in einem ausgeprägten Tonfall gespielt, die übrigen stammten aus gewöhnlichen Gesprächen. Dabei stimmten ${right} von 100 Einschätzungen; von denen, die einen anderen Tonfall als neutral nannten, ${claims} von 100.`,
  mixed: (given, right, found) =>
    `Bei Schauspielerinnen und Schauspielern, die den Tonfall wechseln, gab es zu ${given} von 100 Sätzen eine Einschätzung; ${right} von 100 Einschätzungen stimmten. Es erkannte ${found} von 100 ausgeprägten Tonfällen.`,
  oneTone: (given, right) =>
    `Am schwächsten ist es, wenn jemand immer im selben Tonfall spricht: Dann gibt es zu ${given} von 100 Sätzen eine Einschätzung, und ${right} von 100 Einschätzungen stimmen.`,
  stranger: 'Bei einer neuen Stimme nennt es in den ersten sechs Sekunden, die sie spricht, keinen anderen Tonfall als neutral.',
  unmeasured:
    'Gewöhnliche Gespräche wurden nicht von Menschen bewertet. Daher ist nicht bekannt, wie oft dem Modell ein echter Tonfall entgeht.',
  learnedTitle: 'Woraus es gelernt hat',
  learned: data => `Aus Aufnahmen mit bekanntem Tonfall. Angaben dazu (auf Englisch): ${data}`,
  sample:
    'Das Beispiel auf dieser Seite stammt von einer dieser Stimmen. Bei ihr liegt Linnet öfter richtig als bei einer fremden Stimme.',
  says: list =>
    `Das Modell kennt nur diese Tonfälle: ${list.slice(0, -1).join(', ')}${list.length > 1 ? ' und ' : ''}${list.at(-1) ?? ''}.`,
  whichTitle: 'Welches Modell das ist',
  which: name => `Auf diesem Server läuft das Modell „${name}“.`,
  licence: licence => `Es steht unter der Lizenz ${licence}.`,
  nonCommercial: 'Diese Lizenz erlaubt keine kommerzielle Nutzung.',
  makers: 'Angaben der Entwickler des Modells',
  soundTitle: 'Wohin der Ton gesendet wird',
  sound: [
    'Nur an diesen Server; diese Seite ruft nichts von anderen Websites ab.',
    'Der Server behält den Ton im Arbeitsspeicher, bis er ausgewertet ist, und höchstens eine Minute länger, damit nichts verloren geht, wenn ein Teil des Servers ausfällt.',
    'Normalerweise wird der Ton auch in eine Datei auf diesem Server geschrieben. Dort bleibt er, solange die Sitzung läuft, und höchstens etwa 20 Minuten nach ihrem Ende. Wenn Sie die Sitzung löschen, wird er innerhalb einer Minute auch dort gelöscht.',
    'Die Einschätzungen – also der Tonfall, nicht die Tonaufnahme – und der Text der Untertitel werden einige Zeit nach dem Ende der Sitzung gelöscht: nach 24 Stunden, wenn der Betreiber nichts anderes eingestellt hat. Sie können sie jederzeit sofort löschen.',
  ],
  lawTitle: 'Wo Linnet nicht verwendet werden darf',
  law: [
    'In der Europäischen Union verbietet die KI-Verordnung (Artikel 5) Systeme, die am Arbeitsplatz und in Bildungseinrichtungen Emotionen von Menschen ableiten, außer aus medizinischen Gründen oder Sicherheitsgründen. Wo sie erlaubt sind, müssen die betroffenen Menschen informiert werden (Artikel 50).',
    'Auch die Gesetze über das Mithören und Aufnehmen gelten; vielerorts müssen alle am Gespräch Beteiligten einverstanden sein.',
  ],
  noticeTitle: 'Für die Person, der zugehört wird',
  notice: [
    'Ich verwende Linnet. Es hört, wie Stimmen klingen, und schätzt für mich den Tonfall ein, den ich selbst nur schwer heraushöre.',
    'Es behält keine Aufnahme: Der Ton wird bald nach dem Gespräch gelöscht. Es weiß nicht, wer Sie sind. Seine Einschätzungen sind oft falsch.',
    'Bitte sagen Sie mir, wenn Sie das nicht möchten; dann schalte ich es aus.',
  ],
  noticeWords: 'Es schreibt auch mit, was gesagt wird, damit ich mitlesen kann. Den Text kann ich jederzeit löschen.',
  copy: 'Diesen Text kopieren',
  copied: 'Kopiert.',
  loading: 'Der Server wird abgefragt …',
  away: 'Der Server hat nicht mitgeteilt, welches Modell läuft. Klappen Sie diesen Abschnitt zu und wieder auf, um es noch einmal zu versuchen.',
}
