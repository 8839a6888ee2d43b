import Foundation
import TocsinCore
import TocsinKit

/// This process's pager: the core with the ports that iOS performs, and what works beside it.
///
/// It promises that every way into the process (a push, a button of a notification, the person) meets the same
/// pager, and that whatever rings in the store sounds as soon as it is open. The ports never hold the pager,
/// which holds them.
@MainActor
final class Phone {
    let pager: Pager
    let model: PagerModel
    let siren: Siren
    let device: PhoneDevice
    let sound: SirenSound
    let volume: OutputVolume

    private var work: [Task<Void, Never>] = []

    /// Opens the pager; `push` is what the process was woken by, which sounds before anything else happens.
    /// Throws before the first unlock after a restart, when nothing of the app's opens yet.
    init(choices: ChoiceBook, defaults: UserDefaults, push: Push?) throws {
        let volume = OutputVolume(defaults: defaults)
        let sound = SirenSound { await volume.raise(to: choices.sirenFloor) }
        let siren = Siren(output: sound, rate: SirenSound.nativeRate)
        let device = PhoneDevice()
        let setup = Setup(
            folder: try AppGroup.own().path(percentEncoded: false),
            language: Language(locale: .current),
            wokenBy: push,
            sharedFolder: try AppGroup.shared().path(percentEncoded: false)
        )
        let ports = Ports(siren: siren, clock: PhoneClock(), device: device, safe: KeychainSafe())
        pager = try Pager.open(setup: setup, ports: ports)
        model = PagerModel(pager: pager)
        self.volume = volume
        self.sound = sound
        self.siren = siren
        self.device = device
        live()
    }

    /// A push came, sealed to this phone; one for nobody is left alone.
    func receive(_ push: Push) {
        do {
            try pager.receivePush(transport: push.transport, bytes: push.bytes)
        } catch PagerError.NotEnrolled {
            return
        } catch {
            model.trouble = Trouble(error)
        }
    }

    /// For as long as the process.
    private func live() {
        work = [
            Task.detached(priority: .high) { [siren, pager] in
                await siren.perform { pager.sirenReported(event: $0) }
            },
            Task { [model] in await model.follow() },
            Task { [siren] in await OutputEvents.follow { siren.outputChanged() } },
        ]
    }
}
