import TocsinCore

/// Something did not work.
public struct Trouble: Hashable, Sendable {
    /// What to do, in the person's language.
    public let phrase: Phrase
    /// What the core said, in English, for whoever helps.
    public let detail: String

    /// What `error` means to somebody who was doing something with their pager.
    public init(_ error: any Error) {
        phrase = Phrase(Self.word(error))
        detail = Self.detail(error)
    }

    private static func word(_ error: any Error) -> Word {
        switch error {
        case PagerError.NotEnrolled: .notEnrolled
        case PagerError.Unreachable: .notAnswered
        case PagerError.Refused: .notTaken
        case PagerError.NotAnEnrolment, PagerError.PlainHttp: .enrolNotRead
        default: .deviceFailed
        }
    }

    private static func detail(_ error: any Error) -> String {
        switch error {
        case PagerError.NotAnEnrolment(let text), PagerError.PlainHttp(let text),
            PagerError.NotEnrolled(let text), PagerError.Unreachable(let text),
            PagerError.Refused(let text), PagerError.Device(let text):
            text
        default: String(describing: error)
        }
    }
}
