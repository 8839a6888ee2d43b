import Foundation
import TocsinKit

#if canImport(AlarmKit)
import ActivityKit
import AlarmKit
import SwiftUI
#endif

/// The alarms of the system's own clock, which sound through the silent switch and every Focus without Apple's
/// grant, from iOS 26 on and where the person allows it (https://developer.apple.com/documentation/alarmkit).
enum PhoneAlarm {
    /// Asks the person, if the system has alarms. Tells whether they may be set.
    static func ask() async -> Bool {
        #if canImport(AlarmKit)
        guard #available(iOS 26.0, *) else { return false }
        return (try? await AlarmManager.shared.requestAuthorization()) == .authorized
        #else
        return false
        #endif
    }

    /// Has the system keep it; tells whether it does.
    static func schedule(_ backstop: Backstop) async -> Bool {
        #if canImport(AlarmKit)
        guard #available(iOS 26.0, *), AlarmManager.shared.authorizationState == .authorized else {
            return false
        }
        return
            (try? await AlarmManager.shared.schedule(id: backstop.id, configuration: configuration(backstop)))
            != nil
        #else
        return false
        #endif
    }

    /// Takes it back, whether it has rung, rings now or never existed.
    static func cancel(_ id: UUID) {
        #if canImport(AlarmKit)
        guard #available(iOS 26.0, *) else { return }
        // One throws while it does not ring, the other when there is none: both mean that nothing is left.
        try? AlarmManager.shared.stop(id: id)
        try? AlarmManager.shared.cancel(id: id)
        #endif
    }

    /// All that the system keeps for this app.
    static func known() -> Set<UUID> {
        #if canImport(AlarmKit)
        guard #available(iOS 26.0, *) else { return [] }
        return Set((try? AlarmManager.shared.alarms.map(\.id)) ?? [])
        #else
        return []
        #endif
    }

    #if canImport(AlarmKit)
    @available(iOS 26.0, *)
    private static func configuration(
        _ backstop: Backstop
    ) -> AlarmManager.AlarmConfiguration<PageAlarm> {
        AlarmManager.AlarmConfiguration<PageAlarm>(
            countdownDuration: nil,
            schedule: .fixed(max(Date(millis: backstop.at), Date(timeIntervalSinceNow: 1))),
            attributes: AlarmAttributes<PageAlarm>(
                presentation: AlarmPresentation(alert: alert(backstop)),
                metadata: PageAlarm(),
                tintColor: .green
            ),
            stopIntent: nil,
            secondaryIntent: backstop.ticket.map(CheckInToTicketIntent.init(ticket:)),
            sound: .named("wake.wav")
        )
    }

    /// Stopping the alarm is not checking in: the server goes on paging until somebody does.
    @available(iOS 26.0, *)
    private static func alert(_ backstop: Backstop) -> AlarmPresentation.Alert {
        AlarmPresentation.Alert(
            title: "\(backstop.title.text())",
            stopButton: AlarmButton(
                text: LocalizedStringResource("alarm_stop"),
                textColor: .white,
                systemImageName: "bell.slash"
            ),
            secondaryButton: backstop.ticket.map { _ in
                AlarmButton(
                    text: LocalizedStringResource("check_in"),
                    textColor: .white,
                    systemImageName: "checkmark"
                )
            },
            secondaryButtonBehavior: backstop.ticket == nil ? nil : .custom
        )
    }
    #endif
}

#if canImport(AlarmKit)
/// An alarm shows nothing but its title.
@available(iOS 26.0, *)
struct PageAlarm: AlarmMetadata {}
#endif
