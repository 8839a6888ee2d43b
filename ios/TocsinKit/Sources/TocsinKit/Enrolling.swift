import Observation
import TocsinCore

/// This phone becoming somebody's pager, by a code that was scanned, opened as a link, or typed.
///
/// What a code may say the core knows. An unencrypted address is used only after the person was asked
/// about that very address.
@MainActor @Observable
public final class Enrolling {
    /// How far it is.
    public enum State: Hashable, Sendable {
        /// Nothing has begun.
        case idle
        /// The camera looks for a code.
        case scanning
        /// Address and code are being typed.
        case typing
        /// The address `server` is not encrypted; the person must say that this is meant.
        case confirmingPlainHttp(server: String)
        /// The server is being asked.
        case working
        /// It did not work; this says why and what to do.
        case failed(Phrase)
    }

    /// How far it is.
    public private(set) var state = State.idle
    /// What the server calls this phone.
    public var deviceName = "iPhone"

    private let pager: Pager
    private var asked: Enrolment?

    init(pager: Pager) {
        self.pager = pager
    }

    /// The camera looks for a code.
    public func scan() {
        begin(.scanning)
    }

    /// Address and code are typed.
    public func type() {
        begin(.typing)
    }

    /// No camera can be used.
    public func blind() {
        begin(.failed(Phrase(.enrolNoCamera)))
    }

    /// The person thinks better of it. What the server was asked already it answers all the same.
    public func cancel() {
        begin(.idle)
    }

    /// A code was scanned, or a link opened: `tocsin://enroll?server=URL&code=CODE`.
    public func link(_ link: String) async {
        await enrol { try readEnrolment(link: link) }
    }

    /// Address and code were typed.
    public func typed(server: String, code: String) async {
        await enrol { try typedEnrolment(server: server, code: code) }
    }

    /// The person means the unencrypted address that they were asked about.
    public func allowPlainHttp() async {
        guard let asked else { return }
        await enrol(asked, allowPlainHttp: true)
    }

    private func begin(_ state: State) {
        guard self.state != .working else { return }
        asked = nil
        self.state = state
    }

    private func enrol(_ read: () throws -> Enrolment) async {
        guard state != .working else { return }
        do {
            guard try pager.me() == nil else { return begin(.failed(Phrase(.enrolAlready))) }
            let enrolment = try read()
            if enrolment.plainHttp {
                asked = enrolment
                state = .confirmingPlainHttp(server: enrolment.server)
            } else {
                await enrol(enrolment, allowPlainHttp: false)
            }
        } catch {
            begin(.failed(Phrase(Self.advice(error))))
        }
    }

    private func enrol(_ enrolment: Enrolment, allowPlainHttp: Bool) async {
        asked = nil
        state = .working
        do {
            try await pager.enroll(
                enrolment: enrolment,
                deviceName: deviceName,
                trustedPem: nil,
                allowPlainHttp: allowPlainHttp
            )
            state = .idle
        } catch {
            state = .failed(Phrase(Self.advice(error)))
        }
    }

    private static func advice(_ error: any Error) -> Word {
        switch error {
        case PagerError.Unreachable: .enrolUnreachable
        case PagerError.Refused: .enrolRefused
        case PagerError.Device: .enrolDevice
        default: .enrolNotRead
        }
    }
}
