// The texts in German. It imports nothing: the first page waits for it. What it lacks (accounts,
// audit log, people, changes, jobs, drafts, editing) is shown in English.
import type { Translation } from "./index.ts";

const count = new Intl.NumberFormat("de");
const plural = (number: number, one: string, many: string) =>
  `${count.format(number)} ${number === 1 ? one : many}`;
const changes = (number: number) => plural(number, "Änderung", "Änderungen");

export const de: Translation = {
  categories: {
    BASIC_INFO: "Grunddaten",
    CAST_CREW: "Besetzung & Stab",
    TIMELINE: "Zeitleiste",
    TRIVIA: "Wissenswertes",
    AWARDS: "Preise",
    MEDIA: "Medien",
    STREAMING: "Streaming",
  },
  roles: {
    USER: "Kein Zugang",
    VIEWER: "Leser",
    CONTRIBUTOR: "Bearbeiter",
    ADMIN: "Administrator",
  },
  sources: { TMDB: "TMDB", MANUAL: "Mensch", LLM_GENERATED: "Sprachmodell" },
  number: (value: number) => count.format(value),
  common: {
    cancel: "Abbrechen",
    close: "Schließen",
    tryAgain: "Noch einmal versuchen",
    copy: "Kopieren",
    copied: "Kopiert.",
    copyByHand:
      "Der Browser erlaubt hier kein Kopieren. Markieren Sie den Text und kopieren Sie ihn.",
    loading: "Wird geladen…",
    skip: "Zum Inhalt springen",
    menu: "Seiten",
    more: "Mehr",
    showMore: "Mehr anzeigen",
  },
  errors: {
    title: "Das konnte nicht geladen werden",
    offline:
      "Der Dienst ist nicht erreichbar. Prüfen Sie Ihre Verbindung; diese Seite versucht es von " +
      "selbst noch einmal.",
    offlineExport:
      "der Dienst ist nicht erreichbar, oder die Verbindung ging verloren. Versuchen Sie es noch " +
      "einmal.",
    offlineShort:
      "Offline: Der Dienst ist nicht erreichbar. Was Sie geschrieben haben, bleibt erhalten.",
    unknown:
      "Der Dienst konnte das nicht ausführen. Versuchen Sie es noch einmal; wenn es so bleibt, " +
      "nennen Sie Ihrem Administrator die Nummer der Anfrage.",
    broken:
      "Auf dieser Seite ist etwas schiefgegangen. Laden Sie sie neu; wenn es so bleibt, sagen Sie " +
      "es Ihrem Administrator.",
    requestId: (id: string) => `Nummer der Anfrage: ${id}`,
    notFoundTitle: "Diese Seite gibt es nicht",
    notFound: "Die Adresse ist vielleicht unvollständig. Alle Filme stehen im Katalog.",
    toCatalogue: "Katalog öffnen",
    needsRole: (role: string) =>
      `Diese Seite ist für die Rolle ${role}. Bitten Sie einen Administrator darum, wenn Sie sie ` +
      "brauchen.",
    forbiddenTitle: "Ihr Konto hat keinen Zugang",
    forbidden: (email: string) =>
      `${email} darf sich anmelden, aber den Katalog nicht lesen. Bitten Sie einen Administrator ` +
      "um die Rolle Leser oder eine höhere.",
  },
  signIn: {
    title: "Bei Reelport anmelden",
    email: "E-Mail",
    password: "Passwort",
    submit: "Anmelden",
    busy: "Anmeldung läuft…",
    through: (label: string) => `Mit ${label} anmelden`,
    first:
      "Erster Start? Der Dienst hat das Konto und sein Passwort dort ausgegeben, wo er gestartet " +
      "wurde. Das Passwort steht auch in der Datei data/admin-password.",
    wrong:
      "E-Mail oder Passwort ist falsch. Vergessen? Ein Administrator kann Ihnen einen Link für ein " +
      "neues Passwort geben.",
    tooMany: (minutes: number) =>
      "Zu viele Versuche. Versuchen Sie es in " +
      `${plural(Math.max(1, minutes), "Minute", "Minuten")} noch einmal.`,
    failed:
      "Der Dienst ist nicht erreichbar. Prüfen Sie, ob er läuft, und melden Sie sich dann noch " +
      "einmal an.",
    again: "Ihre Sitzung ist beendet",
    againText:
      "Melden Sie sich noch einmal an, um dort weiterzumachen. Auf dieser Seite geht nichts " +
      "verloren.",
    other: "Anderes Konto verwenden",
    restoring: "Katalog wird geöffnet…",
  },
  shell: {
    catalogue: "Katalog",
    import: "Import",
    drafts: "Entwürfe",
    people: "Personen",
    changes: "Änderungen",
    jobs: "Aufträge",
    accounts: "Konten",
    audit: "Audit-Log",
    graphiql: "GraphiQL",
    signOut: "Abmelden",
    account: "Ihr Konto",
  },
  catalogue: {
    title: "Katalog",
    search: "Titel suchen",
    add: "Film hinzufügen",
    import: "Importieren…",
    stats: "Wie vollständig der Katalog ist; jeder Balken zeigt die Filme, denen das fehlt",
    statMissing: (missing: number) => `${count.format(missing)} fehlen`,
    statAll: "vollständig",
    filters: "Filter",
    missing: (name: string) => `Ohne ${name}`,
    genre: "Genre",
    anyGenre: "Jedes Genre",
    status: "Status",
    anyStatus: "Jeder Status",
    from: "Ab Jahr",
    to: "Bis Jahr",
    clear: "Filter entfernen",
    remove: (what: string) => `Diesen Filter entfernen: ${what}`,
    sort: "Sortierung",
    sorts: {
      "updated-desc": "Letzte Änderung",
      "title-asc": "Titel A–Z",
      "title-desc": "Titel Z–A",
      "year-desc": "Neueste zuerst",
      "year-asc": "Älteste zuerst",
    },
    found: (shown: number) => plural(shown, "Film", "Filme"),
    columns: { title: "Titel", completeness: "Vollständigkeit", change: "Letzte Änderung" },
    minutes: (minutes: number) => `${count.format(minutes)} Min.`,
    draft: (number: number) => plural(number, "Entwurf", "Entwürfe"),
    noTitle: "Ohne Titel",
    filled: "vorhanden",
    drafted: "Entwurf liegt vor",
    draftedOnly: "leer, Entwurf liegt vor",
    empty: "leer",
    completeness: (filled: number, parts: string) => `${filled} von 7 vorhanden. ${parts}`,
    emptyTitle: "Der Katalog ist leer",
    emptyText:
      "Fügen Sie einen ersten Film hinzu, oder importieren Sie Dateien, die anderswo exportiert " +
      "wurden.",
    emptyReader: "Noch niemand hat einen Film hinzugefügt.",
    nothingTitle: "Kein Film passt",
    nothingText: "Suchen Sie nach weniger, oder entfernen Sie einen Filter.",
    more: "Weitere werden geladen…",
    keys: "j und k bewegen, x wählt aus, Enter öffnet, / sucht",
    export: "Exportieren…",
    select: (title: string) => `${title} auswählen`,
    selectColumn: "Ausgewählt",
    selected: (number: number) => `${plural(number, "Film", "Filme")} ausgewählt`,
    exportSelected: "Auswahl exportieren…",
    unselect: "Auswahl aufheben",
    end: "Das ist alles.",
  },
  bulk: {
    title: (movies: number) => `${plural(movies, "Film", "Filme")} exportieren`,
    ofSelection: "Die Datei enthält die veröffentlichten Dokumente der ausgewählten Filme.",
    ofAll: "Die Datei enthält die veröffentlichten Dokumente des ganzen Katalogs.",
    ofFilters:
      "Die Datei enthält die veröffentlichten Dokumente aller Filme, die die Filter zeigen.",
    templates: "Leere Dokumente sind als Vorlagen zum Ausfüllen enthalten.",
    categories: "Kategorien",
    format: "Format",
    formats: {
      zip: "ZIP: eine Datei für jedes Dokument",
      ndjson: "NDJSON: eine Zeile für jedes Dokument",
      prompts: "Prompts für ein Sprachmodell: NDJSON, eine Zeile für jedes Dokument",
    },
    noCategory: "Wählen Sie mindestens eine Kategorie.",
    tooMany:
      "Das sind zu viele Filme, um sie einzeln auszuwählen. Verwenden Sie stattdessen die Filter.",
    start: "Exportieren",
    running: "Export läuft…",
    stop: "Anhalten",
    exported: (file: string, movies: number) =>
      `${file} wurde gespeichert, mit ${plural(movies, "Film", "Filmen")}.`,
    failed: (reason: string) => `Nichts wurde gespeichert: ${reason}`,
  },
  addMovie: {
    title: "Film hinzufügen",
    id: "Id",
    idHint: "Seine Id an der Quelle, zum Beispiel tmdb-550. Sie lässt sich später nicht ändern.",
    name: "Titel",
    submit: "Film hinzufügen",
    busy: "Wird hinzugefügt…",
    added: (title: string) => `${title} wurde hinzugefügt.`,
  },
  movie: {
    back: "Katalog",
    notFoundTitle: "Diesen Film gibt es nicht",
    notFound: (id: string) => `Im Katalog gibt es keinen Film ${id}. Vielleicht wurde er gelöscht.`,
    facts: "Fakten",
    tabs: "Kategorien",
    view: "Ansicht",
    asPage: "Seite",
    asJson: "JSON",
    stage: "Stand",
    published: "Veröffentlicht",
    draft: "Entwurf",
    draftWaits: "Ein Entwurf liegt vor",
    revision: (number: number) => `Revision ${number}`,
    never: "Noch leer",
    history: "Verlauf",
    export: "JSON exportieren",
    prompt: "Prompt kopieren",
    tokens: (number: number) =>
      `${plural(number, "Token", "Tokens")} im Dokument, ohne die Anweisungen`,
    tokensShort: (number: number) => `${count.format(number)} Tokens`,
    import: "Importieren…",
    edit: "Bearbeiten",
    resume: "Weiter bearbeiten",
    exported: (file: string) => `${file} wurde gespeichert.`,
    promptCopied: (tokens: number) =>
      `Der Prompt wurde kopiert: mit den Anweisungen etwa ${plural(tokens, "Token", "Tokens")}. ` +
      "Geben Sie ihn einem Sprachmodell, und importieren Sie dann die Antwort.",
    promptManual:
      "Der Browser erlaubt hier kein Kopieren. Markieren Sie den Text und kopieren Sie ihn.",
    promptTitle: "Prompt für ein Sprachmodell",
    empty: (category: string) => `${category}: noch leer`,
    emptyText:
      "Kopieren Sie den Prompt für ein Sprachmodell, oder importieren Sie eine Datei. Was ankommt, " +
      "wird gezeigt, bevor etwas geschrieben wird.",
    emptyReader: "Noch niemand hat diese Kategorie ausgefüllt.",
    discard: "Entwurf verwerfen",
    publishDraft: "Entwurf veröffentlichen",
    draftNote: (author: string, when: string, base: number) =>
      `Entwurf von ${author}, ${when}, auf der Grundlage von Revision ${base}`,
  },
  provenance: {
    mark: (source: string) => `Woher das kommt: ${source}`,
    by: (author: string, source: string) => `${author} (${source})`,
    at: (revision: number, when: string) => `Revision ${revision}, ${when}`,
    locked: "gesperrt",
  },
  basic: {
    title: "Titel",
    originalTitle: "Originaltitel",
    tagline: "Werbezeile",
    overview: "Handlung",
    year: "Jahr",
    releaseDate: "Erscheinungstag",
    runtime: "Laufzeit",
    rating: "Freigabe",
    language: "Sprache",
    country: "Land",
    status: "Status",
    genres: "Genres",
    budget: "Budget",
    revenue: "Einnahmen",
    imdbId: "IMDb",
    siteScore: "Eigene Wertung",
    criticsScore: "Kritik",
    rottenTomatoesScore: "Rotten Tomatoes",
    imdbRating: "IMDb-Wertung",
    release: "Veröffentlichung",
    money: "Geld",
    scores: "Wertungen",
    missing: "Nicht ausgefüllt",
  },
  statuses: {
    RUMORED: "Gerücht",
    PLANNED: "Geplant",
    UPCOMING: "Angekündigt",
    IN_PRODUCTION: "In Produktion",
    POST_PRODUCTION: "In Postproduktion",
    RELEASED: "Erschienen",
    CANCELED: "Abgebrochen",
  },
  cast: {
    cast: "Besetzung",
    directors: "Regie",
    writers: "Drehbuch",
    producers: "Produktion",
    crew: "Stab",
    people: (number: number) => plural(number, "Person", "Personen"),
    credits: (number: number) => plural(number, "Mitwirkung", "Mitwirkungen"),
    more: (number: number) => `Alle ${count.format(number)} anzeigen`,
    otherDepartment: "Übriger Stab",
  },
  awards: {
    won: "Gewonnen",
    nominated: "Nominiert",
    summary: (wins: number, nominations: number) =>
      [
        wins > 0 && `${count.format(wins)} gewonnen`,
        nominations > 0 && plural(nominations, "Nominierung", "Nominierungen"),
      ]
        .filter(Boolean)
        .join(", "),
    year: (year: number) => `${year}`,
  },
  media: {
    poster: "Plakat",
    backdrop: "Hintergrundbild",
    trailer: "Trailer",
    gallery: "Galerie",
    open: "Original öffnen",
    blocked: (host: string) => `Kein Bild von ${host}`,
    kinds: {
      POSTER: "Plakat",
      BACKDROP: "Hintergrundbild",
      STILL: "Szenenbild",
      LOGO: "Logo",
      TRAILER: "Trailer",
      TEASER: "Teaser",
      CLIP: "Ausschnitt",
    },
  },
  streaming: {
    types: {
      SUBSCRIPTION: "Im Abo",
      FREE: "Kostenlos",
      ADS: "Mit Werbung",
      RENT: "Leihen",
      BUY: "Kaufen",
    },
    qualities: { SD: "SD", HD: "HD", UHD: "4K" },
    anywhere: "Region nicht bekannt",
    verified: "geprüft",
    open: (platform: string) => `Bei ${platform} öffnen`,
    offers: (number: number) => plural(number, "Angebot", "Angebote"),
  },
  trivia: {
    spoiler: "Spoiler",
    show: "Spoiler: anzeigen",
    answer: "Antwort anzeigen",
    source: "Quelle",
  },
  timeline: { source: "Quelle", undated: "Ohne Datum" },
  importing: {
    title: "Import",
    lead:
      "Fügen Sie ein, was ein Sprachmodell geantwortet hat, oder eine exportierte Datei. Sie sehen, " +
      "was sich ändern würde, bevor etwas geschrieben wird.",
    text: "Dokument",
    placeholder:
      "Hier einfügen: eine JSON-Datei, oder die ganze Antwort eines Sprachmodells, die JSON enthält",
    choose: "Dateien wählen…",
    drop: "oder Dateien irgendwo auf diese Seite ziehen",
    dropMany: "oder Dateien irgendwohin ziehen: Dokumente, NDJSON, ein ZIP-Archiv",
    dropHere: "Loslassen, um die Dateien zu lesen",
    movie: "Film",
    movieHint: "Im Text gefunden; berichtigen Sie es, wenn es falsch ist",
    movieMissing: "Der Text nennt keinen Film. Geben Sie seine Id ein, zum Beispiel tmdb-550.",
    category: "Kategorie",
    categoryAuto: "Wie im Text",
    source: "Geschrieben von",
    sourceAuto: "Wie in der Datei",
    sourceNames: {
      MANUAL: "Einem Menschen",
      LLM_GENERATED: "Einem Sprachmodell",
      TMDB: "TMDB",
    },
    mode: "Einträge, die in der Datei fehlen",
    modeMerge: "Behalten",
    modeReplace: "Entfernen",
    reading: "Die Dateien werden gelesen…",
    look: "Ansehen, was sich ändern würde",
    looking: "Wird mit dem Katalog verglichen…",
    slow: "Der Vergleich läuft noch: Große Dokumente dauern einige Sekunden.",
    pasted: "eingefügter Text",
    queue: (at: number, of: number) => `Datei ${at} von ${of}`,
    nextFile: "Nächste Datei",
    removeFile: "Diese Datei auslassen",
    refused: {
      notText: (name: string) =>
        `${name} ist weder eine Textdatei noch ein Archiv. Wählen Sie JSON, Text, NDJSON oder ZIP.`,
      unreadable: (name: string) =>
        `${name} lässt sich nicht lesen. Wenn es ein Ordner ist, wählen Sie seine Dateien oder ein ` +
        "ZIP-Archiv davon.",
      needsAdmin: (name: string) =>
        `${name} enthält viele Dokumente. Sie zusammen zu importieren, erfordert die Rolle ` +
        "Administrator.",
    },
    viewer:
      "Ihre Rolle darf lesen und exportieren. Der Import erfordert die Rolle Bearbeiter oder " +
      "Administrator.",
  },
  plan: {
    title: "Was sich ändern würde",
    from: (file: string) => `Aus ${file}`,
    back: "Text bearbeiten",
    other: "Andere Datei",
    nothingTitle: "Nichts zu ändern",
    nothingText: "Im Katalog steht schon alles, was dieses Dokument sagt.",
    nothingEdited: "Keine Ihrer Eingaben ändert etwas; wie sie gelesen wurden, steht darunter.",
    unmatched: (labels: string) =>
      `Jemand anders hat das auch geändert, und es lässt sich hier nicht klären: ${labels}. ` +
      "Übernehmen Sie zuerst dessen Fassung, und ändern Sie sie dann.",
    groups: {
      problems: "Nicht lesbar",
      conflicts: "Konflikte",
      asks: "Wer ist gemeint?",
      removed: "Entfernt",
      changed: "Geändert",
      added: "Hinzugefügt",
      locked: "Behalten: gesperrt",
      kept: "In der Datei ausgelassen, behalten",
      repaired: "Repariert oder übergangen",
      matched: "Namen und wer sie sind",
    },
    notes: {
      problems:
        "berichtigen Sie den Text, oder geben Sie den Hinweis dem Sprachmodell, das ihn schrieb",
      conflicts: "das hat auch jemand anders geändert",
      asks: "der Name passt auf mehrere, oder auf jemanden zu schwach",
      removed: "nicht in der neuen Fassung",
      changed: "ein neuer Wert anstelle des alten",
      added: "noch nicht im Katalog",
      locked: "nur ein Administrator darf das ändern, von Hand",
      kept: "kreuzen Sie an, was entfernt werden soll",
      repaired: "wie der Text gelesen wurde",
      matched: "vom Dienst gefunden; ändern Sie, was falsch ist",
    },
    take: (label: string) => `Diese Änderung übernehmen: ${label}`,
    removeKept: (label: string) => `Entfernen: ${label}`,
    currently: "Bisher",
    becomes: "Neu",
    order: "Reihenfolge",
    empty: "nichts",
    base: (revision: number | null) => (revision === null ? "Beim Export" : `Revision ${revision}`),
    current: "Jetzt im Katalog",
    imported: "Der neue Wert",
    conflict: (label: string) => `Welcher Wert: ${label}`,
    given: (name: string) => `Geschrieben: „${name}“`,
    candidate: (knownFor: string) => `bekannt aus ${knownFor}`,
    scores: { high: "wahrscheinlich", middle: "möglich", low: "unwahrscheinlich" },
    makeNew: "Jemand Neues",
    makeNewHint: "legt einen neuen Eintrag mit diesem Namen an",
    leaveOut: "Auslassen",
    leaveOutHint: "der Eintrag wird nicht importiert",
    decide: "Wählen Sie",
    decisions: {
      MATCHED: "bekannt",
      NEW: "neuer Eintrag",
      AMBIGUOUS: "nicht eindeutig; bleibt Text",
      SKIPPED: "ausgelassen",
    },
    changeChoice: "Ändern",
    all: "Alle",
    none: "Keine",
    showMore: (number: number) => `${count.format(number)} weitere anzeigen`,
    summary: (chosen: number, all: number) =>
      chosen === all ? changes(all) : `${count.format(chosen)} von ${changes(all)}`,
    open: (number: number) => plural(number, "Frage ist offen", "Fragen sind offen"),
    removes: (number: number) =>
      number === 0
        ? "nichts wird entfernt"
        : plural(number, "Eintrag wird entfernt", "Einträge werden entfernt"),
    publish: (number: number) => `${changes(number)} veröffentlichen`,
    draft: "Als Entwurf speichern",
    draftFirst: (number: number) => `${changes(number)} als Entwurf speichern`,
    writing: "Wird geschrieben…",
    nothingChosen: "Kreuzen Sie mindestens eine Änderung an.",
    settle: "Klären Sie zuerst die offenen Fragen oben.",
    cannot: "Berichtigen Sie zuerst das Dokument.",
    stale: (moved: string) =>
      `Der Katalog hat sich inzwischen geändert: ${moved}. Ihre Auswahl gilt weiter, soweit sie ` +
      "noch passt; sehen Sie noch einmal hin, bevor Sie veröffentlichen.",
    staleNew: (number: number) =>
      plural(number, "neue oder andere Änderung", "neue oder andere Änderungen"),
    staleGone: (number: number) =>
      plural(number, "Änderung ist nicht mehr nötig", "Änderungen sind nicht mehr nötig"),
    staleSame: "der Plan unterscheidet sich in Einzelheiten",
    againstDraft:
      "Zu dieser Kategorie gibt es schon einen Entwurf. Das würde sich darin ändern; sehen Sie noch " +
      "einmal hin, und speichern Sie dann.",
    againstPublished:
      "Das veröffentlichte Dokument ist anders als der Entwurf. Das würde sich darin ändern; sehen " +
      "Sie noch einmal hin, und veröffentlichen Sie dann.",
    published: (movie: string, category: string, revision: number) =>
      `${category} von ${movie} ist als Revision ${revision} veröffentlicht.`,
    drafted: (movie: string, category: string) =>
      `Im Entwurf gespeichert: ${category}, ${movie}. Ein Administrator kann ihn veröffentlichen.`,
    unchanged: "Nichts wurde geändert: Das stand schon im Katalog.",
    undo: "Rückgängig machen",
    undoing: "Wird rückgängig gemacht…",
    undone: (category: string, revision: number) =>
      `Rückgängig gemacht: ${category} ist wieder wie in Revision ${revision}.`,
    undoLate: (revision: number) =>
      `Nicht rückgängig gemacht: Inzwischen wurde Revision ${revision} veröffentlicht, die verloren ` +
      "ginge. Der Verlauf der Kategorie kann jede Revision zurückholen.",
    undoFailed: (reason: string) => `Das ließ sich nicht rückgängig machen: ${reason}`,
    hint: "Hinweis für das Sprachmodell kopieren",
    hintCopied: "Der Hinweis wurde kopiert.",
    line: (line: number) => `Zeile ${line}`,
    document: "ganzes Dokument",
  },
  history: {
    title: "Verlauf",
    current: "aktuell",
    compare: "Vergleichen",
    compareWith: "mit",
    previous: "der Revision davor",
    from: "Von",
    to: "Bis",
    bringBack: (revision: number) => `Revision ${revision} zurückholen`,
    bringBackTitle: (revision: number) => `Revision ${revision} zurückholen?`,
    bringBackText: (number: number) =>
      "Eine neue Revision wird veröffentlicht, die ihr gleicht; " +
      `${plural(number, "Wert ändert sich", "Werte ändern sich")}. Alle Revisionen bleiben.`,
    nothing: "Diese Revisionen sind gleich.",
    changes,
    first: "Die erste Revision: Alles war neu.",
    more: "Ältere Revisionen",
    reader: "Den Verlauf liest man mit der Rolle Bearbeiter oder Administrator.",
  },
};
