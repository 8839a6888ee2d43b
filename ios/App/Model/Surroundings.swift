import TocsinCore
import UIKit

/// What goes with the siren besides its sound: vibration, torch, a screen that stays lit, and afterwards the
/// volume as it was.
@MainActor
final class Surroundings {
    private let choices: ChoiceBook
    private let volume: OutputVolume
    private let vibration = Vibration()
    private let torch = Torch()

    init(choices: ChoiceBook, volume: OutputVolume) {
        self.choices = choices
        self.volume = volume
    }

    /// As the siren stands now.
    func follow(_ siren: SirenState?) async {
        let rings = siren?.ringing == true
        UIApplication.shared.isIdleTimerDisabled = rings
        if rings {
            let choices = choices.choices
            if choices.vibrates { vibration.start() }
            if choices.flashes { torch.start() }
        } else {
            vibration.stop()
            torch.stop()
            await volume.restore()
        }
    }
}
