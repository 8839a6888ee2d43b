import Foundation
import TocsinCore
import TocsinKit

/// Where the owner's choices and the phone's own memories are kept, shared with the extensions: nothing of a
/// page, no secret.
@MainActor
final class ChoiceBook {
    private let defaults: UserDefaults

    init(defaults: UserDefaults) {
        self.defaults = defaults
    }

    /// What the owner chose.
    var choices: Choices {
        get { Choices.kept(in: defaults) }
        set { newValue.keep(in: defaults) }
    }

    /// What the owner's teams ask of this phone, as far as it is known.
    var rules: PhoneRules?

    /// How loud a page is at least, by its owner's wish and their teams': a share of full volume.
    var sirenFloor: Float {
        TocsinCore.sirenFloor(own: choices.volumeFloor, rules: rules)
    }

    /// Whether a locked phone hides what a page is about, by its owner's wish or their teams'.
    var hidesContent: Bool {
        TocsinCore.hidesContent(own: choices.hidesContent, rules: rules)
    }

    /// When the owner last said that they heard the siren.
    var heardAt: Millis? {
        get { defaults.object(forKey: "heardAt") as? Millis }
        set { defaults.set(newValue, forKey: "heardAt") }
    }

    /// What the system was asked for before.
    var asked: Set<Rung> {
        get {
            let names = defaults.stringArray(forKey: "asked") ?? []
            return Set(Rung.allCases.filter { names.contains($0.keptAs) })
        }
        set { defaults.set(newValue.map(\.keptAs).sorted(), forKey: "asked") }
    }
}

extension Rung {
    fileprivate var keptAs: String {
        switch self {
        case .notifications: "notifications"
        case .criticalAlerts: "criticalAlerts"
        case .timeSensitive: "timeSensitive"
        case .alarms: "alarms"
        }
    }
}
