import SwiftUI
import TocsinCore
import TocsinKit

/// The few things that there are to choose, whose pager this is, and what is sent for support.
struct SettingsView: View {
    let owner: Me?
    let pushes: PushState
    /// The siren sounds in rehearsal.
    let rehearses: Bool
    /// What is handed to a supporter, read when it is asked for.
    let supportLog: () -> String
    /// How loud the person's teams want a page at least, if they say: a share of full volume.
    let askedFloor: Float?
    @Binding var choices: Choices
    let perform: (Wish) -> Void

    @State private var asksToForget = false

    var body: some View {
        Form {
            if let owner {
                Section {
                    Fact(name: Text("this_phone_pages"), value: Text(verbatim: owner.person.name))
                    Fact(name: Text("this_device"), value: Text(verbatim: owner.device))
                    Fact(name: Text("server"), value: Text(verbatim: owner.server))
                }
            }
            siren
            push
            Section {
                Toggle(isOn: $choices.hidesContent) { Text("hide_content") }
            } footer: {
                Text("hide_content_more")
            }
            app
        }
    }

    private var siren: some View {
        Section {
            VolumeFloor(floor: $choices.volumeFloor)
            if let askedFloor { Text("volume_floor_asked \(percent(askedFloor))") }
            SystemVolume().frame(height: 44)
            Toggle(isOn: $choices.vibrates) { Text("vibrate") }
            Toggle(isOn: $choices.flashes) { Text("torch") }
            WideButton(label: rehearses ? Text("rehearsal_stop") : Text("rehearse"), symbol: "speaker.wave.3")
            {
                perform(.rehearse)
            }
            if rehearses {
                WideButton(label: Text("heard"), symbol: "ear", prominent: true) { perform(.heard) }
            }
        } header: {
            Text("siren")
        } footer: {
            Text("volume_floor_more")
        }
    }

    private var push: some View {
        Section {
            switch pushes {
            case .registered: Text("push_registered")
            case .waiting: Text("push_waiting")
            case .notOffered: Banner(Text("push_not_offered"), symbol: "wifi.slash", weight: .warned)
            case .refused(let why): Banner(Text("push_refused \(why)"), symbol: "wifi.slash", weight: .warned)
            }
            Button {
                perform(.registerPushes)
            } label: {
                Text("push_again")
            }
        } header: {
            Text("push")
        }
    }

    private var app: some View {
        Section {
            Button {
                perform(.openSettings)
            } label: {
                Text("language")
            }
            NavigationLink {
                SupportLogView(log: supportLog())
            } label: {
                Text("give_log")
            }
            Fact(name: Text("version"), value: Text(verbatim: Bundle.main.version))
            Button(role: .destructive) {
                asksToForget = true
            } label: {
                Text("forget")
            }
            .confirmationDialog(Text("forget"), isPresented: $asksToForget, titleVisibility: .visible) {
                Button(role: .destructive) {
                    perform(.forget)
                } label: {
                    Text("forget")
                }
                Button(role: .cancel) {
                } label: {
                    Text("cancel")
                }
            } message: {
                Text("forget_ask")
            }
        } header: {
            Text("this_app")
        } footer: {
            Text("give_log_more")
        }
    }
}

/// The quietest siren that a person wants while Tocsin is in front.
private struct VolumeFloor: View {
    @Binding var floor: Float

    var body: some View {
        VStack(alignment: .leading) {
            HStack {
                Text("volume_floor")
                Spacer()
                Text(verbatim: percent(floor)).monospacedDigit()
            }
            .accessibilityHidden(true)
            Slider(value: $floor, in: 0.5...1, step: 0.1) { Text("volume_floor") }
                .accessibilityValue(Text(verbatim: percent(floor)))
        }
    }
}

/// A share as people read it.
private func percent(_ share: Float) -> String {
    Double(share).formatted(.percent.precision(.fractionLength(0)))
}

/// What is handed to a supporter: to be read before it is sent.
private struct SupportLogView: View {
    let log: String

    var body: some View {
        ScrollView {
            Text(verbatim: log)
                .font(.footnote.monospaced())
                .textSelection(.enabled)
                .frame(maxWidth: .infinity, alignment: .leading)
                .padding()
        }
        .navigationTitle(Text("give_log"))
        .navigationBarTitleDisplayMode(.inline)
        .toolbar {
            ShareLink(item: log)
        }
    }
}

extension Bundle {
    /// The app's version and build.
    var version: String {
        let version = object(forInfoDictionaryKey: "CFBundleShortVersionString") as? String ?? ""
        let build = object(forInfoDictionaryKey: "CFBundleVersion") as? String ?? ""
        return "\(version) (\(build))"
    }
}

#if DEBUG
#Preview("Settings") {
    @Previewable @State var choices = Choices()
    NavigationStack {
        SettingsView(
            owner: Samples.english.owner,
            pushes: .registered,
            rehearses: false,
            supportLog: { "" },
            askedFloor: nil,
            choices: $choices
        ) { _ in }
    }
}

#Preview("설정") {
    @Previewable @State var choices = Choices()
    NavigationStack {
        SettingsView(
            owner: Samples.korean.owner,
            pushes: .refused("HTTP 503"),
            rehearses: true,
            supportLog: { "" },
            askedFloor: 0.9,
            choices: $choices
        ) { _ in }
    }
    .environment(\.locale, Locale(identifier: "ko"))
}
#endif
