import SwiftUI
import TocsinCore
import TocsinKit

extension Text {
    /// A text of TocsinKit's, in the language of its surroundings.
    init(_ phrase: Phrase) {
        self.init(LocalizedStringKey(phrase))
    }

    /// A text of TocsinKit's into which nothing is put.
    init(_ word: Word) {
        self.init(Phrase(word))
    }
}

extension LocalizedStringKey {
    /// The catalog's key is the word's first part and a placeholder for each argument, as Swift makes it of a
    /// literal with interpolations.
    fileprivate init(_ phrase: Phrase) {
        let name = phrase.word.rawValue.prefix { $0 != " " }
        var key = StringInterpolation(literalCapacity: name.count, interpolationCount: phrase.arguments.count)
        key.appendLiteral(String(name))
        for argument in phrase.arguments {
            key.appendLiteral(" ")
            switch argument {
            case .text(let text): key.appendInterpolation(text)
            case .number(let number): key.appendInterpolation(number)
            }
        }
        self.init(stringInterpolation: key)
    }
}

extension Deed {
    /// What a button for this says.
    var label: Text {
        switch self {
        case .checkIn: Text("check_in")
        case .startWork: Text("start_work")
        case .resolve: Text("resolve")
        case .reopen: Text("reopen")
        case .cannotHelp: Text("cannot")
        case .askHelp: Text("ask_help")
        case .joinConference: Text("join_conference")
        case .convene: Text("convene")
        case .nameRole: Text("name_role")
        case .updateStatus: Text("update_status")
        case .extendLimit: Text("extend_limit")
        case .reassign: Text("reassign")
        case .setSeverity: Text("set_severity")
        case .addNote: Text("add_note")
        }
    }

    /// Its picture; never without the label beside it.
    var symbol: String {
        switch self {
        case .checkIn: "checkmark.circle"
        case .startWork: "play.circle"
        case .resolve: "checkmark.seal"
        case .reopen: "arrow.uturn.backward.circle"
        case .cannotHelp: "arrowshape.turn.up.right"
        case .askHelp: "person.badge.plus"
        case .joinConference: "video"
        case .convene: "person.3"
        case .nameRole: "person.text.rectangle"
        case .updateStatus: "megaphone"
        case .extendLimit: "clock.arrow.circlepath"
        case .reassign: "arrow.right.circle"
        case .setSeverity: "exclamationmark.circle"
        case .addNote: "square.and.pencil"
        }
    }
}

extension IncidentRole {
    /// Every role, in the order in which they are offered.
    static let offered: [IncidentRole] = [.commander, .communications, .responder]

    /// What somebody does in an incident.
    var label: Text {
        switch self {
        case .commander: Text("role_commander")
        case .communications: Text("role_communications")
        case .responder: Text("role_responder")
        }
    }
}

extension Severity {
    /// Every severity, worst first.
    static let offered: [Severity] = [.sev1, .sev2, .sev3, .sev4, .sev5]

    /// A severity as it is called in every language.
    var word: Text {
        switch self {
        case .sev1: Text(verbatim: "SEV1")
        case .sev2: Text(verbatim: "SEV2")
        case .sev3: Text(verbatim: "SEV3")
        case .sev4: Text(verbatim: "SEV4")
        case .sev5: Text(verbatim: "SEV5")
        }
    }
}

extension Light {
    /// A light in two words.
    var short: Text {
        switch self {
        case .green: Text("light_green_short")
        case .amber: Text("light_amber_short")
        case .red: Text("light_red_short")
        }
    }

    /// A light as the answer to "would this phone wake me?".
    var answer: Text {
        switch self {
        case .green: Text("would_wake")
        case .amber: Text("might_not_wake")
        case .red: Text("would_not_wake")
        }
    }
}

extension HelpOutcome {
    /// How a request for help stands.
    var label: Text {
        switch self {
        case .waiting: Text("help_waiting")
        case .comes: Text("help_comes")
        case .nobodyLeft: Text("help_nobody")
        }
    }
}

extension EnvironmentValues {
    /// Writes instants as the person reads them: in the app's language and the phone's zone.
    var times: Times {
        Times(locale: locale, timeZone: timeZone)
    }
}

extension Times {
    /// The time of day, with the day unless it is today.
    func at(_ instant: Millis) -> String {
        at(instant, now: Date.now.millis)
    }
}
