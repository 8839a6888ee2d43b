import AppIntents

/// What people can say to Siri without setting anything up. The phrases in other languages are in
/// AppShortcuts.xcstrings.
struct TocsinShortcuts: AppShortcutsProvider {
    static var appShortcuts: [AppShortcut] {
        AppShortcut(
            intent: CheckInIntent(),
            phrases: [
                "Check in with \(.applicationName)",
                "Check in to my page with \(.applicationName)",
                "\(.applicationName) check in",
            ],
            shortTitle: LocalizedStringResource("check_in", table: "Shared"),
            systemImageName: "bell.slash.fill"
        )
        AppShortcut(
            intent: WhoIsOnCallIntent(),
            phrases: [
                "Who is on call in \(.applicationName)",
                "Ask \(.applicationName) who is on call",
                "\(.applicationName) on call",
            ],
            shortTitle: LocalizedStringResource("who_is_on_call", table: "Shared"),
            systemImageName: "person.wave.2.fill"
        )
    }
}
