import AppIntents

/// The button of a Live Activity, and of the phone's own alarm: checks in to its ticket. A Live Activity's works
/// once the phone is unlocked, as the system has it; without unlocking the notification's does. Being a
/// `LiveActivityIntent` it is performed in the app's process, which the system starts for it.
struct CheckInToTicketIntent: LiveActivityIntent {
    static let title = LocalizedStringResource("check_in", table: "Shared")
    static let isDiscoverable = false
    static let openAppWhenRun = false
    static let authenticationPolicy = IntentAuthenticationPolicy.alwaysAllowed

    /// The ticket's number.
    @Parameter(title: LocalizedStringResource("ticket", table: "Shared"))
    var ticket: Int

    @Dependency
    private var door: PagerDoor

    init() {}

    /// Checks in to `ticket`.
    init(ticket: Int64) {
        self.ticket = Int(ticket)
    }

    func perform() async throws -> some IntentResult {
        _ = try await door.checkIn(Int64(ticket))
        return .result()
    }
}
