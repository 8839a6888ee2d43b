import AVFAudio

/// What happens to the sound output from outside: a telephone call that ended, headphones that came or went,
/// media services that died and came back
/// (https://developer.apple.com/documentation/avfaudio/handling-audio-interruptions).
enum OutputEvents {
    /// Says so each time, until the task ends.
    static func follow(_ changed: @escaping @Sendable () -> Void) async {
        let names: [Notification.Name] = [
            AVAudioSession.interruptionNotification,
            AVAudioSession.routeChangeNotification,
            AVAudioSession.mediaServicesWereResetNotification,
            .AVAudioEngineConfigurationChange,
        ]
        await withTaskGroup(of: Void.self) { group in
            for name in names {
                group.addTask {
                    let posted = NotificationCenter.default.notifications(named: name).map { _ in name }
                    for await _ in posted {
                        changed()
                    }
                }
            }
        }
    }
}
