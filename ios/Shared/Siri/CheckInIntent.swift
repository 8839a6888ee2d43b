import AppIntents

/// "Check in": answers everything that rings, by voice, from Shortcuts or by the action button, without
/// unlocking.
struct CheckInIntent: AppIntent {
    static let title = LocalizedStringResource("check_in", table: "Shared")
    static let description: IntentDescription? = IntentDescription(
        LocalizedStringResource("check_in_about", table: "Shared")
    )
    static let openAppWhenRun = false
    static let authenticationPolicy = IntentAuthenticationPolicy.alwaysAllowed

    @Dependency
    private var door: PagerDoor

    func perform() async throws -> some IntentResult & ProvidesDialog {
        .result(dialog: IntentDialog(Self.answer(try await door.checkIn(nil))))
    }

    /// What Siri says to it.
    static func answer(_ done: PagerDoor.CheckedIn) -> LocalizedStringResource {
        switch (done.tickets, done.sent) {
        case (0, _): LocalizedStringResource("nothing_to_check_in", table: "Shared")
        case (_, true): LocalizedStringResource("checked_in", table: "Shared")
        case (_, false): LocalizedStringResource("checked_in_not_sent", table: "Shared")
        }
    }
}
