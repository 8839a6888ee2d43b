import AVFAudio
import MediaPlayer
import SwiftUI
import UIKit

/// The phone's volume: raised for the siren while Tocsin is in front, and put back afterwards, also by the
/// process after the one that raised it.
///
/// Apple has no call to set it. Its own slider, `MPVolumeView`, does when it is in a window
/// (https://developer.apple.com/documentation/mediaplayer/mpvolumeview); where that ever ends, nothing is
/// raised, and the volume that the core is told is always the real one. A critical alert needs none of this: it
/// names its own volume.
@MainActor
final class OutputVolume {
    private let defaults: UserDefaults
    private let view = MPVolumeView(frame: CGRect(x: -200, y: -200, width: 100, height: 20))

    /// The volume as it was, and as it was raised to.
    private static let key = "volume"

    init(defaults: UserDefaults) {
        self.defaults = defaults
    }

    /// At least `floor`, a share of full volume.
    func raise(to floor: Float) async {
        let now = AVAudioSession.sharedInstance().outputVolume
        guard now < floor, let slider = slider() else { return }
        // Of a siren that is raised twice, what was before the first is put back.
        let before = (defaults.array(forKey: Self.key) as? [Float])?.first ?? now
        defaults.set([before, floor], forKey: Self.key)
        slider.value = floor
        slider.sendActions(for: .valueChanged)
        await settle()
    }

    /// As it was before, unless somebody chose another since.
    func restore() async {
        guard let note = defaults.array(forKey: Self.key) as? [Float], note.count == 2 else { return }
        guard let slider = slider() else { return }
        defaults.removeObject(forKey: Self.key)
        if abs(AVAudioSession.sharedInstance().outputVolume - note[1]) < 0.02 {
            slider.value = note[0]
            slider.sendActions(for: .valueChanged)
            await settle()
        }
        // As long as it is in a window, the system shows no volume of its own.
        view.removeFromSuperview()
    }

    /// The slider, in a window; nothing while the app has none in front.
    private func slider() -> UISlider? {
        let scenes = UIApplication.shared.connectedScenes.compactMap { $0 as? UIWindowScene }
        let front = scenes.first { $0.activationState == .foregroundActive }
        guard let window = front?.keyWindow else { return nil }
        if view.window !== window { window.addSubview(view) }
        view.layoutIfNeeded()
        return view.subviews.lazy.compactMap { $0 as? UISlider }.first
    }

    /// The system moves the volume a little later than the slider.
    private func settle() async {
        try? await Task.sleep(for: .milliseconds(60))
    }
}

/// The system's own volume, for the person to set.
struct SystemVolume: UIViewRepresentable {
    func makeUIView(context: Context) -> MPVolumeView {
        MPVolumeView()
    }

    func updateUIView(_ view: MPVolumeView, context: Context) {}
}
