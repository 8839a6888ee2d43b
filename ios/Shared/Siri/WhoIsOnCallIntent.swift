import AppIntents
import Foundation
import TocsinGlance

/// "Who is on call": asks the server, and reads it out team by team.
struct WhoIsOnCallIntent: AppIntent {
    static let title = LocalizedStringResource("who_is_on_call", table: "Shared")
    static let description: IntentDescription? = IntentDescription(
        LocalizedStringResource("who_is_on_call_about", table: "Shared")
    )
    static let openAppWhenRun = false

    @Dependency
    private var door: PagerDoor

    func perform() async throws -> some IntentResult & ProvidesDialog {
        let duties = try await door.onCall()
        let said = duties.map { String(localized: Self.sentence($0)) }.joined(separator: "\n")
        return .result(dialog: IntentDialog(said.isEmpty ? Self.nobody : "\(said)"))
    }

    private static let nobody = LocalizedStringResource("in_no_team", table: "Shared")

    private static func sentence(_ duty: Glance.Duty) -> LocalizedStringResource {
        let until = duty.until.formatted(.dateTime.weekday().hour().minute())
        return duty.isMe
            ? LocalizedStringResource("you_are_on_call_for \(duty.team) \(until)", table: "Shared")
            : LocalizedStringResource("is_on_call_for \(duty.primary) \(duty.team) \(until)", table: "Shared")
    }
}
