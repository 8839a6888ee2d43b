import Foundation
import Observation
import TocsinCore
import TocsinKit
import UIKit

/// The app: one pager, what works beside it, and where the person is. Everything is wired here and nowhere
/// else; what is to be done the core and TocsinKit say.
@MainActor @Observable
final class AppModel {
    /// Whether the pager is open.
    enum Opening {
        /// Not yet; before the first unlock after a restart it cannot be.
        case closed(Trouble)
        /// It is.
        case open(Phone)
    }

    private(set) var opening: Opening
    /// What the system lets the app do, once it has said so.
    private(set) var ladder: Ladder?
    /// The server is being asked who is on call.
    private(set) var asksOnCall = false
    let pushes = PushRegistration()
    let rehearsal = Rehearsal()
    var place = Place()
    var choices: Choices {
        didSet { book.choices = choices }
    }

    @ObservationIgnored private let defaults: UserDefaults
    @ObservationIgnored private let book: ChoiceBook
    @ObservationIgnored private let backstops: BackstopKeeper
    @ObservationIgnored private let activities: ActivityKeeper
    @ObservationIgnored private let glance = GlanceWriter()
    @ObservationIgnored private var watcher: DeviceWatcher?
    @ObservationIgnored private var surroundings: Surroundings?
    /// The tickets whose pages rang last; nothing before the core has said.
    @ObservationIgnored private var ringing: Set<TicketId>?
    /// The taps that waited last to be sent; nothing before the core has said.
    @ObservationIgnored private var waiting: [WaitingTap]?
    /// For how many pages the siren rang last; nothing while it is silent.
    @ObservationIgnored private var rung: UInt32?

    init() {
        defaults = UserDefaults(suiteName: AppGroup.identifier) ?? .standard
        book = ChoiceBook(defaults: defaults)
        choices = book.choices
        backstops = BackstopKeeper(choices: book)
        activities = ActivityKeeper(choices: book)
        opening = .closed(Trouble(PortError.Failed(text: "the pager was not opened yet; open Tocsin again")))
    }

    /// The pager, if it is open.
    var phone: Phone? {
        if case .open(let phone) = opening { phone } else { nil }
    }

    /// Opens the pager unless it is. `push` is what the process was woken by: it sounds first.
    @discardableResult
    func open(wokenBy push: Push? = nil) -> Phone? {
        if let phone {
            if let push { phone.receive(push) }
            return phone
        }
        do {
            let phone = try Phone(choices: book, defaults: defaults, push: push)
            opening = .open(phone)
            // Before the first unlock the system has none of what is kept, and says nothing of it.
            choices = book.choices
            work(with: phone)
            return phone
        } catch {
            opening = .closed(Trouble(error))
            return nil
        }
    }

    private func work(with phone: Phone) {
        phone.model.enrolling.deviceName = UIDevice.current.model
        surroundings = Surroundings(choices: book, volume: phone.volume)
        watcher = DeviceWatcher(device: phone.device, choices: book) { [weak self] in self?.deviceChanged() }
        watcher?.start()
        registerPushes()
        Task { for await home in phone.pager.homes() { await changed(home, of: phone) } }
        Task { await putOff(phone) }
    }

    /// What the core shows has changed: all that stands around it follows.
    private func changed(_ home: HomeScreen?, of phone: Phone) async {
        book.rules = home?.rules
        backstops.follow(home)
        activities.follow(home)
        glance.follow(home)
        if home != nil { pushes.tell(phone.pager) }
        comeToTheFront(home?.siren)
        // A siren may begin before it is known how loud the teams want it.
        if rung != nil { await phone.volume.raise(to: book.sirenFloor) }
        await surroundings?.follow(home?.siren)
        let tickets = home?.ringing ?? []
        if tickets != ringing {
            ringing = tickets
            await tidy(phone)
        }
        if let home, home.waiting != waiting {
            waiting = home.waiting
            await Notices.sayLate(home)
        }
    }

    /// Takes back notifications of what does not ring any more. The extension may have shown a page that this
    /// process was not woken for; so the core hears of every one that is shown, before it is asked.
    private func tidy(_ phone: Phone) async {
        for push in await Notices.delivered() { phone.receive(push) }
        _ = await phone.pager.settled()
        if let home = await phone.pager.home() { await Notices.takeBack(home.quiet) }
    }

    /// When the siren begins, or rings for one page more, the page screen is in front; else the person stays
    /// where they are.
    private func comeToTheFront(_ siren: SirenState?) {
        let rings = siren.flatMap { $0.ringing ? $0.pages : nil }
        if let rings, rung.map({ rings > $0 }) ?? true {
            rehearsal.stop()
            place.showsPage = true
        }
        rung = rings
    }

    /// While the siren is known to sound, the alarms behind it are put off.
    private func putOff(_ phone: Phone) async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(20))
            if rung != nil { backstops.follow(phone.model.home) }
        }
    }

    private func deviceChanged() {
        guard let phone else { return }
        renewLadder()
        phone.pager.deviceChanged()
        phone.siren.outputChanged()
        // Whoever turns it down while it rings, turns it up again.
        if rung != nil { Task { await phone.volume.raise(to: book.sirenFloor) } }
    }

    private func renewLadder() {
        ladder = phone?.device.reading.map { Ladder(allowed: $0.allowed, asked: book.asked) }
    }
}

// MARK: - What comes from outside

extension AppModel {
    /// The person has opened the app, or come back to it.
    func becameActive() async {
        guard let phone = open() else { return }
        if rung != nil { place.showsPage = true }
        // What the system did not let sound or be raised while the app was away, it does now.
        phone.siren.outputChanged()
        await surroundings?.follow(phone.model.home?.siren)
        if phone.model.owner != nil, let onCall = try? await phone.pager.onCall() {
            glance.follow(onCall, home: phone.model.home)
        }
    }

    /// A link was opened, or a notification tapped.
    func follow(_ link: Link) {
        switch link {
        case .enrolment(let link): perform(.link(link))
        case .ticket(let ticket): place.show(ticket: ticket)
        case .page(let ticket): place.show(page: ticket)
        }
    }

    /// A push came that the system gave to the app itself. What was tapped without a network goes out with it.
    func received(_ push: Push?) async {
        guard let phone = open(wokenBy: push) else { return }
        await finish(phone)
        await send(phone)
    }

    /// Waits until the server has what was tapped, as long as the system lets it, and says so where it was said that
    /// it waits.
    private func send(_ phone: Phone) async {
        _ = await phone.pager.settled()
        await phone.pager.sent()
        if let home = await phone.pager.home() { await Notices.sayLate(home) }
    }

    /// Returns when the system may let the process sleep again: what came is on disk, and alarms, Live Activities
    /// and notifications are as they should be.
    func finish(_ phone: Phone) async {
        _ = await phone.pager.settled()
        await changed(await phone.pager.home(), of: phone)
        await backstops.settled()
        await activities.settled()
    }

    /// Apple gave an address for pushes.
    func registered(_ token: Data) {
        pushes.arrived(token)
        if let phone { pushes.tell(phone.pager) }
    }

    /// What the notifications do.
    var handling: Notices.Handling {
        Notices.Handling(
            answer: { reply in
                self.open(wokenBy: reply.push)
                switch self.opening {
                case .open(let phone):
                    let outcome = await phone.pager.answer(reply)
                    await self.finish(phone)
                    return outcome
                case .closed(let trouble):
                    return .failed(trouble)
                }
            },
            open: { link, push in
                self.open(wokenBy: push)
                self.follow(link)
            },
            send: {
                if let phone = self.phone { await self.send(phone) }
            },
            receive: { push, ticket in
                guard let push, let phone = self.open(wokenBy: push) else { return false }
                return await phone.pager.sounds(for: ticket)
            }
        )
    }

    private func registerPushes() {
        guard let phone, phone.model.owner != nil else { return }
        Task { await pushes.renew(phone.pager) }
    }
}

// MARK: - What a person wants

extension AppModel {
    /// Does it.
    func perform(_ wish: Wish) {
        guard let phone else { return }
        switch wish {
        case .tap(let tap): perform(tap, with: phone)
        case .join(let ticket, let url):
            phone.model.perform(.joinConference(ticket))
            openAddress(url)
        case .showPage(let ticket): place.show(page: ticket)
        case .closePage: if rung == nil { place.showsPage = false }
        case .openTicket(let ticket): place.show(ticket: ticket)
        case .openAddress(let url): openAddress(url)
        case .fix(let code): if let mend = Mend(code) { perform(mend) }
        case .climb(let rung): climb(rung)
        case .orderDrill(let audible): Task { await phone.model.orderDrill(audible: audible) }
        case .refresh: Task { await refresh() }
        case .rehearse: rehearse(with: phone)
        case .heard: heard()
        case .registerPushes: registerPushes()
        case .openSettings: openSettings(UIApplication.openSettingsURLString)
        case .forget: forget(phone)
        }
    }

    /// Does what a person wants while the phone is nobody's.
    func perform(_ wish: EnrolWish) {
        guard let enrolling = phone?.model.enrolling else { return }
        switch wish {
        case .scan: enrolling.scan()
        case .blind: enrolling.blind()
        case .type: enrolling.type()
        case .cancel: enrolling.cancel()
        case .link(let link): enrol { await enrolling.link(link) }
        case .typed(let server, let code): enrol { await enrolling.typed(server: server, code: code) }
        case .allowPlainHttp: enrol { await enrolling.allowPlainHttp() }
        }
    }

    /// Asks the server who is on call, for the screen and the widgets.
    func refresh() async {
        asksOnCall = true
        await phone?.model.refreshOnCall()
        asksOnCall = false
        if let onCall = phone?.model.onCall { glance.follow(onCall, home: phone?.model.home) }
    }

    private func perform(_ tap: Tap, with phone: Phone) {
        if case .checkIn(let ticket) = tap { place.chosen = ticket }
        phone.model.perform(tap)
        // It is on disk, and sent if it can be, before the system lets the app sleep.
        Task { await UIApplication.shared.working { await send(phone) } }
    }

    /// A phone that has just become somebody's gets an address for pushes and asks what it needs.
    private func enrol(_ work: @escaping @MainActor () async -> Void) {
        let before = phone?.model.owner
        Task {
            await work()
            guard before == nil, phone?.model.owner != nil else { return }
            registerPushes()
            while case .ask(let rung) = ladder?.next { await ask(rung) }
        }
    }

    private func perform(_ mend: Mend) {
        switch mend {
        case .allow(let rung): climb(rung)
        case .ourSettings: place.tab = .settings
        case .pushes: registerPushes()
        case .systemSettings: openSettings(UIApplication.openSettingsURLString)
        }
    }

    /// Takes a step of the permission ladder.
    private func climb(_ rung: Rung) {
        guard let ladder, case .ask = ladder.step(rung) else {
            return openSettings(UIApplication.openNotificationSettingsURLString)
        }
        Task { await ask(rung) }
    }

    private func ask(_ rung: Rung) async {
        guard let allowed = ladder?.allowed else { return }
        await Asking.ask(rung, allowed: allowed)
        book.asked.formUnion(allowed.asked(by: rung))
        await watcher?.look()
        renewLadder()
    }

    /// Sounds as a page would, until the person has heard enough; never while a page rings.
    private func rehearse(with phone: Phone) {
        guard !rehearsal.sounds else { return rehearsal.stop() }
        guard rung == nil else { return }
        Task {
            do {
                try await rehearsal.sound()
            } catch {
                phone.model.trouble = Trouble(error)
            }
            // Gives the output back, unless a page has taken it meanwhile.
            if rung == nil { await phone.sound.silence() }
        }
    }

    private func heard() {
        rehearsal.stop()
        book.heardAt = Date.now.millis
        Task { await watcher?.look() }
    }

    private func forget(_ phone: Phone) {
        Task {
            pushes.forget()
            await phone.model.forget()
            place = Place()
        }
    }

    /// Opens a page of the web or dials; what else a server may send opens nothing.
    private func openAddress(_ address: String) {
        guard let url = URL(string: address), ["http", "https", "tel"].contains(url.scheme?.lowercased())
        else {
            return
        }
        UIApplication.shared.open(url)
    }

    /// Opens a screen of the system's settings.
    private func openSettings(_ screen: String) {
        if let url = URL(string: screen) { UIApplication.shared.open(url) }
    }
}
